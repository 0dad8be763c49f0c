import { parts } from "./links";

/** The text of a message with its links, which open as they would on the contact's own phone: somewhere else. */
export function Linked({ text }: { text: string }) {
  return parts(text).map((part, i) =>
    part.href ? (
      <a key={i} href={part.href} target="_blank" rel="noopener noreferrer">
        {part.text}
      </a>
    ) : (
      <span key={i}>{part.text}</span>
    ),
  );
}
