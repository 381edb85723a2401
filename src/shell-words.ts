/** Commands that are printed to be copied into a shell. Pure. */

/** A word as a POSIX shell reads it back: names of branches, remotes and folders may hold anything. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `$1500` that nobody quoted, or in double quotes, arrives as `500`, `$500` as `00`. Null: as it stands it may have been typed so. */
export function explainEatenAmount(text: string): string | null {
  if (!/^[\d.,]*$/.test(text)) return null;
  return "Write it in single quotes, such as '$500': else a shell replaces $ and the digit behind it by nothing. Or with its unit, such as 2M tokens.";
}

export function commandOf(...words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
