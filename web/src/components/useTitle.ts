import { useEffect } from "react";

const product = "Countersign";

/** Names the page in the tab, in the history and to screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${product}` : product;
    return () => {
      document.title = product;
    };
  }, [title]);
}
