import { useEffect, useState } from "react";
import { Answers } from "./answers";

/** What is answered on this page. Leaving it sends what waits; closing the window before that asks first. */
export function useAnswers(id: string): Answers {
  const [answers] = useState(() => new Answers(id));
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => answers.busy() && event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => {
      removeEventListener("beforeunload", warn);
      void answers.flush();
    };
  }, [answers]);
  return answers;
}
