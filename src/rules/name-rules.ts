/** Rules about names that a reviewer cannot tell apart by looking. */

import { escapeInvisible } from '../printable.ts';
import type { FileRule } from './types.ts';

/** Small letters of Cyrillic and Greek that are drawn like Latin ones in most fonts. */
const drawnLikeLatin = /^[аеорсухіјѕһԁԛԝүҽӏАВЕКМНОРСТХУІЈЅαοριυνκτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ\d]+$/u;

/** Scripts whose letters are told apart from Latin at a glance may stand beside it in a word: 東京API. */
const alike = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Georgian', 'Hebrew', 'Arabic'].map(
  (script) => ({ script, letter: new RegExp(`\\p{Script=${script}}`, 'u') }),
);

/** What is wrong with how a name looks; null: nothing. Ends without a full stop. */
export function describeLookalike(name: string): string | null {
  const shown = escapeInvisible(name);
  if (shown !== name) return 'holds characters that are not seen';
  const words = name.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  for (const word of words) {
    const scripts = alike.filter(({ letter }) => letter.test(word)).map(({ script }) => script);
    if (scripts.length > 1) return `mixes letters of ${scripts.join(' and ')} in one word`;
    if (scripts.length === 1 && scripts[0] !== 'Latin' && word.length > 1 && drawnLikeLatin.test(word)) {
      return `is written in letters of ${scripts[0]} that all look like Latin ones`;
    }
  }
  if (name.normalize('NFKC') !== name.normalize('NFC')) return 'holds letters of a form that looks like another one';
  return null;
}

const nameLooksAlike: FileRule = {
  name: 'name-looks-alike',
  id: 'N1',
  severity: 'warning',
  where: 'file',
  finds:
    'a name with letters of two scripts in one word, with letters that only look like others, or with characters that are not seen',
  why: 'Whoever reviews the file sees one name and approves another: a Cyrillic `а` in `marketing`, a blank that has no width. Names are compared by their characters, so that such an entry is a second limit beside the one it seems to be.',
  fix: 'Write the name in letters of one script.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      const names = [entry.name, entry.liveName, entry.previously].filter((name) => name !== undefined);
      const problem = names.map(describeLookalike).find((said) => said !== null) ?? null;
      if (problem === null || entry.fromDefaults === true) continue;
      const odd = names.find((name) => describeLookalike(name) !== null) ?? entry.name;
      found({ entry, source: entry.source }, `the name "${escapeInvisible(odd)}" ${problem}`);
    }
  },
};

export const nameRules: readonly FileRule[] = [nameLooksAlike];
