/**
 * Words that lift a guard: `GUARD=NUMBER@DIGEST`. One model for the command line, reviews, and the inputs of the Action. A
 * word says which guard, up to which number, and for which plan or request.
 */

import { type GuardName, guardNames } from '../guard-names.ts';
import { didYouMean } from '../nearest-name.ts';

/** Hex digits of a digest that a word names: 128 bits. Two plans of one prefix of 8 are found in seconds. */
const wordDigits = 32;

/** A count; of `spend-up` percent of committed spend, of `ceiling` dollars of it per 30 days, both rounded up, or `unbounded`. */
export type WordNumber = number | 'unbounded';

export interface Word {
  readonly guard: GuardName;
  /** An upper bound: who allowed three blocked callers has allowed two, and has not allowed four. */
  readonly number: WordNumber;
  /** Of a plan or a request; its first 32 digits, or more of them. */
  readonly digest: string;
}

export interface WordProblem {
  readonly problem: string;
}

/** Guards whose number is money, which may be without bound. */
const ofMoney: ReadonlySet<GuardName> = new Set<GuardName>(['spend-up', 'ceiling']);

const wordShape = /^([a-z-]{1,40})=(\d{1,16}|unbounded)@([0-9a-f]{1,64})$/;

/** What a guard of money counts, as a word says it: what cannot be counted exactly is without bound. */
export function toWordNumber(count: bigint | number): WordNumber {
  return count > Number.MAX_SAFE_INTEGER ? 'unbounded' : Number(count);
}

export function parseWord(text: string): Word | WordProblem {
  const match = wordShape.exec(text);
  const [, name = /^[a-z-]{1,40}/.exec(text)?.[0] ?? '', number = '', digest = ''] = match ?? [];
  const guard = guardNames.find((known) => known === name);
  if (match === null || guard === undefined) {
    const guess = name === '' || guard !== undefined ? '' : didYouMean(name, guardNames);
    const unknown = match === null ? '' : `no guard is called "${name}"; `;
    return { problem: `${unknown}write GUARD=NUMBER@DIGEST, exactly as the plan says it${guess}` };
  }
  if (number !== 'unbounded' && !Number.isSafeInteger(Number(number))) {
    return { problem: `${number} is more than any guard counts${ofMoney.has(guard) ? ': write unbounded' : ''}` };
  }
  if (number === 'unbounded' && !ofMoney.has(guard)) return { problem: `${guard} is counted: write a number` };
  const short = digestProblem(digest);
  if (short !== null) return { problem: short };
  return { guard, number: number === 'unbounded' ? number : Number(number), digest };
}

/** Why these digits do not name a plan; null when they do. */
export function digestProblem(digest: string): string | null {
  if (!/^[0-9a-f]{1,64}$/.test(digest)) return 'write the digest of the plan, as the plan says it';
  if (digest.length >= wordDigits) return null;
  return `${digest.length} digits of the digest are not enough: another plan can be made that begins with them. Write ${wordDigits}, as the plan says them`;
}

export function isWordProblem(word: Word | WordProblem): word is WordProblem {
  return 'problem' in word;
}

export function printWord({ guard, number, digest }: Word): string {
  return `${guard}=${number}@${wordDigest(digest)}`;
}

/** What people copy of a digest. */
export function wordDigest(digest: string): string {
  return digest.slice(0, wordDigits);
}

/** Whether a word is about a plan or request of that digest. */
export function isFor(word: Pick<Word, 'digest'>, digest: string): boolean {
  return word.digest.length >= wordDigits && digest.startsWith(word.digest);
}

export function isWithin(number: WordNumber, most: WordNumber): boolean {
  if (most === 'unbounded') return true;
  return number !== 'unbounded' && number <= most;
}

export function largestOf(numbers: readonly WordNumber[]): WordNumber {
  return numbers.reduce((most, number) => (isWithin(number, most) ? most : number), 0);
}

/** The word that lifts an objection: of that guard, for one of these digests, up to its number or beyond. */
export function findLift(
  words: readonly Word[],
  { guard, count }: { readonly guard: GuardName; readonly count: WordNumber },
  digests: readonly string[],
): Word | null {
  return (
    words.find(
      (word) => word.guard === guard && isWithin(count, word.number) && digests.some((digest) => isFor(word, digest)),
    ) ?? null
  );
}

/** Words that lift nothing here, each with the reason: silence would let somebody believe that they did. */
export function explainIdleWords(
  words: readonly Word[],
  objections: readonly { readonly guard: string; readonly count: WordNumber }[],
  digests: readonly string[],
): string[] {
  return words.flatMap((word) => {
    const said = printWord(word);
    if (!digests.some((digest) => isFor(word, digest))) return [`${said}: that word is for another plan`];
    const objection = objections.find(({ guard }) => guard === word.guard);
    if (objection === undefined || isWithin(objection.count, word.number)) return [];
    return [`${said}: that word allows up to ${word.number}, and ${word.guard} objects to ${objection.count}`];
  });
}
