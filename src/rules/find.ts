/** All rules over a set of facts → findings, each with the severity in force and the reason that silences it. */

import { compareText } from '../diagnostics.ts';
import { fillReview } from '../guards/review.ts';
import { changeId } from '../plan/make-change.ts';
import type { Scope } from '../plan/scope.ts';
import type { Change, Finding } from '../plan/types.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired, DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import { amountRules } from './amount-rules.ts';
import { conditionRules } from './condition-rules.ts';
import { configRules } from './config-rules.ts';
import { gatewayRules, gatewayTooOld, ignoresEndpointType, ignoresWeeklyRates } from './gateway-rules.ts';
import { groupRules } from './group-rules.ts';
import { integrationPriceFileRules, integrationPriceRules } from './integration-price-rules.ts';
import { keyRules } from './key-rules.ts';
import { createEntryLimits } from './limits.ts';
import { liveRules as stateRules } from './live-rules.ts';
import { matchRules, modelBySlug, perConfig, vendorCase } from './match-rules.ts';
import { nameRules } from './name-rules.ts';
import { overlapRules } from './overlap-rules.ts';
import { priceRules } from './price-rules.ts';
import { trafficRules } from './traffic-rules.ts';
import type { FileFacts, FileRule, FindingSubject, Given, LiveFacts, LiveRule, Rule } from './types.ts';
import { untilRules } from './until-rules.ts';

export const fileRules: readonly FileRule[] = [
  ...amountRules,
  ...overlapRules,
  ...matchRules,
  ...gatewayRules,
  ...nameRules,
  ...untilRules,
  ...integrationPriceFileRules,
];
const liveRules: readonly LiveRule[] = [
  ...stateRules,
  ...groupRules,
  ...keyRules,
  ...configRules,
  ...conditionRules,
  ...trafficRules,
  ...integrationPriceRules,
];
export const allRules: readonly Rule[] = [...fileRules, ...liveRules, ...priceRules];

/** `off`: not looked for. */
export type Severities = Review['rules'];

/** Each rule's own severity: what holds where no settings say another. */
export const usualSeverities = Object.fromEntries(allRules.map(({ name, severity }) => [name, severity])) as Severities;

/** What judges files by themselves, where nothing is known of a record or of who can read the output. */
export function reviewInFiles({ settings }: Pick<Desired, 'settings'>): Review {
  return fillReview(settings, { rules: usualSeverities, isPublic: false, inAction: false });
}

export function buildFileFacts(desired: Desired, files: FileFacts['files'], settings: Review): Given<FileFacts> {
  const byWorkspace = new Map<string | null, DesiredEntry[]>(desired.workspaces.map(({ ref }) => [ref, []]));
  for (const entry of desired.entries) {
    if (entry.absent === true) continue;
    const others = byWorkspace.get(entry.workspace);
    if (others === undefined) byWorkspace.set(entry.workspace, [entry]);
    else others.push(entry);
  }
  return { desired, settings, files, byWorkspace };
}

/** What the files alone tell: for `validate`. */
export function findInFiles(given: Given<FileFacts>): Finding[] {
  const facts = { ...given, limits: createEntryLimits() };
  const severities = facts.settings.rules;
  const findings = fileRules.flatMap((rule) => apply(rule, (found) => rule.check(facts, found), severities));
  return sortFindings(findings);
}

/** Rules about limits that may limit nobody. */
const nobodyInFiles: readonly FileRule[] = [
  modelBySlug,
  vendorCase,
  perConfig,
  gatewayTooOld,
  ignoresWeeklyRates,
  ignoresEndpointType,
];

/** What is told of live limits, as if files declared them: for `status`. */
export function findNobody(given: Given<LiveFacts>): Finding[] {
  const facts = lookedUp(given);
  const severities = facts.settings.rules;
  const ofFiles = { ...facts, providerSlugs: providerSlugsOf(facts) };
  const findings = [
    ...nobodyInFiles.flatMap((rule) => apply(rule, (found) => rule.check(ofFiles, found), severities)),
    ...conditionRules.flatMap((rule) => apply(rule, (found) => rule.check(facts, found), severities)),
  ];
  return sortFindings(findings);
}

/** What files and live state tell: for `plan`. Those about what the plan changes name the change. */
export function findInPlan(given: Given<LiveFacts>): Finding[] {
  const facts = lookedUp(given);
  const severities = facts.settings.rules;
  const moves = movesOf(facts);
  const { scope } = facts;
  const ofFiles = { ...facts, providerSlugs: providerSlugsOf(facts) };
  const inFiles = fileRules.flatMap((rule) =>
    apply(rule, (found) => rule.check(ofFiles, found), severities, moves, scope),
  );
  const inLive = liveRules
    .flatMap((rule) => apply(rule, (found) => rule.check(facts, found), severities, moves, scope))
    .concat(findInPrices(facts, severities, moves))
    .map((finding): Finding => {
      const isTouched =
        finding.change !== null ||
        finding.movedBy === 'setting' ||
        (finding.entry === null && moves.changedFiles.has(finding.source.file));
      // What became so live must not stop a plan that has nothing to do with it.
      return finding.severity === 'error' && !isTouched ? { ...finding, severity: 'warning' } : finding;
    });
  return sortFindings([...inFiles, ...inLive]);
}

function lookedUp(given: Given<LiveFacts>): LiveFacts {
  const byObject = new Map(given.changes.map((change) => [change.liveId, change]));
  return { ...given, limits: createEntryLimits(), changeOf: (liveId) => byObject.get(liveId) };
}

function providerSlugsOf(facts: LiveFacts): NonNullable<FileFacts['providerSlugs']> {
  const { desired, conditions } = facts;
  return new Map(
    desired.workspaces.flatMap(({ ref }) => {
      const slugs = conditions.names.get(facts.index.findWorkspace(ref)?.id ?? '')?.virtual_key;
      return slugs !== undefined && 'value' in slugs ? [[ref, slugs.value] as const] : [];
    }),
  );
}

/** What a plan changes, as the files have it. */
type Changed = DesiredEntry | DesiredWorkspace;

/** What a plan moves: by it what a rule finds is told from what was so before. */
interface Moves {
  readonly changeOf: ReadonlyMap<Changed, string>;
  readonly changedFiles: ReadonlySet<string>;
  readonly movedBy: (subject: FindingSubject) => Finding['movedBy'];
}

const nothingMoves: Moves = { changeOf: new Map(), changedFiles: new Set(), movedBy: () => undefined };

function movesOf(facts: LiveFacts): Moves {
  const { changes, recordLines, hasRecord } = facts;
  const changedFiles = new Set(changes.flatMap(({ source }) => (source === null ? [] : [source.file])));
  const settings = recordLines.flatMap(({ setting }) => setting ?? []);
  const lines = recordLines.flatMap(({ key }) => (key === null ? [] : [{ key, id: changeId(key) }]));
  const recorded = ofEntries(facts, lines);
  const isIn = (path: string): boolean => settings.some((name) => name === path || name.startsWith(`${path}.`));
  const movedBy = (subject: FindingSubject): Finding['movedBy'] => {
    if (!('line' in subject)) {
      return !hasRecord || recorded.has('entry' in subject ? subject.entry : subject.workspace) ? 'record' : undefined;
    }
    if (subject.setting !== undefined && (!hasRecord || isIn(subject.setting))) return 'setting';
    return hasRecord ? undefined : 'record';
  };
  return { changeOf: ofEntries(facts, changes), changedFiles, movedBy };
}

function findInPrices({ prices, ...facts }: LiveFacts, severities: Severities, moves: Moves): Finding[] {
  if (prices === null) return [];
  return priceRules.flatMap((rule) =>
    apply(rule, (found) => rule.check({ ...facts, prices }, found), severities, moves, facts.scope),
  );
}

/**
 * An entry that changes several resources (`"*"`, two changes of one key) stands for its first change, and so does a workspace: what is
 * said of it as a whole may follow from what leaves its file.
 */
function ofEntries(
  { desired, index, resolved }: LiveFacts,
  changes: readonly Pick<Change, 'key' | 'id'>[],
): ReadonlyMap<Changed, string> {
  const ids = new Map<string, string>();
  const firstOf = new Map<string, string>();
  for (const { key, id } of changes) {
    if (!ids.has(changeId(key))) ids.set(changeId(key), id);
    if (key.workspace !== null && !firstOf.has(key.workspace)) firstOf.set(key.workspace, id);
  }
  const byEntry = new Map<Changed, string>();
  for (const { entry, workspace, name } of resolved) {
    const id = ids.get(changeId({ kind: entry.kind, workspace: workspace?.slug ?? null, name }));
    if (id !== undefined && !byEntry.has(entry)) byEntry.set(entry, id);
  }
  for (const workspace of desired.workspaces) {
    const slug = index.findWorkspace(workspace.ref)?.slug;
    const first = slug === undefined ? undefined : firstOf.get(slug);
    if (first !== undefined) byEntry.set(workspace, first);
  }
  return byEntry;
}

function apply(
  { name, id, fix }: Rule,
  check: (found: (subject: FindingSubject, message: string) => void) => void,
  severities: Severities,
  { changeOf, movedBy }: Moves = nothingMoves,
  scope?: Scope,
): Finding[] {
  const severity = severities[name];
  if (severity === 'off') return [];
  const findings: Finding[] = [];
  /** The last of each place: a default that is copied into a thousand workspaces has one. */
  const last = new Map<Finding['source'], Finding>();
  check((subject, message) => {
    // Before what says the same of another workspace takes its place.
    if (scope !== undefined && !isWithin(subject, scope)) return;
    const change =
      'line' in subject ? null : (changeOf.get('entry' in subject ? subject.entry : subject.workspace) ?? null);
    const [source, key, silence] = placeOf(subject);
    const before = last.get(source);
    if (before?.message === message && (change === null || before.change !== null)) return;
    const silenced = silence?.[name] ?? null;
    const moved = change === null ? movedBy(subject) : undefined;
    const facts = { rule: name, id, severity, message, fix, source, entry: key, change, silenced };
    const finding = moved === undefined ? facts : { ...facts, movedBy: moved };
    last.set(source, finding);
    findings.push(finding);
  });
  return findings;
}

function isWithin(subject: FindingSubject, scope: Scope): boolean {
  if ('line' in subject) return scope.coversFile(subject.line.file);
  return scope.covers('workspace' in subject ? subject.workspace.ref : subject.entry.workspace);
}

function placeOf(subject: FindingSubject): [Finding['source'], Finding['entry'], DesiredEntry['silence']] {
  if ('line' in subject) return [subject.line, null, undefined];
  if ('workspace' in subject) return [subject.workspace.source, null, subject.workspace.silence];
  const { entry, source } = subject;
  const key = { kind: entry.kind, workspace: entry.workspace, name: entry.name };
  return [source, key, entry.silence];
}

/** By place; a default that is copied into ten workspaces says a thing once. */
function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(
    (a, b) =>
      compareText(a.source.file, b.source.file) ||
      a.source.line - b.source.line ||
      a.source.column - b.source.column ||
      compareText(a.rule, b.rule) ||
      compareText(a.message, b.message) ||
      Number(a.change === null) - Number(b.change === null) ||
      compareText(a.entry?.workspace ?? '', b.entry?.workspace ?? ''),
  );
  const once = sorted.filter((finding, index) => {
    const before = sorted[index - 1];
    return before === undefined || !saysTheSame(finding, before);
  });
  const explained = new Set(once.flatMap(({ rule, source }) => (explaining.has(rule) ? [placeText(source)] : [])));
  return once.filter(({ rule, source }) => rule !== 'matches-no-call' || !explained.has(placeText(source)));
}

/** Why no call matches: then it is not a second finding that none does. */
const explaining: ReadonlySet<string> = new Set(['unknown-condition', 'model-by-slug', 'vendor-case']);

function placeText({ file, line, column }: Finding['source']): string {
  return `${line}:${column}:${file}`;
}

function saysTheSame(a: Finding, b: Finding): boolean {
  if (a.rule !== b.rule || a.message !== b.message) return false;
  return a.source.file === b.source.file && a.source.line === b.source.line && a.source.column === b.source.column;
}
