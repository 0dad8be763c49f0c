// What the browser can do with passkeys, and the way to and from the JSON of the server (WebAuthn, level 3). Browsers of before 2025 lack the
// conversions, so they stand here.

/** Why the browser came back without a passkey. */
export type PasskeyFailure = "canceled" | "exists" | "unavailable" | "failed";

export class PasskeyError extends Error {
  readonly failure: PasskeyFailure;

  constructor(failure: PasskeyFailure, cause?: unknown) {
    super(failure, { cause });
    this.name = "PasskeyError";
    this.failure = failure;
  }
}

/** Whether this browser, at this address, can use passkeys: they need TLS or this machine, and a name instead of a number. */
export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential === "function" && typeof navigator.credentials?.get === "function" && window.isSecureContext && !isNumber(location.hostname);
}

/** Whether the browser offers passkeys where an email is typed. */
export async function canAutofillPasskeys(): Promise<boolean> {
  try {
    return canUsePasskeys() && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
  } catch {
    return false;
  }
}

/** Whether the address is a network address, under which no browser keeps passkeys. */
export function isNumber(host: string): boolean {
  return host.startsWith("[") || /^[\d.]+$/.test(host);
}

/** Makes a passkey or registers a security key; `options` are those of the server. */
export async function createPasskey(options: unknown): Promise<object> {
  const publicKey = creationOptions(options as CreationJSON);
  return answered(() => navigator.credentials.create({ publicKey }));
}

/** Asks for a passkey. With `autofill` it waits, without a word, until the person chooses one at a field, or `signal` ends it. */
export async function getPasskey(options: unknown, { signal, autofill = false }: { signal?: AbortSignal; autofill?: boolean } = {}): Promise<object> {
  const publicKey = requestOptions(options as RequestJSON);
  return answered(() => navigator.credentials.get({ publicKey, signal, ...(autofill ? { mediation: "conditional" as const } : {}) }));
}

async function answered(ask: () => Promise<Credential | null>): Promise<object> {
  if (!canUsePasskeys()) {
    throw new PasskeyError("unavailable");
  }
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    throw new PasskeyError(failureOf(error), error);
  }
  if (!(credential instanceof PublicKeyCredential)) {
    throw new PasskeyError("failed");
  }
  return credentialJSON(credential);
}

/** What a refusal of the browser means. It does not tell a cancel from a time-out, so that sites learn nothing about the person. */
export function failureOf(error: unknown): PasskeyFailure {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "AbortError":
      return "canceled";
    case "InvalidStateError":
      return "exists";
    case "SecurityError":
    case "NotSupportedError":
      return "unavailable";
    default:
      return "failed";
  }
}

interface DescriptorJSON {
  id: string;
  type?: string;
  transports?: string[];
}

interface CreationJSON {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: DescriptorJSON[];
  [more: string]: unknown;
}

interface RequestJSON {
  challenge: string;
  allowCredentials?: DescriptorJSON[];
  [more: string]: unknown;
}

/** The server's options for a new key, as the browser takes them. */
export function creationOptions(json: CreationJSON): PublicKeyCredentialCreationOptions {
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: json.excludeCredentials?.map(descriptor),
  } as unknown as PublicKeyCredentialCreationOptions;
}

/** The server's options for a proof, as the browser takes them. */
export function requestOptions(json: RequestJSON): PublicKeyCredentialRequestOptions {
  return { ...json, challenge: bytes(json.challenge), allowCredentials: json.allowCredentials?.map(descriptor) } as unknown as PublicKeyCredentialRequestOptions;
}

function descriptor(json: DescriptorJSON): PublicKeyCredentialDescriptor {
  return { ...json, type: "public-key", id: bytes(json.id) } as PublicKeyCredentialDescriptor;
}

/** A browser's answer as the server takes it. */
export function credentialJSON(credential: PublicKeyCredential): object {
  const { response } = credential;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      ...("attestationObject" in response ? made(response as AuthenticatorAttestationResponse) : proved(response as AuthenticatorAssertionResponse)),
    },
  };
}

function made(response: AuthenticatorAttestationResponse) {
  return { attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] };
}

function proved(response: AuthenticatorAssertionResponse) {
  return {
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
  };
}

/** Bytes as base64url without padding. */
export function text(buffer: ArrayBuffer): string {
  let binary = "";
  for (const byte of new Uint8Array(buffer)) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Bytes out of base64url, with or without padding. */
export function bytes(base64url: string): ArrayBuffer {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer;
}

/** Tells the browser that a passkey is of no use here any more, so that it stops offering it. Nothing happens where it cannot be told. */
export async function forgetPasskey(options: unknown, credential: object): Promise<void> {
  const { rpId } = options as { rpId?: string };
  const { id } = credential as { id?: string };
  const api = PublicKeyCredential as unknown as { signalUnknownCredential?: (o: { rpId: string; credentialId: string }) => Promise<void> };
  try {
    if (rpId && id) {
      await api.signalUnknownCredential?.({ rpId, credentialId: id });
    }
  } catch {
    // The browser need not act on it.
  }
}
