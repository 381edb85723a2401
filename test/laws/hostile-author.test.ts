/**
 * A hostile author: random edits, reviews, words, merges, pushes and records over an organisation that has been applied. What was
 * not approved never reaches the control plane, and what was does.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { effort } from '../helpers/effort.ts';
import { startInMemory } from './hostile/memory-stage.ts';
import { startModel } from './hostile/model.ts';
import { play } from './hostile/play.ts';
import { startWithGit } from './hostile/real-stage.ts';
import type { Start } from './hostile/stage.ts';
import type { Step } from './hostile/steps.ts';
import { attackNames, everyAttack, story } from './hostile/stories.ts';

/** Plays stories on a stage of their own, those given first; so many of the known attacks have to be among them. */
async function tell(
  start: Start,
  what: string,
  drawn: number,
  mostAttacks: number,
  first: readonly (readonly Step[])[] = [],
): Promise<void> {
  const counts = new Map<string, number>(attackNames.map((name) => [name, 0]));
  const sum = { stories: 0, writes: 0, due: 0, arrived: 0 };
  const property = fc.asyncProperty(story, async (steps) => {
    const stage = await start(startModel);
    try {
      const { lines, problems, attacks, oracle, writes } = await play(steps, startModel, stage);
      if (problems.length > 0) throw new Error(`${lines.join('\n')}\n\n${problems.join('\n')}`);
      for (const name of attacks) counts.set(name, (counts.get(name) ?? 0) + 1);
      sum.stories += 1;
      sum.writes += writes;
      sum.due += oracle.liveness.claimed;
      sum.arrived += oracle.liveness.reached;
    } finally {
      await stage.close();
    }
  });
  const examples = first.map((steps): [readonly Step[]] => [steps]);
  await fc.assert(property, { seed: 20, numRuns: drawn + examples.length, examples });
  const told = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  process.stdout.write(`${what}: ${JSON.stringify(sum)}; attacks: ${told}\n`);
  expect([...counts].filter(([, count]) => count === 0).length).toBeLessThanOrEqual(attackNames.length - mostAttacks);
  expect(sum.arrived).toBeGreaterThan(0);
}

const hours = { timeout: 4 * 3_600_000 };

test('what nobody approved never reaches the control plane, and what was approved does', hours, () =>
  tell(startInMemory, 'in memory', effort('hostile authors', 50, 2_000), attackNames.length, everyAttack),
);

/** A team, a ceiling and a record that is put back are there as GitHub and Git have them. */
const besideGit = everyAttack.filter((_steps, index) => ['P1', 'C1', 'U4'].some((name) => index === secondOf(name)));

function secondOf(name: string): number {
  return everyAttack.findIndex((steps) => steps.some((step) => step.do === 'attack' && step.name === name)) + 1;
}

test('… nor with real Git and the stand-in of GitHub', hours, () =>
  tell(startWithGit, 'with real Git', effort('hostile authors with real Git', 3, 100), 1, besideGit),
);

/** Stories that once went wrong. */
async function retell(steps: readonly Step[]): Promise<void> {
  const { lines, problems } = await play(steps, startModel, await startInMemory(startModel));
  expect(problems, lines.join('\n')).toEqual([]);
}

test('trust-F5: a record that says what is pushed beside it brings no setting into force', () =>
  retell([
    { do: 'push', by: 'alice', edits: [{ do: 'setting', setting: 'alone', value: true }] },
    { do: 'record', deed: 'forge' },
    { do: 'apply', event: 'push', workTree: false },
    { do: 'open', by: 'alice', edits: [{ do: 'amount', cap: 'alpha', budget: 900 }], from: 'tip' },
    { do: 'merge', pull: 0, method: 'squash', evil: [] },
    { do: 'apply', event: 'push', workTree: false },
  ]));

test('a word that is said after a merge commit lifts the guard for what that pull request asked for', () =>
  retell([
    { do: 'open', by: 'alice', edits: [{ do: 'skip', skips: true }], from: 'tip' },
    { do: 'merge', pull: 0, method: 'merge', evil: [] },
    { do: 'apply', event: 'push', workTree: false },
    {
      do: 'review',
      pull: 0,
      by: 'owner',
      state: 'APPROVED',
      back: 0,
      word: { guard: 'deletes', number: 1, of: 'own', place: 'line', isEdited: false },
    },
    { do: 'apply', event: 'push', workTree: false },
  ]));

test('trust-F2: to an old record that is put back, what was applied since is set by hand, and the stricter stays', async () => {
  const raise = (budget: number): readonly Step[] => [
    { do: 'open', by: 'alice', edits: [{ do: 'amount', cap: 'alpha', budget }], from: 'tip' },
    { do: 'review', pull: 0, by: 'bob', state: 'APPROVED', back: 0 },
    { do: 'merge', pull: 0, method: 'squash', evil: [] },
    { do: 'apply', event: 'push', workTree: false },
  ];
  const apply: Step = { do: 'apply', event: 'push', workTree: false };
  // The record says 900 again, the control plane 100; who pushes 900 gets nothing by it.
  await retell([
    ...raise(900),
    ...raise(100),
    { do: 'push', by: 'alice', edits: [{ do: 'amount', cap: 'alpha', budget: 900 }] },
    { do: 'record', deed: 'restore' },
    apply,
  ]);
  // Nor does the approved raise arrive, which ends where that record began; the next one does.
  await retell([...raise(900), ...raise(100), ...raise(900), { do: 'record', deed: 'restore' }, apply, ...raise(200)]);
});
