/** A way to take the second step of a sign-in. */
export type Way = "passkey" | "totp" | "recovery_code";

const order: readonly Way[] = ["passkey", "totp", "recovery_code"];

/** The ways that the person has and this browser can, the best first. */
export function ways(methods: readonly string[], passkeys: boolean): Way[] {
  return order.filter((way) => methods.includes(way) && (way !== "passkey" || passkeys));
}
