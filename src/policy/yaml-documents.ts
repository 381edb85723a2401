/** A file is one document. What editors and templates leave behind it is nothing. */

/** Marker of a document, blank or comment. */
const nothing = /^(?:(?:---|\.\.\.)[ \t]*)?(?:#.*)?[ \t]*\r?$/;

/** Without documents at the end that hold nothing; offsets of what is left stay as they are. */
export function withoutEmptyDocuments(text: string): string {
  const lines = text.split('\n');
  let start = text.length + 1;
  let kept = text.length;
  for (const line of lines.reverse()) {
    start -= line.length + 1;
    if (!nothing.test(line) && line.trim() !== '') return text.slice(0, kept);
    if (line.startsWith('---')) kept = start;
  }
  // Nothing anywhere: an empty file, which has its own message.
  return text;
}
