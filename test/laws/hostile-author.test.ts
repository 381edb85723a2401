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
import { attackNames, type Step, story } from './hostile/steps.ts';

test('what nobody approved never reaches the control plane, and what was approved does', {
  timeout: 3_600_000,
}, async () => {
  const counts = new Map<string, number>(attackNames.map((name) => [name, 0]));
  const reached = { stories: 0, writes: 0, claimed: 0, arrived: 0 };
  const property = fc.asyncProperty(story, async (steps) => {
    const stage = await startInMemory(startModel);
    const { lines, problems, attacks, oracle, writes } = await play(steps, startModel, stage);
    if (problems.length > 0) throw new Error(`${lines.join('\n')}\n\n${problems.join('\n')}`);
    for (const name of attacks) counts.set(name, (counts.get(name) ?? 0) + 1);
    reached.stories += 1;
    reached.writes += writes;
    reached.claimed += oracle.liveness.claimed;
    reached.arrived += oracle.liveness.reached;
  });
  await fc.assert(property, {
    seed: 20,
    numRuns: effort('hostile authors', Number(process.env.RUNS ?? 200), 2_000),
    verbose: 0,
  });
  process.stdout.write(`${JSON.stringify({ ...reached, ...Object.fromEntries(counts) })}\n`);
  expect([...counts].filter(([, count]) => count === 0)).toEqual([]);
  expect(reached.arrived).toBeGreaterThan(0);
});

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
