/** How a person can prove in this browser that it is still they. */
export interface Proofs {
  passkey: boolean;
  password: boolean;
  /** A code is asked for beside the password. */
  code: boolean;
}

/** What of the ways that the server names works in this browser. */
export function proofsOf(ways: readonly string[], passkeys: boolean): Proofs {
  return { passkey: passkeys && ways.includes("passkey"), password: ways.includes("password"), code: ways.includes("code") };
}
