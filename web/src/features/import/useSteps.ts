import { useTranslation } from "react-i18next";

/** The steps of an import, in their order. */
export function useSteps(): { key: "file" | "columns" | "check" | "apply"; title: string }[] {
  const { t } = useTranslation();
  return (["file", "columns", "check", "apply"] as const).map((key) => ({ key, title: t(`import.step.${key}`) }));
}
