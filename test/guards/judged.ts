/** Plans as guards see them: so many policies in each of two workspaces, then other files. */

import { budgetRows, budgetsFile, parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

export interface ShownViolation {
  readonly guard: string;
  readonly count: number;
  readonly details: readonly string[];
  readonly severity: 'error' | 'warning';
  readonly allow: string | null;
  readonly lifted: boolean;
}

export type Budgets = Readonly<Record<string, number>>;

/** `p<from>` … of the same amount. */
export function budgets(count: number, amount = 100, from = 1): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${from + index}`, amount]));
}

/** All but the first so many. */
export function without(all: Budgets, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(all).slice(count));
}

/** The first so many at another amount. */
export function changed(all: Budgets, count: number, amount = 90): Record<string, number> {
  return Object.fromEntries(Object.entries(all).map(([name, old], index) => [name, index < count ? amount : old]));
}

export function twoFiles(a: Budgets, b: Budgets, review = ''): Record<string, string> {
  return {
    'org.yaml': orgFile(review),
    'a.yaml': budgetsFile(a),
    'b.yaml': budgetsFile(b, 'ws-team-b'),
  };
}

/** Both live as declared, adopted and recorded; `review` is in force. */
export async function startJudged(a: Budgets, b: Budgets, review = ''): Promise<Rig> {
  const rowsOfB = budgetRows(b, teamB).map((row) => ({ ...row, id: row.id.replace('4000', '4001') }));
  const rig = await startRig({
    state: smallState({ usagePolicies: [...budgetRows(a, teamA), ...rowsOfB] }),
    files: twoFiles(a, b, review),
  });
  await succeed(rig.apply());
  rig.emulator.requests.clear();
  return rig;
}

export function violationsOf(ran: Ran): ShownViolation[] {
  return parseOutput(ran).violations as ShownViolation[];
}

const overImpact = new Set(['blocks-now', 'spend-up', 'counter-reset', 'impact-unknown']);

/** By the guards that count limits; those over people and money have a test of their own (impact.test.ts). */
export async function judge(rig: Rig, allow: readonly string[] = []): Promise<ShownViolation[]> {
  const violations = violationsOf(await rig.plan({ format: 'json', allow }));
  return violations.filter(({ guard }) => !overImpact.has(guard));
}

export function digestIn(ran: Ran): string {
  return parseOutput(ran).digest as string;
}
