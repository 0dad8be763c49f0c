import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SignedIn } from "@/api/types";
import { forgetPasskey, getPasskey } from "@/features/factor/passkey";

/** Signs in with a passkey, or completes a sign-in with one; for a pod also whoever has no access to the console. */
export async function signInWithPasskey(pod?: string): Promise<SignedIn> {
  const question = await askForPasskey();
  return answerWith(question, await getPasskey(question.options), pod);
}

/** A question of the server to the browser's authenticator. */
export interface Question {
  challenge_id: string;
  options: unknown;
}

export function askForPasskey(signal?: AbortSignal): Promise<Question> {
  return must(api.POST("/api/session/passkey/options", { body: {} as never, signal }));
}

/** Gives the server what the browser answered. A passkey that it does not know is not offered again. */
export async function answerWith({ challenge_id, options }: Question, credential: object, pod?: string): Promise<SignedIn> {
  try {
    return await must(api.POST("/api/session/passkey", { body: { challenge_id, credential: credential as never, ...(pod ? { pod_id: pod } : {}) } }));
  } catch (error) {
    if (error instanceof ApiError && error.code === "factor.passkey_unknown") {
      await forgetPasskey(options, credential);
    }
    throw error;
  }
}
