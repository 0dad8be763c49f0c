import { useEffect, useState, useSyncExternalStore } from "react";
import { Answers } from "./answers";

/** What is answered on this page. Leaving it sends what waits; closing the window before that asks first. */
export function useAnswers(id: string) {
  const [answers] = useState(() => new Answers(id));
  const marks = useSyncExternalStore(answers.subscribe, answers.marks);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => answers.busy() && event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => {
      removeEventListener("beforeunload", warn);
      void answers.flush();
    };
  }, [answers]);
  return { marks, answers };
}
