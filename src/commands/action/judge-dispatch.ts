/** `workflow_dispatch` with `approve`: the word of the person who starts it, for one plan and once. */

import { mayWrite } from '../../approvals/approved.ts';
import type { Windows } from '../../approvals/read-windows.ts';
import type { ReviewedChanges } from '../../approvals/review-changes.ts';
import type { Stretch } from '../../approvals/reviewed.ts';
import { UserError } from '../../errors.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import type { Account, GitHub, WorkflowRun } from '../../github/port.ts';
import { judgePlan } from '../../guards/judge.ts';
import type { Lift } from '../../plan/applied-record.ts';
import { guardInputOf, type Judged } from '../../run/judge.ts';
import { judgePlanOf } from './judge-merge.ts';
import type { ReviewOfFiles } from './read-review.ts';
import { findUnnamed } from './rules-of-dispatch.ts';
import type { Ruling } from './ruling.ts';
import type { ActionRun } from './types.ts';

export async function judgeDispatch(run: ActionRun, prepared: Judged, review: ReviewOfFiles | null): Promise<Ruling> {
  const { plan, settings } = prepared;
  const approve = digestOfDispatch(run) ?? '';
  if (!/^[0-9a-f]{32,64}$/.test(approve)) {
    const name = run.inputs.approve === null ? 'revert-drift' : 'approve';
    return refuse(
      `input ${name}: "${approve}" is not the digest of a plan: write its 32 hex digits or more`,
      exitCodes.invalid,
    );
  }
  if (!plan.digest.startsWith(approve)) {
    const now = `the plan has digest ${plan.digest.slice(0, 32)}, and ${approve.slice(0, 32)} was approved`;
    return refuse(
      `not applied: ${now}. To apply the plan as it stands now, run the workflow by hand with approve: ${plan.digest.slice(0, 32)}`,
      exitCodes.stale,
    );
  }
  const { github } = run;
  if (github === null) return refuse('not applied: without a token nobody can tell who started this run');
  const isAlone = review?.isAlone ?? settings.alone;
  const starters = await readStarters(run, github, prepared.settled);
  const problem = starters.problem ?? (await findProblem(github, run, starters.people, review));
  if (problem !== null)
    return refuse(`not applied: ${problem}`, starters.isSpent ? exitCodes.stale : exitCodes.refused);
  const unnamed = await findUnnamed(github, prepared, starters.people, review);
  if (unnamed !== null) return refuse(`not applied: ${unnamed}`);
  return allowWith(run, prepared, starters.people, review, isAlone);
}

/** Everything that a dispatch is a word for: who had a part in it, and what of it nobody else has said yes to. */
export interface DispatchCoverage {
  readonly windows: Pick<Windows, 'pulls'>;
  readonly reviewed: Pick<ReviewedChanges, 'lacking' | 'isUntraced'>;
  /** `review.alone` in force: the author counts. */
  readonly isAlone: boolean;
}

/**
 * Why those who started a run may not say yes to what it covers; null: they may.
 *
 * @param covered null where no record tells since when: that is for an administrator
 */
export async function findProblem(
  github: GitHub,
  run: ActionRun,
  people: readonly (Account | null)[],
  covered: DispatchCoverage | null,
): Promise<string | null> {
  const stranger = await findStranger(github, people, whyUntraced(covered));
  if (stranger !== null || covered === null || covered.isAlone) return stranger;
  return findPart(github, run, people, covered);
}

export interface Starters {
  /** Who started the run, and who started it again. */
  readonly people: readonly (Account | null)[];
  /** Why they say nothing, whoever they are. */
  readonly problem: string | null;
  /** An apply has come after it. */
  readonly isSpent: boolean;
}

/** @param settled what was applied last */
export async function readStarters(run: ActionRun, github: GitHub, settled: Judged['settled']): Promise<Starters> {
  const facts = await github.readRun(run.runNumber);
  if (facts === null) {
    const problem = 'who started this run cannot be read; the job needs `actions: read`';
    return { people: [], problem, isSpent: false };
  }
  const problem = findSpent(run, settled, facts);
  return { people: [facts.actor, facts.triggeringActor], problem, isSpent: problem !== null };
}

/** The digest that a dispatch names; null: it says nothing of a plan. */
export function digestOfDispatch({ event, inputs }: ActionRun): string | null {
  return event.context.kind === 'dispatch' ? (inputs.approve ?? inputs.revertDrift) : null;
}

/** Who takes over a claim is somebody who may write; what is applied after that needs the words that it always needs. */
export async function checkTakeOver({ github, inputs, runNumber }: ActionRun): Promise<string | undefined> {
  const { takeOver } = inputs;
  if (takeOver === null) return undefined;
  const facts = await github?.readRun(runNumber);
  const problem =
    github === null || facts == null
      ? 'who started this run cannot be read; the job needs `actions: read`'
      : await findStranger(github, [facts.actor, facts.triggeringActor], null);
  if (problem !== null) throw new UserError(`input take-over: ${takeOver}: ${problem}`, { exit: 'refused' });
  const [, id, attempt] = /^github:(\d+)\.(\d+)$/.exec(takeOver) ?? [];
  if (id !== undefined && (await github?.hasRunEnded(Number(id), Number(attempt))) === false) {
    throw new UserError(`input take-over: ${takeOver}: that run is still under way`, {
      exit: 'stale',
      hint: 'Cancel it first, or wait for it.',
    });
  }
  return takeOver;
}

function refuse(message: string, exit: ExitCode = exitCodes.refused): Ruling {
  return { verdict: null, refusal: { exit, message }, owed: [], lines: [], ways: null };
}

/** A word that was spoken before the last apply was about another state, even where the plan looks the same again. */
function findSpent({ runNumber }: ActionRun, settled: Judged['settled'], { createdAt }: WorkflowRun): string | null {
  if (settled === null || settled.run.startsWith(`github:${runNumber}.`)) return null;
  if (Date.parse(settled.appliedAt) < Date.parse(createdAt)) return null;
  return `this run was started on ${createdAt}, and ${settled.run} has been applied since: its word is spent. Start a new one`;
}

/** Why nobody can tell who had a part in what is planned; null: everybody can. Then only an administrator says yes. */
function whyUntraced(covered: Pick<DispatchCoverage, 'reviewed'> | null): string | null {
  if (covered === null) return 'no applied record tells since when what was reviewed';
  return covered.reviewed.isUntraced
    ? 'what was applied last is not in the history of the default branch, so that nobody can tell who made what came since'
    : null;
}

/**
 * Who may not say yes at all; null: all of them may.
 *
 * @param untraced why only an administrator may; null: whoever may write to the repository
 */
async function findStranger(
  github: GitHub,
  people: readonly (Account | null)[],
  untraced: string | null,
): Promise<string | null> {
  for (const person of uniquePeople(people)) {
    if (person === null) return 'who started this run is not known';
    if (person.isBot) return `${person.login} is a bot, and a person has to approve`;
    const permission = await github.readPermission(person.login);
    if (untraced !== null && permission !== 'admin') {
      return `${untraced}, and ${person.login} is not an administrator of the repository`;
    }
    if (!mayWrite(permission)) return `${person.login} may not write to the repository`;
  }
  return null;
}

function uniquePeople(people: readonly (Account | null)[]): readonly (Account | null)[] {
  return people.filter((person, index) => people.findIndex((other) => other?.login === person?.login) === index);
}

/** Somebody who had a part in what was not reviewed otherwise cannot review it by starting a run. */
async function findPart(
  github: GitHub,
  run: ActionRun,
  people: readonly (Account | null)[],
  { windows, reviewed }: DispatchCoverage,
): Promise<string | null> {
  const logins = people.flatMap((person) => person?.login.toLowerCase() ?? []);
  const covered = run.inputs.allow.length > 0 ? null : new Set(reviewed.lacking.flatMap(({ pull }) => pull ?? []));
  for (const { pull, partTakers, approval } of windows.pulls) {
    if (covered !== null && !covered.has(pull.number)) continue;
    const own = logins.find((login) => partTakers.people.has(login));
    if (own !== undefined) return `${own} had a part in pull request #${pull.number}: somebody else has to approve it`;
    const others = approval.approvals.filter(({ author }) => !logins.includes(author?.login.toLowerCase() ?? ''));
    if (partTakers.doubt !== null && others.length === 0) {
      return `pull request #${pull.number} needs two approvals, as ${partTakers.doubt}: an approving review by somebody else is missing`;
    }
  }
  const byHand = reviewed.lacking.filter(({ pull }) => pull === null);
  return byHand.length === 0 ? null : findPusher(github, run, logins, byHand);
}

async function findPusher(
  github: GitHub,
  { event }: ActionRun,
  logins: readonly string[],
  stretches: readonly Stretch[],
): Promise<string | null> {
  const pushes = event.defaultBranch === null ? null : await github.listPushes(`refs/heads/${event.defaultBranch}`);
  for (const { commits } of stretches) {
    const commit = commits.at(-1) ?? '';
    const push = pushes?.find(({ after }) => after === commit);
    const what = `commit ${commit.slice(0, 8)}, which belongs to no pull request`;
    if (push === undefined || push.actor === null)
      return `who pushed ${what}, cannot be read: have it reviewed in a pull request`;
    if (logins.includes(push.actor.login.toLowerCase()))
      return `${push.actor.login} pushed ${what}: somebody else has to approve it`;
  }
  return null;
}

function allowWith(
  run: ActionRun,
  prepared: Judged,
  people: readonly (Account | null)[],
  review: ReviewOfFiles | null,
  isAlone: boolean,
): Ruling {
  const { steps } = prepared;
  const judged = review === null ? judgeFirst(prepared) : judgePlanOf(prepared, review, null);
  const by = people.at(-1)?.login ?? '';
  const at = new Date(run.session.clock.now()).toISOString();
  const said = { by, at, where: run.runUrl };
  const own = judged.plan.violations.flatMap(({ lift }): Lift[] => (lift === undefined ? [] : [{ ...lift, ...said }]));
  const { plan, lifts, lines } = judged;
  const verdict = {
    plan,
    approval: null,
    steps,
    way: 'dispatch' as const,
    isUnreviewed: whyUntraced(review) !== null || isAlone,
  };
  return { verdict: { ...verdict, lifts: [...own, ...lifts] }, refusal: null, owed: [], lines, ways: null };
}

function judgeFirst(prepared: Judged) {
  return { plan: { ...prepared.plan, violations: judgePlan(guardInputOf(prepared)) }, lifts: [], lines: [] };
}
