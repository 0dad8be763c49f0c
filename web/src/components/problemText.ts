import type { TFunction } from "i18next";
import { ApiError } from "@/api/problem";
import { permissionTitle } from "@/app/permissions";

/** What to tell a person about a failure. The server's sentence is used where it has one. */
export function problemText(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) {
    return t("error.unexpected");
  }
  if (error.status === 0) {
    return t("error.offlineText");
  }
  if (error.status === 403 && error.problem.permission) {
    return t(error.code === "access.beyond_own" ? "error.beyond" : "error.needs", { permission: permissionTitle(error.problem.permission) });
  }
  if (error.status === 412) {
    return t("error.stale");
  }
  if (error.status === 429 && error.retryAfter !== null) {
    return t("error.limited", { detail: error.problem.detail ?? "", count: error.retryAfter });
  }
  const known = error.code && reasonText(error.code, t);
  return (known !== error.code && known) || error.problem.detail || error.problem.title || t("error.unexpected");
}

/** A reason that the server gives as a code, in the language of the console; an unknown one stays as it is. */
export function reasonText(code: string, t: TFunction): string {
  return t(`reason.${code.replaceAll(".", "_")}` as "reason.verify_ended", { defaultValue: code });
}
