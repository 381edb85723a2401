/**
 * A text without these characters at its end. `/x+$/` does the same by starting anew at every x: with the text of a stranger
 * that takes the square of its length.
 */
export function dropTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
