/** JSON with sorted keys at every level: equal values, equal bytes. */

import { configure } from 'safe-stable-stringify';

/** What has no JSON form is an error, and nothing is replaced by words for it. */
const stringify = configure({ strict: true, bigint: false });

/** On one line, to compare and to digest. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

/** For people and for diffs: two spaces, a newline at the end. */
export function renderStableJson(value: unknown): string {
  return `${stringify(value, null, 2)}\n`;
}
