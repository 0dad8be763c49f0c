import type { TFunction } from "i18next";

/** An action in words; one that has none yet keeps its name. */
export function actionText(action: string, t: TFunction): string {
  return t(`action.${action.replaceAll(".", "_")}` as "action.session_create", { defaultValue: action });
}
