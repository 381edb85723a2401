/** Words in reviews: `/tollgate allow deletes=12@DIGEST`, as a line of its own that a person wrote for others to read. */

import type { ReviewFacts } from '../github/port.ts';
import { isFor, isWordProblem, parseWord, type Word } from '../plan/words.ts';

export interface ReviewWord extends Word {
  readonly by: string;
  /** ISO date-time, UTC. */
  readonly at: string;
  /** Link to the review. */
  readonly where: string;
}

/** Only of reviews that count; an edited one keeps its approval and loses its words. */
export function wordsOf(reviews: readonly ReviewFacts[], digest: string): ReviewWord[] {
  return reviews.flatMap((review) => {
    const { author, submittedAt, lastEditedAt, url, body } = review;
    if (author === null || submittedAt === null || lastEditedAt !== null) return [];
    return readableLines(body).flatMap((line) => {
      const match = /^\/tollgate allow[ \t]+(\S[^\n]{0,400})$/.exec(line);
      return (match?.[1] ?? '').split(/[ \t]+/).flatMap((text): ReviewWord[] => {
        const said = parseWord(text);
        if (isWordProblem(said) || !isFor(said, digest)) return [];
        return [{ ...said, by: author.login, at: submittedAt, where: url }];
      });
    });
  });
}

/** Tags whose content is not text, or is somebody else's, or is folded away; instructions and declarations are not shown. */
const otherText = /<(?:(?:pre|code|blockquote|details|template|textarea|script|style|xmp|q|del|s|sub)\b|\?|!(?!--))/i;

/** Begins, or may begin, what is somebody else's, code, struck out, or the definition of a link or a footnote, which is not shown. */
const oddStart = /^\s*>|[`<~]|^[\s*+\-\d.)]*\[/;

/** Lines that a reader sees as text: no quote, no code, nothing hidden. Doubt about where such a place ends hides the rest. */
export function readableLines(body: string): string[] {
  const shown: string[] = [];
  let fence: string | null = null;
  let inComment = false;
  // A quote goes on over the lines of its paragraph, and a span of code or the title of a link may.
  let isOdd = false;
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (inComment) inComment = !line.includes('-->');
    else if (fence !== null) {
      if (isFenceEnd(line, fence)) fence = null;
    } else if (line.trim() === '') isOdd = false;
    else if (fenceOf(line) !== null) fence = fenceOf(line);
    else if (otherText.test(line)) return shown;
    else {
      isOdd ||= oddStart.test(line);
      inComment = line.lastIndexOf('<!--') > line.lastIndexOf('-->');
      // Indented by a tab or by four it would be code.
      if (!isOdd && /^ {0,3}\//.test(line)) shown.push(line.trim());
    }
  }
  return shown;
}

function fenceOf(line: string): string | null {
  return /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1] ?? /^ {0,3}(~{3,})/.exec(line)?.[1] ?? null;
}

function isFenceEnd(line: string, fence: string): boolean {
  const mark = line.trim();
  return /^ {0,3}[`~]/.test(line) && mark.startsWith(fence) && [...mark].every((character) => character === fence[0]);
}
