import { type ReactNode, useId } from "react";
import classes from "./Card.module.css";

interface Props {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Without padding, for lists that reach the edges. */
  flush?: boolean;
  level?: 2 | 3;
}

/** A titled region of a page. */
export function Card({ title, actions, children, flush, level = 2 }: Props) {
  const id = useId();
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section className={classes.card} aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <header className={classes.header}>
          {title && (
            <Heading id={id} className={classes.title}>
              {title}
            </Heading>
          )}
          {actions && <div className={classes.actions}>{actions}</div>}
        </header>
      )}
      <div className={classes.body} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}
