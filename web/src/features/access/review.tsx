import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import type { Review } from "@/components/form/FormBody";
import { Loading } from "@/components/Loading";
import { speaking } from "@/i18n/parts";
import type { Trial } from "./effects";

// That it cannot be fetched must not stand in the way of the change.
const Shown = lazy(() =>
  speaking(
    "rights",
    speaking("effect", async () => ({ default: (await import("./Effect")).Effect })),
  )().catch(() => ({ default: Missing })),
);

function Missing() {
  const { t } = useTranslation();
  return <p role="status">{t("error.unexpected")}</p>;
}

/** Whether one may see what a change of rights does to others. */
export function useSeesEffects(): boolean {
  const can = useCan();
  return can("admin.technicians") || can("admin.roles");
}

/** Who would gain and lose what by a change, inside the question whether it shall be made. Whoever may not know that sees nothing. */
export function EffectOf({ trial }: { trial: Trial }) {
  return useSeesEffects() ? <Fetched trial={trial} bounded /> : null;
}

function Fetched(props: { trial: Trial; bounded?: boolean }) {
  return (
    <Suspense fallback={<Loading rows={2} height={36} />}>
      <Shown {...props} />
    </Suspense>
  );
}

/** Makes a form show who gains and loses what before it saves, for those who may know. `when` says whether a change does anything to rights. */
export function useReview<T>(when: (changed: Partial<T>) => boolean, trial: (values: T, changed: Partial<T>) => Trial): Review<T> | undefined {
  return useSeesEffects() ? { when, show: (values, changed) => <Fetched trial={trial(values, changed)} /> } : undefined;
}
