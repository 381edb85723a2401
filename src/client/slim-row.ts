/** Rows in as little memory as they need: a plan over a large organisation holds all of them until its end. */

import { isSame } from '../resources/canonical.ts';

/** A list of ten thousand rows repeats a few hundred texts: dates, statuses, the workspace's id. */
const slots = 2_048;
/** Longer texts are somebody's words, which hardly ever come twice. */
const longest = 64;

export type SlimRow = <Row>(parsed: Row, sent: unknown) => Row;

/**
 * What a parser makes of a row member by member takes V8 several times what the row as sent takes: as soon as there are a
 * dozen members, each row becomes a hash table of its own. So the row as sent is kept where parsing changed nothing in it,
 * and equal texts become one. `sent` has to be nobody else's: its texts are replaced by equal ones.
 */
export function createSlimRow(): SlimRow {
  const seen: string[] = new Array(slots).fill('');
  const share = (text: string): string => {
    if (text.length > longest) return text;
    const slot = slotOf(text);
    if (seen[slot] !== text) seen[slot] = text;
    return seen[slot] ?? text;
  };
  const shareWithin = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const members = value as Record<string, unknown>;
    for (const name in members) {
      const member = members[name];
      if (typeof member === 'string') members[name] = share(member);
      else shareWithin(member);
    }
  };
  return <Row>(parsed: Row, sent: unknown): Row => {
    const row = isSame(parsed, sent) ? (sent as Row) : parsed;
    shareWithin(row);
    return row;
  };
}

/** Texts that are alike differ in their last characters: ids, names with a number. */
function slotOf(text: string): number {
  let hash = text.length;
  for (let at = Math.max(0, text.length - 12); at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) | 0;
  return (hash >>> 0) % slots;
}
