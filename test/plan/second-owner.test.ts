import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { toRecordedOutcome } from '../../src/plan/next-record.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { DriftMode } from '../../src/resources/review-settings.ts';
import { uuid } from '../helpers/state.ts';
import { filesOf, type Given, liveOf, now, outcomeOf, planOf, policyObject, recordAfter, spend } from './kit.ts';

const id = uuid(11);
const at = (dollars: number) => [policyObject(id, { credit_limit: dollars })];

/** What the next plan warns of, after an apply that found `found`, when live is `then`. */
function warningsAfter(found: number, then: number, drift: DriftMode = 'revert'): string[] {
  const settled = recordAfter({ body: spend(), live: at(500) });
  const applied: Given = { body: spend(), live: found === 0 ? [] : at(found), record: settled };
  const { changes } = planOf(applied);
  const record = { ...recordAfter(applied), outcomes: changes.map((change) => toRecordedOutcome(outcomeOf(change))) };
  const { desired } = compilePolicies(Object.entries(filesOf(applied)).map(([path, text]) => ({ path, text })));
  if (desired === null) throw new Error('the files have an error');
  const { plan } = buildPlan({ desired, live: liveOf(then === 0 ? [] : at(then)), record, now, drift });
  return plan?.notes.flatMap(({ code, severity }) => (severity === 'warning' ? [code] : [])) ?? [];
}

describe('mistakes-D12: drift that returns after every apply looks like a second owner', () => {
  it('is said where live is again what the last apply found', () => {
    expect(warningsAfter(700, 700)).toEqual(['drift-returns']);
    expect(warningsAfter(300, 300)).toEqual(['drift-returns']);
    expect(warningsAfter(300, 300, 'safe')).toEqual(['drift-returns']);
  });

  it('is not said of drift that is new, nor where nothing has moved', () => {
    expect(warningsAfter(500, 700)).toEqual([]);
    expect(warningsAfter(700, 600)).toEqual([]);
    expect(warningsAfter(700, 500)).toEqual([]);
  });

  it('is not said of what the last apply made and a hand deleted since', () => {
    expect(warningsAfter(0, 0)).toEqual([]);
  });
});
