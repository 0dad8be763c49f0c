import classes from "./Avatar.module.css";

/** A picture, or initials, in a circle; decoration beside a name that is written out. */
export function Avatar({ name, size = 32, src }: { name: string; size?: number; src?: string | null }) {
  if (src) {
    return <img className={classes.avatar} src={src} width={size} height={size} alt="" loading="lazy" />;
  }
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
