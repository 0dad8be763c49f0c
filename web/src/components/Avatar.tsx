import classes from "./Avatar.module.css";

/** Initials in a circle; decoration beside a name that is written out. */
export function Avatar({ name, size = 32 }: { name: string; size?: number }) {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("");
  return (
    <span
      className={classes.avatar}
      style={{ width: size, height: size, fontSize: size * 0.4 }}
      data-initials={initials.toUpperCase()}
      aria-hidden="true"
    />
  );
}
