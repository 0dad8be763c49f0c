/** Two strokes that complete each other: sign and countersign. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" strokeWidth={3.4} strokeLinecap="round" aria-hidden="true">
      <path stroke="currentColor" d="M14.5 3.5H9a5.75 5.75 0 0 0 0 11.5h1.5" />
      <path stroke="var(--cs-signal)" d="M9.5 20.5H15A5.75 5.75 0 0 0 15 9h-1.5" />
    </svg>
  );
}
