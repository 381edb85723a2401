/** `review.approvals` over what a plan changes: who has to have approved each part of it. Pure. */

import { compare, type Exact, exactOf, fromText } from '../exact.ts';
import type { CommittedImpact, Impact } from '../impact/document.ts';
import { formatExact } from '../impact/money.ts';
import type { AppliedRecord, RecordedUntil } from '../plan/applied-record.ts';
import { changeId } from '../plan/make-change.ts';
import { keyOfStep } from '../plan/next-record.ts';
import { type Owners, ownerOf } from '../plan/owners.ts';
import type { Plan, RecordStep } from '../plan/types.ts';
import { isOfKind } from '../resources/approval-rules.ts';
import { toFields } from '../resources/fields.ts';
import type { ApprovalRule } from '../resources/review-settings.ts';
import type { Fields, FieldValue, Kind, ResourceKey } from '../resources/types.ts';
import { type DatedSides, isAbove, mostOf, risesOf, type Spendable } from './amounts.ts';
import type { ReviewedItem } from './reviewed-item.ts';

/** One of them has to have approved what moved it last, part by part. */
export interface Requirement {
  /** `@login` and `@org/team`. */
  readonly by: readonly string[];
  /** In words. */
  readonly because: string;
  /** Only what bears on it is asked about. */
  readonly isAbout: (part: string) => boolean;
}

export interface RequirementInput {
  /** In force: those of the record, and those that the files say. */
  readonly rules: readonly ApprovalRule[];
  readonly owners: readonly Owners[];
  /** With its impact. */
  readonly plan: Plan;
  readonly steps: readonly RecordStep[];
  /** Null: there is none. */
  readonly record: AppliedRecord | null;
}

/** Of changes, of steps without one, and of record lines. What is not here needs nobody beside a review. */
export function findRequirements(input: RequirementInput): ReadonlyMap<ReviewedItem, readonly Requirement[]> {
  const found = new Map<ReviewedItem, readonly Requirement[]>();
  if (input.rules.length === 0) return found;
  const add = (item: ReviewedItem, subject: Subject): void => {
    const requirements = requirementsFor(input, subject);
    if (requirements.length > 0) found.set(item, requirements);
  };
  const { plan, steps } = input;
  const byChange = new Map(steps.flatMap((step) => (step.changeId === null ? [] : [[step.changeId, step] as const])));
  for (const change of plan.changes) {
    const step = byChange.get(change.id);
    const before = step?.previous?.fields ?? change.before;
    add(change, {
      key: change.key,
      workspaceId: change.workspaceId,
      step,
      before: sidesOf(before, step?.previous?.until),
      after: sidesOf(change.entry?.fields ?? null, change.entry?.until),
    });
  }
  const byKey = new Map<string, Subject>();
  for (const step of steps) {
    const key = keyOfStep(step);
    if (key === null) continue;
    const { workspaceId, previous, next } = step;
    const subject: Subject = {
      ...{ key, workspaceId, step },
      before: sidesOf(previous?.fields ?? null, previous?.until),
      after: sidesOf(next?.fields ?? null, next?.until),
    };
    byKey.set(changeId(key), subject);
    if (step.changeId === null && step.kept !== true && next !== previous) add(step, subject);
  }
  for (const line of plan.recordLines) {
    const subject = line.key === null ? undefined : byKey.get(changeId(line.key));
    if (subject !== undefined) add(line, subject);
  }
  return found;
}

interface Subject {
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  readonly step: RecordStep | undefined;
  /** Of the record, else live. */
  readonly before: DatedSides;
  readonly after: DatedSides;
}

function sidesOf(fields: Fields | null, until: Pick<RecordedUntil, 'date' | 'later'> | undefined): DatedSides {
  if (fields === null || until === undefined) return { now: fields, until: null };
  const { date, later } = until;
  const moved = Object.entries({ ...fields, ...(later === 'none' ? {} : later) }) as [string, FieldValue][];
  const other = later === 'none' ? null : toFields(moved.filter(([, value]) => value !== null));
  return { now: fields, until: { date, other } };
}

function requirementsFor(input: RequirementInput, subject: Subject): Requirement[] {
  const { key } = subject;
  return input.rules.flatMap((rule): Requirement[] => {
    if (!isOfKind(rule.kind, key.kind)) return [];
    const rise = rule.above === undefined ? null : describeRise(input.plan.impact, subject, exactOf(rule.above));
    if (rule.above !== undefined && rise === null) return [];
    const isAbout = rule.above === undefined ? () => true : isAboutMoney;
    const because =
      rise ?? (rule.owner === true ? `owner of ${key.workspace ?? key.name}` : (rule.kind ?? 'everything'));
    if (rule.owner !== true) return [{ by: rule.by ?? [], because, isAbout }];
    return ownersFor(input, subject).map((owner) => ({ by: [owner], because, isAbout }));
  });
}

/** By each set of owners for itself: who is new and who was are both asked. */
function ownersFor({ owners, record }: RequirementInput, { key, workspaceId, step }: Subject): readonly string[] {
  const before = record?.workspaces.find(({ id }) => id === workspaceId)?.slug ?? null;
  const refs = [...new Set([key.workspace, workspaceId, before])];
  const names = [...new Set([key.name, step?.previous?.name ?? key.name])];
  const keys = refs.flatMap((workspace) => names.map((name) => ({ ...key, workspace, name })));
  const isOfStar = step?.next?.viaStar === true || step?.previous?.viaStar === true;
  const ofStar = isOfStar ? refs.map((workspace) => ({ ...key, workspace, name: '*' })) : [];
  return [...new Set(owners.flatMap((set) => ownerOf(set, [keys, ofStar], refs)))];
}

/** `search: $1,500 > $1,000 per 30 days`; null: it does not rise above. */
function describeRise(impact: Impact | null, subject: Subject, above: Exact): string | null {
  const { key, before, after } = subject;
  const amount = risesOf(key.kind, before, after);
  if (amount === null) return null;
  if (key.kind === 'integration-prices') return `prices of ${key.name}: a dollar buys more, by nobody knows how much`;
  if (isAbove(amount, above)) return describeAbove([key.workspace, key.name].filter(Boolean).join('/'), amount, above);
  if (key.workspace === null) return null;
  if (impact === null) return isAsLive(subject) ? null : `${key.workspace}: what may be spent is unknown`;
  const whole = impact.workspaces.find(({ workspace }) => workspace === key.workspace);
  // None of its limits of money moves.
  if (whole === undefined) return null;
  const rises = sidesOfSpend(whole).flatMap(
    ({ before: from, after: to }) => risesInAll(from, to, before.now === null) ?? [],
  );
  const total = mostOf(rises);
  return total !== null && isAbove(total, above) ? describeAbove(key.workspace, total, above) : null;
}

/** Adopted as it is, without a date: what may be spent stays what it was. */
function isAsLive({ step, before, after }: Subject): boolean {
  return step?.changeId === null && before.now === null && after.until === null;
}

/** Now and on each day of an `until`. A return that is due was judged with its date: then today is what it is beside that. */
function sidesOfSpend({
  before,
  after,
  days = [],
  recorded,
}: Impact['workspaces'][number]): readonly Pick<Impact['workspaces'][number], 'before' | 'after'>[] {
  const isDue = days.some(({ is_due = false }) => is_due);
  const sides = isDue ? days : [{ before, after }, ...days];
  return recorded === undefined ? sides : sides.flatMap((side) => [side, { before: recorded, after: side.after }]);
}

/** @param isNew a limit that was not there before: where nothing bounds all of it, there is one bound more */
function risesInAll(before: CommittedImpact, after: CommittedImpact, isNew: boolean): Spendable | null {
  if (after.kind !== 'bounded' || after.cents === null)
    return isNew && before.kind === 'unbounded' ? null : 'unbounded';
  const to = fromText(after.cents);
  if (before.kind === 'unbounded') return null;
  if (before.cents !== null && compare(to, fromText(before.cents)) <= 0) return null;
  return to;
}

function describeAbove(what: string, amount: Spendable, above: Exact): string {
  const shown = amount === 'unbounded' ? 'unbounded' : formatExact(amount, 'cost');
  return `${what}: ${shown} > ${formatExact(above, 'cost')} per 30 days`;
}

const words = /^(?:description|recipients|alert|alerts|protect|expires|rate)(?:$|[[.])/;

/** What says how much may be spent by whom; a description that somebody else moved later does not. */
function isAboutMoney(part: string): boolean {
  return !words.test(part);
}

/** What defaults and `"*"` say for whoever comes later, without a resource that shows it so far. */
export function requirementsOfTemplate(
  { rules, owners }: Pick<RequirementInput, 'rules' | 'owners'>,
  named: { readonly kind: Kind; readonly workspace: string | null; readonly name: string; readonly what: string },
  before: DatedSides,
  after: DatedSides,
): Requirement[] {
  const { kind, workspace, what } = named;
  const amount = risesOf(kind, before, after);
  return rules.flatMap((rule): Requirement[] => {
    if (!isOfKind(rule.kind, kind)) return [];
    const above = rule.above === undefined ? null : exactOf(rule.above);
    if (above !== null && (amount === null || !isAbove(amount, above))) return [];
    const because = above === null || amount === null ? (rule.kind ?? what) : describeAbove(what, amount, above);
    const isAbout = above === null ? () => true : isAboutMoney;
    if (rule.owner !== true) return [{ by: rule.by ?? [], because, isAbout }];
    const names = owners.flatMap((set) => ownerOf(set, [[{ ...named }]], [workspace]));
    return [...new Set(names)].map((owner) => ({ by: [owner], because: `owner of ${workspace}`, isAbout }));
  });
}
