/** Deeper documents are nobody's: what walks over them recurses. */
const deepest = 100;

/**
 * JSON from outside. A megabyte of brackets makes the parser take seconds and gigabytes, and every walk over the result run
 * out of stack, so that depth is looked at first.
 *
 * @throws SyntaxError
 */
export function parseBoundedJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`more than ${deepest} lists and objects inside one another`);
  return JSON.parse(text);
}

/** By brackets outside of texts; whether it is JSON at all is the parser's to say. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfText(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > deepest) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
    }
  }
  return false;
}

/** Of the quote that ends the text that starts here. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) return at;
  }
  return text.length;
}
