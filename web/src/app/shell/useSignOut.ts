import { useMutation } from "@tanstack/react-query";
import { announceSignedOut, api, must } from "@/api/client";

/** Ends the session and leads to the sign-in, also when the server no longer knows the session. */
export function useSignOut() {
  return useMutation({ mutationFn: () => must(api.DELETE("/api/session")), onSettled: announceSignedOut });
}
