import { Link } from "@tanstack/react-router";
import type { Token, Tokens } from "marked";
import { createElement, Fragment, type ReactNode } from "react";
import { type Guide, pictures } from "./guides";
import { targetOf } from "./links";
import { outline, unescape } from "./outline";
import classes from "./Help.module.css";

/**
 * A guide as elements. No HTML is ever made of its text: what this does not know is left out,
 * and raw HTML in it is shown as the text that it is.
 */
export function Markdown({ text, guide }: { text: string; guide: Guide }) {
  const { tokens, headings } = outline(text);
  const ids = headings.map((h) => h.id);
  return <>{tokens.map((token, i) => <Fragment key={i}>{block(token, guide, () => ids.shift() ?? "")}</Fragment>)}</>;
}

type NextId = () => string;

function block(token: Token, guide: Guide, nextId: NextId): ReactNode {
  const known = token as Tokens.Generic;
  switch (known.type) {
    case "heading":
      return createElement(`h${Math.min(known.depth as number, 4)}`, { id: nextId(), tabIndex: -1 }, inlines(known.tokens, guide));
    case "paragraph":
      return <p>{inlines(known.tokens, guide)}</p>;
    case "text":
      return inlines(known.tokens ?? [token], guide);
    case "code":
      return (
        <pre tabIndex={0}>
          <code className="cs-code">{known.text as string}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks(known.tokens, guide, nextId)}</blockquote>;
    case "list":
      return createElement(
        known.ordered ? "ol" : "ul",
        known.ordered && known.start !== 1 ? { start: known.start as number } : {},
        (known as Tokens.List).items.map((item, i) => <li key={i}>{blocks(item.tokens, guide, nextId)}</li>),
      );
    case "table":
      return <Table token={known as Tokens.Table} guide={guide} />;
    case "hr":
      return <hr />;
    case "html":
      return <p>{known.text as string}</p>;
    default:
      return null;
  }
}

function blocks(tokens: Token[] | undefined, guide: Guide, nextId: NextId): ReactNode {
  return (tokens ?? []).map((token, i) => <Fragment key={i}>{block(token, guide, nextId)}</Fragment>);
}

function Table({ token, guide }: { token: Tokens.Table; guide: Guide }) {
  return (
    <div className={classes.table} tabIndex={0} role="group">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, i) => (
              <th key={i} scope="col">
                {inlines(cell.tokens, guide)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>{inlines(cell.tokens, guide)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(tokens: Token[] | undefined, guide: Guide): ReactNode {
  return (tokens ?? []).map((token, i) => <Fragment key={i}>{inline(token, guide)}</Fragment>);
}

function inline(token: Token, guide: Guide): ReactNode {
  const known = token as Tokens.Generic;
  switch (known.type) {
    case "strong":
      return <strong>{inlines(known.tokens, guide)}</strong>;
    case "em":
      return <em>{inlines(known.tokens, guide)}</em>;
    case "del":
      return <del>{inlines(known.tokens, guide)}</del>;
    case "codespan":
      return <code className="cs-code">{unescape(known.text as string)}</code>;
    case "br":
      return <br />;
    case "link":
      return <GuideLink href={known.href as string} guide={guide} text={inlines(known.tokens, guide)} />;
    case "image": {
      const src = pictures[(known.href as string).split("/").at(-1) ?? ""];
      return src ? <img src={src} alt={known.text as string} loading="lazy" /> : null;
    }
    case "text":
      return known.tokens ? inlines(known.tokens, guide) : unescape(known.text as string);
    default:
      return unescape(String(known.text ?? ""));
  }
}

function GuideLink({ href, guide, text }: { href: string; guide: Guide; text: ReactNode }) {
  const target = targetOf(href, guide);
  switch (target.kind) {
    case "guide":
      return (
        <Link to={`/help/${target.guide}`} hash={target.section}>
          {text}
        </Link>
      );
    case "web":
      return (
        <a href={target.href} target="_blank" rel="noreferrer">
          {text}
        </a>
      );
    default:
      return <>{text}</>;
  }
}
