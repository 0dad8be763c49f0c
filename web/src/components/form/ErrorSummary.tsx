import { useEffect, useRef } from "react";
import { Callout } from "@/components/Callout";
import classes from "./FormDrawer.module.css";

export interface Summary {
  text: string;
  fields: { path: string; message: string }[];
  rest: string[];
}

/** All errors of a form at its top; each leads to its field. It takes the focus, so that it is heard. */
export function ErrorSummary({ summary }: { summary: Summary }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [summary]);
  const go = (path: string) => {
    const form = box.current?.closest("form");
    const field = [...(form?.querySelectorAll<HTMLElement>("[data-path]") ?? [])].find((el) => el.dataset.path === path);
    field?.focus();
    field?.scrollIntoView({ block: "center" });
  };
  return (
    <div ref={box} tabIndex={-1} className={classes.summary}>
      <Callout tone="denied" title={summary.text}>
        {summary.fields.length + summary.rest.length > 0 && (
          <ul>
            {summary.fields.map(({ path, message }) => (
              <li key={path}>
                <button type="button" className={classes.link} onClick={() => go(path)}>
                  {message}
                </button>
              </li>
            ))}
            {summary.rest.map((message) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        )}
      </Callout>
    </div>
  );
}
