import { useLayoutEffect, useState } from "react";
import { useTitle } from "./useTitle";
import classes from "./states.module.css";

/** The title of a state. Where it stands in place of a whole page it is the heading of that page and names its tab. */
export function StateTitle({ text }: { text: string }) {
  const [alone, setAlone] = useState(false);
  useLayoutEffect(() => setAlone(document.querySelector("h1") === null), []);
  return alone ? <PageTitle text={text} /> : <p className={classes.title}>{text}</p>;
}

function PageTitle({ text }: { text: string }) {
  useTitle(text);
  return <h1 className={classes.title}>{text}</h1>;
}
