/** The quarter of a day, as reviews are named: "Q4 2026". */
export function quarterOf(day: Date): string {
  return `Q${Math.floor(day.getMonth() / 3) + 1} ${day.getFullYear()}`;
}
