import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useRecentPlace } from "@/app/recent";
import { useTitle } from "./useTitle";
import classes from "./Detail.module.css";

interface Props {
  back: { to: string; label: string };
  title: string;
  /** Before the name. */
  picture?: ReactNode;
  /** Beside the name: number, state, shield. */
  badges?: ReactNode;
  /** Under the name: what it belongs to. */
  subtitle?: ReactNode;
  actions?: ReactNode;
  tabs?: { key: string; label: string; content: ReactNode; count?: number }[];
  tab?: string;
  facts?: ReactNode;
  children?: ReactNode;
}

/** The page of one thing: name, state and main actions on top, tabs in the URL, facts at the side from 1,100 px. */
export function Detail({ back, title, picture, badges, subtitle, actions, tabs, tab, facts, children }: Props) {
  useTitle(title);
  useRecentPlace(title);
  const active = tabs?.find((x) => x.key === tab) ?? tabs?.[0];
  return (
    <div className={classes.detail}>
      <Link to={back.to} className={classes.back}>
        <ChevronLeft size={15} aria-hidden="true" />
        {back.label}
      </Link>
      <header className={classes.header}>
        <div className={classes.name}>
          {picture}
          <h1 className={classes.title}>{title}</h1>
          {badges}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
        {subtitle && <p className={classes.subtitle}>{subtitle}</p>}
      </header>
      {tabs && tabs.length > 1 && (
        <nav className={classes.tabs} aria-label={title}>
          {tabs.map((x) => (
            <Link key={x.key} to="." search={{ tab: x.key } as never} replace resetScroll={false} aria-current={x === active ? "page" : undefined}>
              {x.label}
              {x.count !== undefined && x.count > 0 && <span className={classes.count}>{x.count}</span>}
            </Link>
          ))}
        </nav>
      )}
      <div className={classes.columns} data-facts={facts ? true : undefined}>
        <div className={classes.main}>
          {active?.content}
          {children}
        </div>
        {facts && <aside className={classes.facts}>{facts}</aside>}
      </div>
    </div>
  );
}

/** Names and values of a thing; side by side where it has the width of the page. */
export function Facts({ items, wide }: { items: ([string, ReactNode] | null)[]; wide?: boolean }) {
  return (
    <dl className={classes.dl} data-wide={wide || undefined}>
      {items
        .filter((item): item is [string, ReactNode] => item !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
