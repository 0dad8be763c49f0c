import { sameSearch, type View } from "./views";
import classes from "./List.module.css";

interface Props {
  presets: View[];
  now: Record<string, string>;
  label: string;
  onOpen: (search: Record<string, string>) => void;
}

/** The views that everybody has, side by side above a list. Sorting does not leave a view. */
export function Presets({ presets, now, label, onOpen }: Props) {
  const narrowed = Object.fromEntries(Object.entries(now).filter(([key]) => key !== "sort"));
  return (
    <div className={classes.presets} role="group" aria-label={label}>
      {presets.map((view) => (
        <button key={view.name} type="button" aria-pressed={sameSearch(view.search, narrowed)} onClick={() => onOpen(view.search)}>
          {view.name}
        </button>
      ))}
    </div>
  );
}
