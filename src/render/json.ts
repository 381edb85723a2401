/** How documents for programs are written. What is in them stands in documents/. */

/** Raised when a member changes its meaning or goes away; new members may come at any time. */
export const jsonVersion = 1;

/** What every document says. */
interface AnyDocument {
  readonly version: typeof jsonVersion;
  /** False: the exit code is not 0. */
  readonly ok: boolean;
}

export function renderJson<Document extends AnyDocument>(document: Document): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
