/** The decimal digits of a text, whatever script they are in, as 0 to 9. */
export function onlyDigits(text: string): string {
  return [...text.normalize("NFKC")].map(digit).join("");
}

// The first digit of the decimal number systems that keyboards in use may write; each has its ten digits in a row.
const zeros = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50];

function digit(character: string): string {
  const at = character.codePointAt(0) ?? 0;
  const zero = zeros.find((z) => at >= z && at <= z + 9);
  return zero === undefined ? "" : String(at - zero);
}
