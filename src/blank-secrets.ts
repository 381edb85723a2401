/** Secrets of this run, blanked in whatever comes from outside: what is read is printed, saved and recorded. */

import { dropTrailing } from './drop-trailing.ts';

const blanked = '[key]';

/** Variables whose values are never repeated. */
const secretVariables = [
  'PORTKEY_API_KEY',
  'PORTKEY_WORKSPACE_KEY',
  'TOLLGATE_SEAL_KEY',
  'TOLLGATE_CLICKHOUSE_PASSWORD',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GITLAB_TOKEN',
] as const;

/** A real key is far longer; a few letters would be found in the middle of words. */
const shortest = 8;

/** Of channels that tell people, but for login names: those are mostly addresses, and what is said about mail names addresses. */
const channelSecret = /^TOLLGATE_NOTIFY_(?!.*_USER$)/;

export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const ofChannels = Object.keys(env).filter((name) => channelSecret.test(name));
  return [...secretVariables, ...ofChannels.sort()].flatMap((name) => env[name]?.trim() || []);
}

/**
 * Each secret in every spelling a service or proxy may echo it in: plain, in a URL, in base64. What is blanked stays a JSON
 * document, if it was one.
 */
export function createBlanker(...secrets: readonly string[]): (text: string) => string {
  const spellings = secrets.filter((secret) => secret.length >= shortest).flatMap(spell);
  const unique = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const words = secrets.filter((secret) => secret !== '' && secret.length < shortest).map(wordOf);
  return (text) => {
    const plain = unique.reduce((rest, spelling) => rest.replaceAll(spelling, blanked), text);
    return words.reduce((rest, word) => rest.replace(word, blanked), plain);
  };
}

/** A few letters are blanked where they stand alone: inside words they are not a key, and a text full of holes says nothing. */
function wordOf(secret: string): RegExp {
  // The flag `u` takes no other escapes: a dash stands for itself outside of a class.
  const escaped = secret.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'gu');
}

function spell(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64');
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    base64,
    dropTrailing(base64, '='),
    bytes.toString('base64url'),
  ];
}

/**
 * The same for parsed JSON, texts and names of members, at any depth: a key may be written in escapes that only the parser
 * undoes (`\u0070\u006b…`), or in those of a document inside a text. A secret whose parts stand in several texts is not found.
 *
 * Values that hold none are given back as they are, not copied.
 */
export function createValueBlanker(...secrets: readonly string[]): (value: unknown) => unknown {
  const long = secrets.filter((secret) => secret.length >= shortest);
  if (long.length === 0) return (value) => value;
  const blank = createBlanker(...long);
  const blankText = (text: string): string => {
    const plain = blank(text);
    if (!/[\\%&\p{Cf}]/u.test(plain)) return plain;
    const undone = undoEscapes(plain);
    // Where it stands among the escapes cannot be known any more.
    return blank(undone) === undone ? plain : blanked;
  };
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return blankText(value);
    if (Array.isArray(value)) {
      const items = value.map(visit);
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const changed = entries.map(([name, item]) => [blankText(name), visit(item)] as const);
    const isSame = changed.every(([name, item], index) => name === entries[index]?.[0] && item === entries[index]?.[1]);
    return isSame ? value : Object.fromEntries(changed);
  };
  return visit;
}

/** JSON, URL and HTML escapes, one inside another a few times, and characters that take no room. */
function undoEscapes(text: string): string {
  let undone = text;
  for (let round = 0; round < 4; round++) {
    const next = undone
      .replace(/\p{Cf}/gu, '')
      .replace(/\\u\{?([0-9a-f]{2,6})\}?|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]{1,6});/gi, (whole, a, b, c, d) =>
        toCharacter(Number.parseInt(a ?? b ?? c ?? d, 16), whole),
      )
      .replace(/&#(\d{1,7});/g, (whole, digits) => toCharacter(Number(digits), whole))
      .replace(/\\([^ux])/g, '$1');
    if (next === undone) break;
    undone = next;
  }
  return undone;
}

function toCharacter(code: number, otherwise: string): string {
  return code <= 0x10_ffff ? String.fromCodePoint(code) : otherwise;
}
