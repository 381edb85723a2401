/** Generated workspaces, one apply of which one write fails: at no moment has anything been given that something was to take first. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFault } from '../../src/emulator/faults.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { printPolicies } from '../../src/policy/print.ts';
import { reachesNothing } from '../../src/resources/match.ts';
import type { Match } from '../../src/resources/types.ts';
import { impose, startTrial } from '../faults/trial.ts';
import { effort } from '../helpers/effort.ts';
import { smallState } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';
import { type Declaration, declaration, type Files, toFiles } from '../laws/declarations.ts';
import { organisation, withUniqueNames } from '../laws/organisations.ts';

interface Case {
  readonly state: Partial<StoreState>;
  readonly before: Files;
  readonly after: Files;
  readonly fault: string;
}

const fault = fc
  .tuple(
    fc.constantFrom('POST', 'POST', 'PUT', 'PUT', 'DELETE'),
    fc.constantFrom('402', '400', '500', '500 when=after', 'reset when=after'),
    fc.nat({ max: 6 }),
    fc.constantFrom('times=1', 'times=6', ''),
  )
  .map(([method, status, after, times]) => `${method} /** ${status} after=${after} ${times}`.trim());

/** The same policies with the limits of others, some gone, some new: otherwise two declarations have few names in common. */
function edit(before: Declaration, other: Declaration, choices: readonly number[]): Declaration {
  const entries = before.entries.flatMap((entry, index) => {
    const choice = choices[index % choices.length] ?? 0;
    const rivals = other.entries.filter(({ kind }) => kind === entry.kind);
    const rival = rivals[choice % Math.max(1, rivals.length)];
    if (choice % 4 === 0) return [];
    if (choice % 4 === 1 || rival === undefined || !entry.kind.endsWith('policy')) return [entry];
    return [{ ...entry, fields: { ...rival.fields, name: entry.name } }];
  });
  const taken = new Set(entries.map(keyOf));
  return { entries: [...entries, ...other.entries.filter((entry) => !taken.has(keyOf(entry)))] };
}

function keyOf({ kind, workspace, name }: Declaration['entries'][number]): string {
  return `${kind}\n${workspace}\n${name}`;
}

const cases: fc.Arbitrary<Case> = organisation.map(withUniqueNames).chain((state) =>
  fc
    .record({
      before: declaration(state),
      other: declaration(state),
      choices: fc.array(fc.nat({ max: 11 }), { minLength: 7, maxLength: 7 }),
      fault,
    })
    .map(({ before, other, choices, fault: rule }) => ({
      state,
      before: toFiles(before),
      after: toFiles(edit(before, other, choices)),
      fault: rule,
    })),
);

/** Policies of few names and one unit, whose matches pass traffic to one another. */
const group: fc.Arbitrary<Files> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('one', 'two', 'three', 'four'),
      match: fc.oneof(
        fc.constant('all' as const),
        fc
          .record({
            key: fc.constant('metadata.team'),
            any: fc.constantFrom('*' as const, ['nlp'], ['sales'], ['nlp', 'sales']),
            except: fc.constantFrom<readonly string[]>([], [], ['nlp']),
          })
          .filter((condition) => !reachesNothing(condition))
          .map((condition): Match => [condition]),
      ),
      per: fc.constantFrom<readonly string[]>(['workspace_id'], ['workspace_id'], ['api_key']),
      size: fc.integer({ min: 2, max: 4 }),
    }),
    { minLength: 2, selector: ({ name }) => name },
  )
  .map((policies) => {
    const entries = policies.map(({ name, match, per, size }) => ({
      kind: 'usage-policy' as const,
      name,
      fields: {
        name,
        unit: 'cost',
        target: 'llm',
        amount: size * 100,
        alert: null,
        reset: 'monthly',
        match,
        per,
      } as const,
    }));
    const workspaces = [{ slug: 'ws-team-a', entries }];
    const printed = printPolicies({ environment: 'production', organisation: organisationId, entries: [], workspaces });
    return Object.fromEntries(printed.map(({ path, text }) => [path, text]));
  });

const passings: fc.Arbitrary<Case> = fc
  .record({ before: group, after: group, fault })
  .map(({ before, after, fault: rule }) => ({ state: smallState(), before, after, fault: rule }));

async function run({ state, before, after, fault: rule }: Case): Promise<void> {
  const trial = await startTrial({ state, timeouts: { headers: 500, total: 500 } });
  try {
    for (const files of [before, after]) {
      if ((await trial.world.plan(files)).plan === null) return;
      await trial.apply(files);
      impose(trial.world, { faults: [parseFault(rule)] });
    }
    expect(trial.violations).toEqual([]);
  } finally {
    await trial.close();
  }
}

/** Of the thorough counts, on a machine that does other things as well. */
const hours = 4 * 3_600_000;

test(
  'trust-E3: whatever fails, nothing is given before what was to bind in its place is in force',
  async () => {
    const numRuns = effort('applies of which a write fails', 12, 2_000);
    await fc.assert(fc.asyncProperty(cases, run), { seed: 6, numRuns, endOnFailure: true });
  },
  hours,
);

test(
  'trust-E3: … and no call that a policy binds before and after goes unbound in between',
  async () => {
    const numRuns = effort('applies that pass traffic from policy to policy', 20, 2_000);
    await fc.assert(fc.asyncProperty(passings, run), { seed: 9, numRuns, endOnFailure: true });
  },
  hours,
);
