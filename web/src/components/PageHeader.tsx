import type { ReactNode } from "react";
import { useTitle } from "./useTitle";
import classes from "./PageHeader.module.css";

/** The top of a page that is not about one thing. */
export function PageHeader({ title, text, actions }: { title: string; text?: ReactNode; actions?: ReactNode }) {
  useTitle(title);
  return (
    <header className={classes.header}>
      <div>
        <h1 className={classes.title}>{title}</h1>
        {text && <p className={classes.text}>{text}</p>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}
