import type { TFunction } from "i18next";

const known = [
  "dns",
  "connect",
  "timeout",
  "tls",
  "tls_unknown_authority",
  "tls_wrong_name",
  "tls_expired",
  "tls_not_offered",
  "disconnected",
  "sign_in",
  "folder",
  "move_to",
  "handled",
  "protocol",
  "store",
] as const;

/** What a mail server did wrong, and what to do about it. A word that is not here is shown as it came: it holds the server's code. */
export function mailReason(reason: string, t: TFunction): string {
  const word = known.find((k) => k === reason);
  return word ? t(`mailReason.${word}`) : t("mailReason.other", { reason });
}
