/**
 * Whom changes still wait for, by `review.approvals`: beside a review that counts, each rule that matches has to have somebody
 * of its own among those who approved what moved it last. Pure, but for the question who is in a team.
 */

import type { GitHub } from '../github/port.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { reviewedCommitOf, settingsCommitOf } from '../plan/next-record.ts';
import type { Change, RecordLine, RecordStep } from '../plan/types.ts';
import { describeRule } from '../resources/approval-rules.ts';
import {
  describeGroup,
  groupKeys,
  ownerPrefix,
  ownersAt,
  ruleOfPart,
  type Statement,
  sidesOfGroup,
  templateOf,
} from './atoms.ts';
import type { Windows } from './read-windows.ts';
import { anotherOwner, askedOfOwner, findReplaced, movesOwner } from './replaced-owners.ts';
import { isSameValue, partOf, partsOfGroup } from './request.ts';
import { findRequirements, type Requirement, type RequirementInput, requirementsOfTemplate } from './requirements.ts';
import type { ReviewedChanges, Unreviewed } from './review-changes.ts';
import { type ApprovalWindow, type GroupsVerdict, judgeGroups, type Settled, type Stretch } from './reviewed.ts';
import { describeItem, isLine, isStep, type ReviewedItem } from './reviewed-item.ts';
import { isOneOf, problemsOf, readTeams, type Teams } from './teams.ts';

/** Somebody of these has not approved something yet. */
export interface Wait {
  /** What it is about: a change's id, or words. */
  readonly what: string;
  readonly by: readonly string[];
  readonly because: string;
  /** Where they have to approve; null: no pull request is known, so that somebody of them has to start a run. */
  readonly stretch: Stretch | null;
}

export interface Waits {
  readonly of: ReadonlyMap<ReviewedItem, readonly Wait[]>;
  /** Of what has no item: what comes only later, such as a default. */
  readonly others: readonly Wait[];
  /** About rules that the files no longer say and the record never held: nothing else would ask about what they matched. */
  readonly forgotten: readonly Wait[];
  /** Those about which a rule asks, whether or not it is satisfied: they need a review where nothing else does. */
  readonly asked: ReadonlySet<ReviewedItem>;
  readonly teams: Teams;
}

interface WaitInput extends RequirementInput {
  readonly windows: Windows;
  readonly reviewed: ReviewedChanges;
  readonly record: AppliedRecord;
}

export async function findWaits(github: GitHub, input: WaitInput): Promise<Waits> {
  const requirements = new Map<ReviewedItem, readonly AskedAt[]>();
  for (const [item, found] of findRequirements(input)) {
    const verdict = input.reviewed.verdicts.get(item);
    if (verdict !== undefined) requirements.set(item, askAt(found, verdict));
  }
  const settings = askAboutSettings(input);
  for (const line of input.plan.recordLines) {
    if (line.key === null && line.why !== 'default' && settings.length > 0) requirements.set(line, settings);
  }
  const templates = askAboutTemplates(input);
  const all = [...[...requirements.values()].flat(), ...settings, ...templates.flatMap(({ asked }) => asked)];
  const teams = await readTeams(
    github,
    all.flatMap(({ by }) => by),
  );
  const isUnmet = ({ by, stretch }: AskedAt): boolean => !isOneOf(by, approversOf(input.windows, stretch), teams);
  const waitsOf = (what: string, asked: readonly AskedAt[]): Wait[] =>
    asked.filter(isUnmet).map(({ by, because, stretch }) => ({ what, by, because, stretch }));
  const of = new Map<ReviewedItem, readonly Wait[]>();
  for (const [item, asked] of requirements) {
    const waits = waitsOf(describeItem(item), asked);
    if (waits.length > 0) of.set(item, waits);
  }
  const forgotten = waitsOf(
    'settings',
    settings.filter(({ isForgotten }) => isForgotten === true),
  );
  const others = templates.flatMap(({ what, asked }) => waitsOf(what, asked));
  const asked = new Set([...requirements].flatMap(([item, { length }]) => (length > 0 ? [item] : [])));
  return { of, others, forgotten, asked, teams };
}

/** Of a plan without a record to tell who moved what since when: everything that a rule matches waits. */
export async function findWaitsOfAll(
  github: GitHub,
  input: RequirementInput,
): Promise<Pick<Waits, 'teams'> & { readonly all: readonly Wait[] }> {
  const all = [...findRequirements(input)].flatMap(([item, requirements]) =>
    requirements.map(({ by, because }): Wait => ({ what: describeItem(item), by, because, stretch: null })),
  );
  return {
    all,
    teams: await readTeams(
      github,
      all.flatMap(({ by }) => by),
    ),
  };
}

interface AskedAt {
  readonly by: readonly string[];
  readonly because: string;
  readonly stretch: Stretch | null;
  readonly isForgotten?: boolean;
}

/** Each requirement at each stretch that moved last what it is about. */
function askAt(requirements: readonly Requirement[], verdict: GroupsVerdict | null): readonly AskedAt[] {
  return requirements.flatMap(({ by, because, isAbout }): AskedAt[] => {
    if (verdict === null) return [{ by, because, stretch: null }];
    const about = verdict.settled.filter(({ part }: Settled) => isAbout(part));
    return [...new Set(about.map(({ stretch }) => stretch))].map((stretch) => ({ by, because, stretch }));
  });
}

function approversOf(windows: Windows, stretch: Stretch | null): readonly string[] {
  const merged = windows.pulls.find(({ pull }) => pull.number === stretch?.pull);
  return merged?.approval.approvals.flatMap(({ author }) => author?.login ?? []) ?? [];
}

/**
 * A rule is taken away, and an owner becomes another one, on the word of those whom it names. Of all commits since the last
 * apply, and not of the record alone: a sealed record stays sealed when somebody puts it back by force.
 */
function askAboutSettings(input: WaitInput): readonly AskedAt[] {
  const { stretches = [] } = input.windows.from(settingsCommitOf(input.record)) ?? {};
  const [first, last] = [stretches[0]?.before, stretches.at(-1)?.after];
  if (first === undefined || last === undefined) return [];
  const statements = [first, ...stretches.map(({ after }) => after)];
  const valueAt = (statement: Statement, part: string) => partOf(statement, groupKeys.settings, part);
  const isOwner = (part: string) => part.startsWith(ownerPrefix);
  const parts = partsOfGroup(statements, groupKeys.settings).filter(
    (part) => isOwner(part) || ruleOfPart(part) !== null,
  );
  const owners = parts.filter(isOwner).flatMap((part) => statements.flatMap((one) => ownersAt(one, part) ?? []));
  const ofParts = parts.flatMap((part) => {
    const now = valueAt(last, part);
    const isMoved = ({ before, after }: Stretch) => !isSameValue(valueAt(before, part), valueAt(after, part));
    const stretch = stretches.findLast(isMoved) ?? null;
    if (isOwner(part)) return askedOfOwner(part, statements).map((asked) => ({ ...asked, stretch }));
    const earlier = new Set(statements.map((one) => valueAt(one, part)).filter((was) => !isSameValue(was, now)));
    return [...earlier].flatMap((was) => {
      const isForgotten = !isSameValue(was, valueAt(first, part));
      return askedOfSetting(part, was, owners).map((asked) => ({ ...asked, stretch, isForgotten }));
    });
  });
  const ofReplaced = findReplaced(input.record, input.owners).map(({ key, by, because }): AskedAt => {
    return { by, because, stretch: stretches.findLast((one) => movesOwner(one, key)) ?? null };
  });
  return [...ofParts, ...ofReplaced];
}

/**
 * @param before as it is in force; undefined: it is not. What comes is stricter, and is in force already
 * @param owners all whom the owners' rule asks
 */
export function askedOfSetting(
  part: string,
  before: unknown,
  owners: readonly string[],
): readonly Pick<Requirement, 'by' | 'because'>[] {
  if (before === undefined) return [];
  if (part.startsWith(ownerPrefix)) {
    return [{ by: typeof before === 'string' ? [before] : [], because: anotherOwner }];
  }
  const rule = ruleOfPart(part);
  if (rule === null) return [];
  const because = `the rule ${describeRule(rule)}`;
  const named = rule.owner === true ? [...new Set(owners)].map((owner) => [owner]) : [rule.by ?? []];
  return named.map((by) => ({ by, because }));
}

/** Defaults and `"*"` give to whoever comes later what nobody is asked about then. */
function askAboutTemplates(input: WaitInput): { readonly what: string; readonly asked: readonly AskedAt[] }[] {
  if (input.rules.length === 0) return [];
  const window: ApprovalWindow | null = input.windows.from(reviewedCommitOf(input.record));
  const [first, last] = [window?.stretches[0]?.before, window?.stretches.at(-1)?.after];
  if (window === null || first === undefined || last === undefined) return [];
  const groups = new Set([...first.groups.keys(), ...last.groups.keys()]);
  return [...groups].flatMap((group) => {
    const template = templateOf(group);
    if (template === null) return [];
    const verdict = judgeGroups(window, [group]);
    if (verdict.settled.length === 0) return [];
    const sidesAt = (statement: typeof first) => sidesOfGroup(statement.groups.get(group) ?? {});
    const what = describeGroup(group);
    const found = requirementsOfTemplate(input, { ...template, what }, sidesAt(first), sidesAt(last));
    return [{ what, asked: askAt(found, verdict) }];
  });
}

/** `waits for @org/finance (search: $1,500 > $1,000 per 30 days), on pull request #3`. */
export function describeWait({ by, because, stretch }: Wait, teams: Teams): string {
  const where =
    stretch === null
      ? ''
      : stretch.pull === null
        ? `, and commit ${stretch.commits.at(-1)?.slice(0, 8)} belongs to no merged pull request`
        : ` on pull request #${stretch.pull}`;
  const problems = problemsOf(by, teams).map((problem) => `; ${problem}`);
  return `waits for ${by.length === 0 ? 'nobody who can be asked' : by.join(' or ')}${where} (${because})${problems.join('')}`;
}

export interface Held {
  readonly changes: readonly Change[];
  readonly owed: readonly Unreviewed<Change>[];
  readonly heldLines: readonly Unreviewed<RecordLine>[];
  readonly heldSteps: ReadonlySet<RecordStep>;
  readonly isHeldBack: boolean;
}

/** What is not applied: without a review, where one is compulsory, or for want of somebody whom a rule names. */
export function holdUnmet(reviewed: ReviewedChanges, waits: Waits, isCompulsory: boolean): Held {
  const { of, asked, teams } = waits;
  const needsReview = (item: ReviewedItem): boolean => isCompulsory || asked.has(item);
  const owedOf = new Map(reviewed.owed.map(({ item, reasons }) => [item, reasons]));
  const heldOf = new Map(reviewed.heldLines.map(({ item, reasons }) => [item, reasons]));
  const reasonsFor = (item: ReviewedItem, base: readonly string[]): readonly string[] => [
    ...new Set([...(needsReview(item) ? base : []), ...(of.get(item) ?? []).map((wait) => describeWait(wait, teams))]),
  ];
  const all = [...reviewed.changes, ...owedOf.keys()];
  const owed = all.flatMap((item): Unreviewed<Change>[] => {
    const reasons = reasonsFor(item, owedOf.get(item) ?? []);
    return reasons.length === 0 ? [] : [{ item, reasons }];
  });
  const lines = new Set<RecordLine>([...heldOf.keys(), ...[...of.keys()].filter(isLine)]);
  const heldLines = [...lines].flatMap((item): Unreviewed<RecordLine>[] => {
    const reasons = reasonsFor(item, heldOf.get(item) ?? []);
    return reasons.length === 0 ? [] : [{ item, reasons }];
  });
  const steps = new Set([...[...reviewed.heldSteps].filter(needsReview), ...[...of.keys()].filter(isStep)]);
  const out = new Set(owed.map(({ item }) => item));
  return {
    changes: all.filter((item) => !out.has(item)),
    owed,
    heldLines,
    heldSteps: steps,
    isHeldBack: isCompulsory
      ? reviewed.isHeldBack || of.size > 0 || waits.others.length > 0
      : owed.length + heldLines.length + steps.size + waits.others.length > 0,
  };
}
