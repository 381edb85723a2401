/** What looks like a secret is never printed: messages end up in CI logs and pull requests. */

/** Shapes that are secrets whatever they contain. */
const secretShapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}/,
  /\b(?:sk|pk|rk|pa|gh[opsu]|xox[abps]|glpat|hf|npm|github_pat|AKIA|AIza)[-_]?(?=[\w-]*\d)[\w-]{16,}/,
  /\b(?:sk|pk)-[\w-]{12,}/,
  /\b[0-9a-fA-F]{32,}\b/,
];

export function looksSecret(text: string): boolean {
  if (secretShapes.some((shape) => shape.test(text))) return true;
  return text.split(/[\s"'`,;:@]+/).some(looksRandom);
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
