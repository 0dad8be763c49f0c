import type { ReactNode } from "react";
import type { Block, Span } from "./data";
import classes from "./Document.module.css";

interface Props {
  title: string;
  blocks: readonly Block[];
  lang: string;
  dir: string;
}

/** A document as its readers see it: text and nothing else, so that no name and no word in it can do anything. */
export function Blocks({ title, blocks, lang, dir }: Props) {
  return (
    <article className={classes.sheet} lang={lang} dir={dir}>
      <h3>{title}</h3>
      {blocks.map((block, i) => (
        <Piece key={i} block={block} />
      ))}
    </article>
  );
}

function Piece({ block }: { block: Block }) {
  const items = () => block.items.map((spans, i) => <li key={i}>{spans.map(look)}</li>);
  switch (block.kind) {
    case "heading":
      return block.level === 3 ? <h5>{block.spans.map(look)}</h5> : <h4>{block.spans.map(look)}</h4>;
    case "points":
      return <ul>{items()}</ul>;
    case "steps":
      return <ol start={block.start ?? 1}>{items()}</ol>;
    case "note":
      return <blockquote>{block.spans.map(look)}</blockquote>;
    case "line":
      return <hr />;
    default:
      return <p>{block.spans.map(look)}</p>;
  }
}

// The server lets web, mail and phone addresses through; anything else is shown without a link.
const safe = /^(https?:\/\/|mailto:|tel:)/;

function look(span: Span, key: number): ReactNode {
  let out: ReactNode = span.break ? <br /> : span.text;
  if (span.code) {
    out = <code dir="ltr">{out}</code>; // what is typed keeps its order in a text from right to left
  }
  if (span.emphasis) {
    out = <em>{out}</em>;
  }
  if (span.strong) {
    out = <strong>{out}</strong>;
  }
  return span.link && safe.test(span.link) ? (
    <a key={key} href={span.link} dir="auto" target="_blank" rel="noreferrer">
      {out}
    </a>
  ) : (
    <span key={key}>{out}</span>
  );
}
