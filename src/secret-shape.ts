/** What looks like a secret is never printed: messages end up in CI logs and pull requests. */

/** Shapes that are secrets whatever they contain. Each is found or given up within one pass over the text. */
const secretShapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)/,
  /\b(?:sk|pk)-[\w-]{12}/,
  /\b[0-9a-fA-F]{32,}\b/,
];

/** How keys of known makers begin. */
const vendorPrefix = /\b(?:sk|pk|rk|pa|gh[opsu]|xox[abps]|glpat|hf|npm|github_pat|AKIA|AIza)[-_]?(?=[\w-]{16})/;

export function looksSecret(text: string): boolean {
  if (secretShapes.some((shape) => shape.test(text))) return true;
  if ((text.match(/[\w-]{18,}/g) ?? []).some(looksIssued)) return true;
  if ((text.match(/[\w.-]{20,}/g) ?? []).some(looksSigned)) return true;
  return text.split(/[\s"'`,;:@]+/).some(looksRandom);
}

/**
 * A maker's prefix, sixteen characters or more behind it, and a digit among them. The first prefix decides: what stands
 * behind a later one stands behind the first as well. Asked of each prefix in turn, `hf-hf-hf-…` takes the square of its length.
 */
function looksIssued(word: string): boolean {
  const prefix = vendorPrefix.exec(word);
  return prefix !== null && /\d/.test(word.slice(prefix.index + prefix[0].length));
}

/** A JSON web token: two of its parts are enough. */
function looksSigned(word: string): boolean {
  const parts = word.split('.');
  return parts.some((part, index) => /\beyJ[\w-]{8,}$/.test(part) && /^[\w-]{8}/.test(parts[index + 1] ?? ''));
}

/** Long, of mixed classes, changing class often: words, also joined or capitalized, slugs and UUIDs do not. */
function looksRandom(token: string): boolean {
  if (token.length < 20 || !/^[\w+/=.~-]+$/.test(token)) return false;
  if (!/[a-z]/.test(token) || !/[A-Z]/.test(token) || !/\d/.test(token)) return false;
  const changes = token.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[a-zA-Z])/g)?.length ?? 0;
  return changes >= token.length / 5;
}

/** The text in quotes, or what stands for it. */
export function quoteUnlessSecret(text: string): string {
  return looksSecret(text) ? describeSecret(text) : `"${text}"`;
}

export function describeSecret(text: string): string {
  return `(a value of ${text.length} characters that looks like a secret)`;
}
