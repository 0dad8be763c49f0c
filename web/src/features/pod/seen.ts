// Against stolen clicks: while somebody covers, fades or turns the frame, a click in it does not count. Intersection Observer v2 tells; it is
// there in Chromium alone, and elsewhere the list of who may frame the pod is the whole defence.

/** How long the pod has to be wholly visible before a click counts, in milliseconds. */
const settle = 300;

/** Whether this browser can tell that nothing covers the page. */
export function canTell(): boolean {
  return typeof IntersectionObserverEntry !== "undefined" && "isVisible" in IntersectionObserverEntry.prototype;
}

/** Refuses clicks and submissions in a frame that cannot be seen, and says so each time; the returned function ends it. */
export function guardClicks(onRefused: () => void): () => void {
  if (window.self === window.top || !canTell()) {
    return () => {};
  }
  let since = Number.POSITIVE_INFINITY;
  const observer = new IntersectionObserver(
    (entries) => {
      const last = entries.at(-1) as (IntersectionObserverEntry & { isVisible: boolean }) | undefined;
      since = last?.isVisible ? Math.min(since, performance.now()) : Number.POSITIVE_INFINITY;
    },
    { trackVisibility: true, delay: 100, threshold: [0, 0.5, 1] } as IntersectionObserverInit,
  );
  observer.observe(document.body);
  const check = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const acts = event.type === "submit" || target?.closest("button, a, [role='option'], input[type='checkbox']");
    if (acts && !(performance.now() - since >= settle)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      onRefused();
    }
  };
  for (const type of ["click", "submit"]) {
    window.addEventListener(type, check, { capture: true });
  }
  return () => {
    observer.disconnect();
    for (const type of ["click", "submit"]) {
      window.removeEventListener(type, check, { capture: true });
    }
  };
}
