/** Commands that are printed to be copied into a shell. Pure. */

/** A word as a POSIX shell reads it back: names of branches, remotes and folders may hold anything. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function commandOf(...words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
