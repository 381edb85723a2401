/** A plan against the windows of approval: which changes and record lines were reviewed, and what the others lack. */

import type { AppliedRecord } from '../plan/applied-record.ts';
import { changeId } from '../plan/make-change.ts';
import { commitOf, keyOfStep, reviewedCommitOf, settingsCommitOf } from '../plan/next-record.ts';
import type { Change, Plan, RecordLine, RecordStep } from '../plan/types.ts';
import { specOf } from '../resources/registry.ts';
import type { Desired, Kind, ResourceKey } from '../resources/types.ts';
import { describeGroup, groupKeys } from './atoms.ts';
import type { Windows } from './read-windows.ts';
import type { Request } from './request.ts';
import { type ApprovalWindow, type GroupsVerdict, judgeGroups, type Owed, type Stretch } from './reviewed.ts';
import type { ReviewedItem } from './reviewed-item.ts';

export interface ReviewInput {
  readonly plan: Plan;
  readonly steps: readonly RecordStep[];
  readonly desired: Desired;
  /** Whose commits windows begin at: the record, or the last version of it that is sealed. */
  readonly record: AppliedRecord;
  readonly windows: Windows;
}

export interface Unreviewed<T> {
  readonly item: T;
  readonly reasons: readonly string[];
}

export interface ReviewedChanges {
  readonly changes: readonly Change[];
  readonly owed: readonly Unreviewed<Change>[];
  readonly heldLines: readonly Unreviewed<RecordLine>[];
  /** Steps whose resource keeps its entry: nobody said yes to what would stand there. */
  readonly heldSteps: ReadonlySet<RecordStep>;
  /** Pull requests without which a change would not be there, by the change's id. */
  readonly pullsOf: ReadonlyMap<string, readonly number[]>;
  /** The same of record lines. */
  readonly pullsOfLine: ReadonlyMap<RecordLine, readonly number[]>;
  /** What was judged of each change, step and line; null: what was applied last is in no history. */
  readonly verdicts: ReadonlyMap<ReviewedItem, GroupsVerdict | null>;
  /** Stretches that nobody's word covers, of all of it. */
  readonly lacking: readonly Stretch[];
  /** Something was applied from a commit that is not in the branch's history: who made what came since, nobody can tell. */
  readonly isUntraced: boolean;
  /** The files say what nobody reviewed, whether or not anything is planned for it. */
  readonly isHeldBack: boolean;
}

export function reviewChanges(input: ReviewInput): ReviewedChanges {
  const { plan, steps, record } = input;
  const byDate = new Set(
    plan.changes.flatMap(({ id, due, direction }) => (due === undefined || direction === 'tighten' ? [] : [id])),
  );
  const judge = new Judge(input, byDate);
  const byChange = new Map(steps.flatMap((step) => (step.changeId === null ? [] : [[step.changeId, step] as const])));
  const changes: Change[] = [];
  const owed: Unreviewed<Change>[] = [];
  const pullsOf = new Map<string, readonly number[]>();
  const heldSteps = new Set<RecordStep>();
  const lacking = new Set<Stretch>();
  const verdicts = new Map<ReviewedItem, GroupsVerdict | null>();
  for (const change of plan.changes) {
    const verdict = judge.judge(change.key, byChange.get(change.id));
    verdicts.set(change, verdict);
    pullsOf.set(change.id, pullsIn(verdict));
    if (verdict !== null && verdict.owed.length === 0) changes.push(change);
    else owed.push({ item: change, reasons: reasonsOf(verdict, record) });
    for (const { stretch } of verdict?.owed ?? []) lacking.add(stretch);
  }
  for (const step of steps) {
    if (step.changeId !== null) continue;
    const key = keyOfStep(step);
    if (key === null || step.next === step.previous) continue;
    const verdict = judge.judge(key, step);
    verdicts.set(step, verdict);
    if (verdict !== null && verdict.owed.length === 0) continue;
    heldSteps.add(step);
    for (const { stretch } of verdict?.owed ?? []) lacking.add(stretch);
  }
  const pullsOfLine = new Map<RecordLine, readonly number[]>();
  const heldLines = plan.recordLines.flatMap((line): Unreviewed<RecordLine>[] => {
    // Protection that comes is in force at once; a default that is another one now was written by nobody.
    if (line.action === 'protect' || line.why === 'default') return [];
    const verdict = line.key === null ? judge.judgeSettings() : judge.judge(line.key, judge.stepOf(line.key));
    verdicts.set(line, verdict);
    pullsOfLine.set(line, pullsIn(verdict));
    for (const { stretch } of verdict?.owed ?? []) lacking.add(stretch);
    return verdict !== null && verdict.owed.length === 0 ? [] : [{ item: line, reasons: reasonsOf(verdict, record) }];
  });
  return {
    changes,
    owed,
    heldLines,
    heldSteps,
    pullsOf,
    pullsOfLine,
    verdicts,
    lacking: [...lacking],
    isUntraced: judge.isUntraced,
    isHeldBack: judge.isHeldBack(),
  };
}

function pullsIn(verdict: GroupsVerdict | null): readonly number[] {
  return [...new Set(verdict?.movedBy.flatMap(({ pull }) => pull ?? []))];
}

/** Windows of what one resource comes from. */
interface OfResource {
  /** Of its own entry, which may have been recorded under another name. */
  readonly own: ApprovalWindow;
  /** Of the name that it has now. */
  readonly present: ApprovalWindow;
  /** Of what it inherits: that may have moved while it was named, or before it was there. */
  readonly whole: ApprovalWindow;
}

class Judge {
  readonly #input: ReviewInput;
  readonly #byDate: ReadonlySet<string>;
  readonly #steps: ReadonlyMap<string, RecordStep>;
  readonly #entries: ReadonlyMap<string, Desired['entries'][number]>;
  readonly #starts: ReadonlyMap<string, string | null>;
  readonly #verdicts = new Map<string, GroupsVerdict | null>();

  /** @param byDate changes that a date alone makes, and that give more than before */
  constructor(input: ReviewInput, byDate: ReadonlySet<string>) {
    this.#input = input;
    this.#byDate = byDate;
    this.#steps = new Map(
      input.steps.flatMap((step) =>
        [step.previous, step.next].flatMap((named) =>
          named === null ? [] : [[changeId({ ...named, workspace: step.workspaceSlug }), step] as const],
        ),
      ),
    );
    this.#entries = new Map(input.desired.entries.map((entry) => [changeId(entry), entry]));
    const { record } = input;
    this.#starts = new Map(
      record.workspaces.flatMap(({ slug, entries, absent = [] }) => [
        ...absent.map((absence) => [changeId({ ...absence, workspace: slug }), absence.commit] as const),
        ...entries.map((entry) => [changeId({ ...entry, workspace: slug }), commitOf(entry, record)] as const),
      ]),
    );
  }

  stepOf(key: ResourceKey): RecordStep | undefined {
    return this.#steps.get(changeId(key));
  }

  /** Of what was judged so far. */
  isUntraced = false;

  isHeldBack(): boolean {
    const window = this.#input.windows.from(reviewedCommitOf(this.#input.record));
    const statements = window?.stretches.flatMap(({ before, after }) => [before, after]) ?? [];
    const groups = new Set(statements.flatMap(({ groups }) => [...groups.keys()]));
    return window === null || judgeGroups(window, [...groups]).owed.length > 0;
  }

  judgeSettings(): GroupsVerdict | null {
    const window = this.#input.windows.from(settingsCommitOf(this.#input.record));
    this.isUntraced ||= window === null;
    return window === null ? null : judgeGroups(window, [groupKeys.settings, groupKeys.place]);
  }

  /** Null: what the record says was applied from is not in the branch's history. */
  judge(key: ResourceKey, step: RecordStep | undefined): GroupsVerdict | null {
    const id = changeId(key);
    const known = this.#verdicts.get(id);
    if (known !== undefined) return known;
    const { windows, record } = this.#input;
    const own = windows.from(this.#startOf(key, step?.previous?.name ?? key.name));
    // Under its present name it may have been asked for, and owed, before the other one went.
    const present = windows.from(this.#startOf(key, key.name));
    const all = windows.from(reviewedCommitOf(record));
    const isTraced = own !== null && present !== null && all !== null;
    this.isUntraced ||= !isTraced;
    const verdict = isTraced ? this.#judgeIn({ own, present, whole: longerOf(own, all) }, key, step) : null;
    this.#verdicts.set(id, verdict);
    return verdict;
  }

  #startOf(key: ResourceKey, name: string): string | null {
    const start = this.#starts.get(changeId({ ...key, name }));
    return start === undefined ? reviewedCommitOf(this.#input.record) : start;
  }

  #judgeIn({ own, present, whole }: OfResource, key: ResourceKey, step: RecordStep | undefined): GroupsVerdict {
    const workspaces =
      key.workspace === null ? [null] : [...new Set([key.workspace, step?.workspaceId ?? key.workspace])];
    const written = workspaces.flatMap((workspace) => this.#entries.get(changeId({ ...key, workspace })) ?? []);
    const before = [...new Set([step?.previous?.name, ...written.map(({ previously }) => previously)])].filter(
      (name) => name !== undefined && name !== key.name,
    ) as string[];
    const names = [key.name, ...before];
    const groups = [...new Set(workspaces.flatMap((workspace) => groupsOfResource(key.kind, workspace, names)))];
    const entries = (named: readonly string[]) =>
      named.flatMap((name) => workspaces.map((place) => groupKeys.entry(key.kind, place, name)));
    const [now, then] = [entries([key.name]), entries(before)];
    const inherited = groups.filter((group) => !now.includes(group) && !then.includes(group));
    const isMeant = meantFor(key.kind, names);
    const isByDate = this.#byDate.has(changeId(key));
    const judged = [
      judgeGroups(present, now, isMeant, isByDate),
      judgeGroups(own, then, isMeant, isByDate),
      judgeGroups(whole, inherited, isMeant, isByDate),
    ].reduce(joinVerdicts);
    const isDeclared = step !== undefined && step.next !== null && step.next !== step.previous;
    const verdict = isDeclared ? withoutUnseen(judged, longerOf(own, present), groups) : judged;
    return before.length === 0 ? verdict : withoutMixedMoves(verdict, own, key, workspaces, before);
  }
}

/** Whether a request moves anything that a resource comes from. */
export function isMovedBy(
  request: Request,
  key: ResourceKey,
  workspaceId: string | null,
  isAbout: (part: string) => boolean = () => true,
): boolean {
  const workspaces = key.workspace === null ? [null] : [key.workspace, workspaceId ?? key.workspace];
  const groups = new Set(workspaces.flatMap((workspace) => groupsOfResource(key.kind, workspace, [key.name])));
  const isMeant = meantFor(key.kind, [key.name]);
  return request.moves.some(({ group, part }) => groups.has(group) && isAbout(part) && isMeant(group, part));
}

/** Everything of the files that a resource can come from. */
export function groupsOfResource(kind: Kind, workspace: string | null, names: readonly string[]): string[] {
  const own = names.map((name) => groupKeys.entry(kind, workspace, name));
  if (workspace === null) return [...own, groupKeys.file(null)];
  const inherited =
    kind === 'key-limits'
      ? [groupKeys.entry(kind, workspace, '*'), groupKeys.default(kind, '*')]
      : names.map((name) => groupKeys.default(kind, name));
  return [...own, ...inherited, groupKeys.file(workspace), groupKeys.file(null)];
}

/** Of files as a whole only what bears on a resource of this kind and name. */
function meantFor(kind: Kind, names: readonly string[]): (group: string, part: string) => boolean {
  const skips = new Set((kind === 'key-limits' ? ['*'] : names).map((name) => `skip_defaults.${name}`));
  const { section } = specOf(kind);
  const forgets = (part: string): boolean =>
    part === `forget.${section}` ||
    (kind === 'workspace-limits' && part.startsWith(`forget.${section}/`)) ||
    names.some((name) => part === `forget.${section}/${name}` || part.startsWith(`forget.${section}/${name}/`));
  return (group, part) => {
    if (!group.startsWith('["file"')) return true;
    if (part === 'alerts') return kind === 'key-limits';
    // The organisation's file is always there; a workspace's makes defaults reach it.
    if (part === 'exists') return true;
    return skips.has(part) || forgets(part);
  };
}

/** Both end at the tip. */
function longerOf(a: ApprovalWindow, b: ApprovalWindow): ApprovalWindow {
  return b.stretches.length > a.stretches.length ? b : a;
}

function joinVerdicts(a: GroupsVerdict, b: GroupsVerdict): GroupsVerdict {
  return {
    movedBy: [...new Set([...a.movedBy, ...b.movedBy])],
    settled: [...a.settled, ...b.settled],
    owed: [...a.owed, ...b.owed],
  };
}

/** What the files declare is somewhere in them: where it is not found, nobody can tell who moved it. */
function withoutUnseen(verdict: GroupsVerdict, window: ApprovalWindow, groups: readonly string[]): GroupsVerdict {
  const stretch = window.stretches.at(-1);
  const isSeen = (group: string) => !group.startsWith('["file"') && stretch?.after.groups.has(group) === true;
  if (stretch === undefined || groups.some(isSeen)) return verdict;
  const unseen: Owed = { stretch, group: groups[0] ?? '', part: 'all of it', why: 'unreadable' };
  return { ...verdict, owed: [...verdict.owed, unseen] };
}

/** A resource that moves to another key beside somebody else's edit under the old one becomes what neither has seen. */
function withoutMixedMoves(
  verdict: GroupsVerdict,
  window: ApprovalWindow,
  key: ResourceKey,
  workspaces: readonly (string | null)[],
  before: readonly string[],
): GroupsVerdict {
  const of = (names: readonly string[]) =>
    workspaces.flatMap((workspace) => names.map((name) => groupKeys.entry(key.kind, workspace, name)));
  const [oldMoves, newMoves] = [of(before), of([key.name])].map((groups) => judgeGroups(window, groups).movedBy);
  const mixed = (newMoves ?? []).length === 0 ? [] : (oldMoves ?? []).filter((stretch) => !newMoves?.includes(stretch));
  const owed = mixed.map((stretch): Owed => {
    return { stretch, group: of(before)[0] ?? '', part: 'previously', why: 'other-than-asked' };
  });
  return { ...verdict, owed: [...verdict.owed, ...owed] };
}

function reasonsOf(verdict: GroupsVerdict | null, { commit }: AppliedRecord): string[] {
  if (verdict === null) {
    const what =
      commit === null
        ? 'the record names no commit'
        : `commit ${commit.slice(0, 8)}, applied last, is not in the default branch`;
    return [`${what}, so that nobody can tell who reviewed what came since`];
  }
  return [...new Set(verdict.owed.map(describeOwed))];
}

function describeOwed({ stretch, group, part, why }: Owed): string {
  const who = stretch.pull === null ? `commit ${stretch.commits.at(-1)?.slice(0, 8)}` : `pull request #${stretch.pull}`;
  switch (why) {
    case 'by-hand':
      return `${who} belongs to no merged pull request`;
    case 'not-approved':
      return `${who}: ${stretch.reason ?? 'it is not approved'}`;
    case 'unreadable':
      return `${who}: files there cannot be read`;
    case 'other-than-asked':
      return `${who} moved \`${part}\` of ${describeGroup(group)} otherwise than it asks for: others moved it meanwhile`;
  }
}
