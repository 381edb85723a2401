import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { findDrift } from '../../src/plan/find-drift.ts';
import type { Violation } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderDriftText } from '../../src/render/drift.ts';
import type { DriftMode } from '../../src/resources/review-settings.ts';
import { uuid } from '../helpers/state.ts';
import { entry, filesOf, liveOf, now, policyObject, recordAfter, spend } from '../plan/kit.ts';

const [a, b] = [uuid(11), uuid(12)];
const body = `${spend('', 'a')}${entry('b')}`;
const object = (name: string, id: string, dollars: number) => policyObject(id, { name, credit_limit: dollars });
const record = recordAfter({ body, live: [object('a', a, 500), object('b', b, 500)] });

function planWith(drift: DriftMode, live: readonly LiveObject[]) {
  const files = Object.entries(filesOf({ body })).map(([path, text]) => ({ path, text }));
  const { desired } = compilePolicies(files);
  if (desired === null) throw new Error('the files have an error');
  const { plan, recordSteps } = buildPlan({ desired, live: liveOf(live), record, now, drift });
  if (plan === null) throw new Error('no plan');
  return { plan, report: findDrift(plan, recordSteps) };
}

function adviceFor(drift: DriftMode, live: readonly LiveObject[], violations: readonly Violation[] = []): string {
  const { plan, report } = planWith(drift, live);
  const style = { color: false, columns: 200 };
  return (
    renderDriftText({ plan: { ...plan, violations }, report, authors: null, record: 'read' }, style)
      .split('\n')
      .at(-2) ?? ''
  );
}

describe('mistakes-D15: the way back that `drift` names puts back what it is said of', () => {
  const states: readonly [string, readonly LiveObject[]][] = [
    ['looser', [object('a', a, 900), object('b', b, 500)]],
    ['tighter', [object('a', a, 100), object('b', b, 500)]],
    ['one looser, one tighter', [object('a', a, 900), object('b', b, 100)]],
    ['one deleted', [object('b', b, 500)]],
    ['one deleted, one tighter', [object('b', b, 100)]],
  ];
  const modes: readonly DriftMode[] = ['safe', 'revert', 'leave'];

  it.each(states.flatMap(([name, live]) => modes.map((drift) => [name, drift, live] as const)))(
    '%s, with `review.drift: %s` in force',
    (_, drift, live) => {
      const advice = adviceFor(drift, live);
      const [, command, , more] =
        /^To put it back: (tollgate apply(?: --revert-drift)?)( \(with (--revert-drift), also what is left\))?\. To keep it: tollgate import --accept-drift/.exec(
          advice,
        ) ?? [];
      const moved = planWith(drift, live).report.drifts.length;
      const follow = (flags: string | undefined) =>
        planWith(flags?.includes('--revert-drift') === true ? 'revert' : drift, live).plan.changes.length;
      // What the command as written puts back, and, where something is left, what it does with the flag that is named beside it.
      if (more === undefined) expect([advice, follow(command)]).toEqual([advice, moved]);
      else {
        expect(follow(command)).toBeGreaterThan(0);
        expect(follow(more)).toBe(moved);
      }
    },
  );

  it('names a guard that objects to it', () => {
    const violation: Violation = {
      guard: 'deletes',
      count: 1,
      details: [],
      severity: 'error',
      allow: null,
      lifted: false,
    };
    const live = states[0]?.[1] ?? [];
    expect(adviceFor('safe', live, [violation])).toContain('A guard objects to that as it stands: tollgate plan');
    expect(adviceFor('safe', live, [{ ...violation, lifted: true }])).not.toContain('guard');
  });
});
