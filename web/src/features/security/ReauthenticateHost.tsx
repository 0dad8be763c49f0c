import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { onProofNeeded } from "@/api/fresh";

const Reauthenticate = lazy(() => import("./Reauthenticate").then((m) => ({ default: m.Reauthenticate })));

/** Asks people to prove that it is still they, when a change takes it. The dialog is fetched when it is first needed. */
export function ReauthenticateHost() {
  const [asked, setAsked] = useState(false);
  const answer = useRef<(proved: boolean) => void>(undefined);
  useEffect(
    () =>
      onProofNeeded(
        () =>
          new Promise<boolean>((resolve) => {
            answer.current = resolve;
            setAsked(true);
          }),
      ),
    [],
  );
  if (!asked) {
    return null;
  }
  return (
    <Suspense fallback={null}>
      <Reauthenticate
        onDone={(proved) => {
          setAsked(false);
          answer.current?.(proved);
        }}
      />
    </Suspense>
  );
}
