/** Two pull requests that stay below a ceiling each and pass it together: whose word is asked for, and up to what. */

import { describe, expect, it } from 'vitest';
import { judgeWithWords, type LiftInput } from '../../src/approvals/lifted.ts';
import { defaultReview } from '../../src/guards/review.ts';
import type { GroupImpact, Impact } from '../../src/impact/document.ts';
import type { Change, Plan } from '../../src/plan/types.ts';

const digestA = 'a'.repeat(64);
const digestB = 'b'.repeat(64);
const sum = (cents: number): GroupImpact['after'] => ({
  cents: `${cents}`,
  at_most: '0',
  bounded: 2,
  partly: 0,
  unbounded: 0,
  unknown: 0,
});
const change = (id: string): Change =>
  ({
    id,
    key: { kind: 'usage-policy', workspace: id, name: 'spend' },
    action: 'update',
    direction: 'loosen',
    fieldChanges: [],
    after: {},
  }) as unknown as Change;
const changes = [change('a'), change('b')];

/** Of $1,000; each change adds $150. */
const assessFrom =
  (base: number) =>
  (some: readonly Change[]): Impact | null => {
    const after = base + 15_000 * some.length;
    const group: GroupImpact = {
      group: 'research',
      ceiling: '100000',
      in_force: true,
      workspaces: ['a', 'b'],
      before: sum(base),
      after: sum(after),
      rise: `${after - base}`,
      verdict: after > 100_000 ? 'above' : 'within',
      unjudged: null,
    };
    return some.length === 0 ? null : ({ changes: [], workspaces: [], groups: [group] } as unknown as Impact);
  };

const lifted = (words: Readonly<Record<number, number>>, base = 80_000) => {
  const assess = assessFrom(base);
  const plan = {
    digest: 'c'.repeat(64),
    changes,
    recordLines: [],
    findings: [],
    unmanaged: [],
    notes: [],
    withheld: [],
    left: [],
    leftOut: new Set(),
    violations: [],
    impact: assess(changes),
  } as unknown as Plan;
  const pull = (number: number, digest: string) => ({
    pull: { number },
    digest,
    words:
      words[number] === undefined
        ? []
        : [{ guard: 'ceiling', number: words[number], digest, by: 'bob', at: '', where: '' }],
  });
  const input = {
    plan,
    steps: [],
    settings: { ...defaultReview, rules: {}, show_people: 'names', require_reviewed_plan: true },
    rewind: null,
    allowances: [],
    assess,
    pulls: [pull(1, digestA), pull(2, digestB)],
    pullsOf: new Map([
      ['a', [1]],
      ['b', [2]],
    ]),
  } as unknown as LiftInput;
  const { violations, lines } = judgeWithWords(input);
  return {
    ceiling: violations.filter(({ guard }) => guard === 'ceiling').map(({ count, lifted: is }) => [count, is]),
    lines: lines.map(({ pull: number, line }) => [number, line]),
  };
};

describe('a ceiling that two pull requests pass together', () => {
  it('asks each for a word over what it raises by itself', () => {
    expect(lifted({})).toEqual({
      ceiling: [[300, false]],
      lines: [
        [1, `/tollgate allow ceiling=150@${digestA.slice(0, 32)}`],
        [2, `/tollgate allow ceiling=150@${digestB.slice(0, 32)}`],
      ],
    });
  });

  it('is lifted by the word of one, as the other stays below it', () => {
    expect(lifted({ 2: 150 })).toEqual({ ceiling: [[300, true]], lines: [] });
  });

  it('is not lifted by a word over less than that', () => {
    expect(lifted({ 2: 149 }).ceiling).toEqual([[300, false]]);
  });

  it('is not lifted for one by the ample word of the other, where its own says too little', () => {
    expect(lifted({ 1: 10, 2: 300 }, 90_000).ceiling).toEqual([[300, false]]);
    expect(lifted({ 1: 150, 2: 150 }, 90_000).ceiling).toEqual([[300, true]]);
  });
});
