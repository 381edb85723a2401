/** Whom rules ask for where no pull request is known: what a plan changes, rules that go, and owners who become others. */

import { expect, test } from 'vitest';
import { findAskedOfPlan } from '../../src/approvals/asked-of-plan.ts';
import type { AppliedRecord, RecordedSettings } from '../../src/plan/applied-record.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { ApprovalRule } from '../../src/resources/review-settings.ts';
import { sampleRecord } from '../record/sample-record.ts';

const settingsOf = (approvals: readonly ApprovalRule[], owners: Record<string, string> = {}): RecordedSettings => ({
  review: { approvals: [...approvals] },
  gateway: {},
  pricing: {},
  owners,
});
const plan = { changes: [], recordLines: [], impact: null } as unknown as Plan;
const asked = (was: RecordedSettings | null, written: RecordedSettings) => {
  const record: AppliedRecord | null = was === null ? null : { ...sampleRecord(), settings: was };
  const rules = [...(was?.review.approvals ?? []), ...(written.review.approvals ?? [])];
  return findAskedOfPlan({ rules, owners: [], plan, steps: [], record }, written).map(({ by, because }) => [
    by,
    because,
  ]);
};

const byThird: ApprovalRule = { above: 100_000, by: ['@third'] };
const byOwner: ApprovalRule = { owner: true };
const owners = { 'workspace/a': '@ada', 'workspace/b': '@bob' };

test('a rule that stays or comes asks nobody by itself, and one that goes asks those whom it names', () => {
  expect(asked(settingsOf([byThird]), settingsOf([byThird]))).toEqual([]);
  expect(asked(settingsOf([]), settingsOf([byThird]))).toEqual([]);
  expect(asked(null, settingsOf([byThird]))).toEqual([]);
  expect(asked(settingsOf([byThird]), settingsOf([]))).toEqual([
    [['@third'], ['the rule above $1,000 per 30 days: by @third']],
  ]);
});

test('the rule of owners goes on the word of all of them, and an owner on their own', () => {
  expect(asked(settingsOf([byOwner], owners), settingsOf([byOwner], owners))).toEqual([]);
  expect(asked(settingsOf([byOwner], owners), settingsOf([byOwner], { ...owners, 'workspace/b': '@eve' }))).toEqual([
    [['@bob'], ['another owner of workspace/b']],
  ]);
  expect(asked(settingsOf([byOwner], owners), settingsOf([], owners)).map(([by]) => by)).toEqual([['@ada'], ['@bob']]);
});

test('an owner in the place of another one asks who answered until then', () => {
  const own = (more: Record<string, string>) =>
    asked(settingsOf([byOwner], owners), settingsOf([byOwner], { ...owners, ...more }));
  expect(own({ 'usage-policy/a/total': '@eve' })).toEqual([[['@ada'], ['another owner of usage-policy/a/total']]]);
  expect(own({ 'usage-policy/a/total': '@ada' })).toEqual([]);
  expect(own({ 'usage-policy/c/total': '@eve', 'workspace/c': '@eve' })).toEqual([]);
  expect(own({ 'provider-limits/-/shared': '@eve' })).toEqual([]);
});
