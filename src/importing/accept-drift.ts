/**
 * Live values over the fields that drifted, in the files that declare them, so that the next plan has no drift. Pure.
 *
 * | what drifted | what is written |
 * |---|---|
 * | fields of an entry | the live values, in its place; what was cleared by hand becomes `none` |
 * | a policy that was deleted by hand | the entry goes; a default of the organisation is left out by `skip_defaults` |
 * | an entry that comes from `defaults:` | an entry of the same name in the workspace's file |
 * | a key that `"*"` reaches | an entry of its own in the workspace's file, with the fields that drifted |
 */

import { dayOf } from '../consumption/windows.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { RecordIndex } from '../plan/record-index.ts';
import type { Change } from '../plan/types.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import { addEntry, pathOfEntry, removeEntry, rewriteEntry } from '../policy/edit.ts';
import type { PrintedEntry } from '../policy/print-values.ts';
import { isRefused, readValue, setValue } from '../policy/yaml-splice.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { Desired, DesiredEntry, Fields } from '../resources/types.ts';
import { hasCome, laterOf } from '../resources/until.ts';
import { acceptFields, driftedFields, inheritedWords, keepsStarting, keyEntry, toPrinted } from './accept-fields.ts';
import { mergeFiles } from './add-unmanaged.ts';
import { alertWords, hasOwnList, moveLists } from './alert-lists.ts';
import { addressesOf, inheritedRecipients } from './policy-texts.ts';

export interface AcceptInput {
  /** Those of the plan to be accepted; changes of another cause are passed over. */
  readonly changes: readonly Change[];
  readonly desired: Desired;
  readonly files: readonly PolicyFile[];
  readonly live: Live;
  readonly record: AppliedRecord | null;
  readonly now: Date;
}

export interface AcceptedDrift {
  readonly change: Change;
  /** Canonical fields that were taken over; empty for an entry that was removed. */
  readonly fields: readonly string[];
  readonly file: string;
  readonly how: 'rewritten' | 'added' | 'removed' | 'default-skipped';
}

export interface DriftAcceptance {
  /** Files that changed, whole. */
  readonly files: readonly PolicyFile[];
  readonly accepted: readonly AcceptedDrift[];
  readonly refused: readonly { readonly change: Change; readonly why: string }[];
}

/** Each is tried; what would not compile, or would leave drift behind, is taken back and said. */
export function acceptDrift(input: AcceptInput): DriftAcceptance {
  const drifted = input.changes.filter(({ cause }) => cause === 'drifted' || cause === 'both');
  const refused = new Map<string, string>();
  for (;;) {
    const attempt = tryAccepting(input, drifted, refused);
    const count = refused.size;
    const check = findProblems(input, attempt);
    for (const [id, why] of check) refused.set(id, why);
    if (refused.size === count) return attempt;
  }
}

/** Ids of accepted changes that do not stand, with the reason. */
function findProblems(input: AcceptInput, attempt: DriftAcceptance): ReadonlyMap<string, string> {
  const { desired, live, record, now } = input;
  if (attempt.accepted.length === 0) return new Map();
  const { desired: next, diagnostics } = compilePolicies(mergeFiles(input.files, attempt.files));
  const [problem] = diagnostics.filter(({ severity }) => severity === 'error');
  if (next === null) return blameOneByOne(input, attempt, problem?.message ?? 'the files would not compile');
  const { plan, diagnostics: found } = buildPlan({ desired: next, live, record, now });
  if (plan === null) return blameOneByOne(input, attempt, found[0]?.message ?? 'there would be no plan');
  const known = new Set(buildPlan({ desired, live, record, now }).plan?.changes.map(({ id }) => id));
  const left = new Map(plan.changes.map((change) => [change.id, change]));
  const problems = attempt.accepted.flatMap(({ change }): [string, string][] => {
    const still = left.get(change.id);
    const isDrift = still?.cause === 'drifted' || still?.cause === 'both';
    return isDrift ? [[change.id, `no file can say what is live (${fieldsOf(still)}): write it by hand`]] : [];
  });
  const isMore = plan.changes.some(({ id }) => !known.has(id));
  return isMore && problems.length === 0
    ? blameOneByOne(input, attempt, 'it would change something else')
    : new Map(problems);
}

function fieldsOf({ fieldChanges }: Change): string {
  return fieldChanges.map(({ field }) => field).join(', ');
}

/** Which of them fail when they stand alone; all of them where only their company is at fault. */
function blameOneByOne(input: AcceptInput, attempt: DriftAcceptance, why: string): ReadonlyMap<string, string> {
  const { accepted } = attempt;
  if (accepted.length === 1) return new Map(accepted.map(({ change }) => [change.id, why]));
  const alone = accepted.flatMap(({ change }) => {
    const one = tryAccepting(input, [change], new Map());
    return [...findProblems(input, one)];
  });
  return new Map(alone.length > 0 ? alone : accepted.map(({ change }) => [change.id, why]));
}

/** Once a date has come its line says what held before: what is live now has no place beside it. */
function overBy({ until }: DesiredEntry, fields: readonly string[], day: string): string | null {
  if (until === undefined || !hasCome(until, day)) return null;
  const later = laterOf(until);
  if (later !== 'none' && !fields.some((field) => field in later)) return null;
  return 'its `until` is over, and the line above it holds no more: write what is live as the limit, and delete the line `until:`';
}

function tryAccepting(
  input: AcceptInput,
  changes: readonly Change[],
  refused: ReadonlyMap<string, string>,
): DriftAcceptance {
  const texts = new Map<string, string>();
  const accepted: AcceptedDrift[] = [];
  const turnedDown: { change: Change; why: string }[] = [];
  for (const change of changes) {
    const why = refused.get(change.id);
    const result = why === undefined ? new Acceptor(input, texts).accept(change) : { why };
    if ('why' in result) turnedDown.push({ change, why: result.why });
    else {
      texts.set(result.file, result.text);
      accepted.push({ change, fields: result.fields, file: result.file, how: result.how });
    }
  }
  const files = [...texts].map(([path, text]) => ({ path, text }));
  return { files, accepted, refused: turnedDown };
}

type Result =
  | {
      readonly file: string;
      readonly text: string;
      readonly fields: readonly string[];
      readonly how: AcceptedDrift['how'];
    }
  | { readonly why: string };

class Acceptor {
  readonly #input: AcceptInput;
  readonly #index: LiveIndex;
  readonly #texts: ReadonlyMap<string, string>;

  constructor(input: AcceptInput, texts: ReadonlyMap<string, string>) {
    this.#input = input;
    this.#index = new LiveIndex(input.live);
    this.#texts = texts;
  }

  accept(change: Change): Result {
    const entry = this.#entryOf(change);
    if (entry === undefined) return { why: 'it is no longer in the files, so there is nothing to write' };
    const file = entry.fromDefaults === true || change.viaStar === true ? this.#fileOf(entry) : entry.source.file;
    const text = file === undefined ? undefined : this.#textOf(file);
    if (file === undefined || text === undefined) return { why: 'its workspace has no file' };
    if (isPolicyKind(change.key.kind) && change.before === null) return this.#acceptDeletion(change, entry, file, text);
    const recorded = this.#recordedFields(change);
    const fields = driftedFields(change, recorded);
    const over = overBy(entry, fields, dayOf(this.#input.now.getTime()));
    if (over !== null) return { why: over };
    const inOrganisation = change.key.workspace === null;
    const isAdded = change.viaStar === true || entry.fromDefaults === true;
    const named = change.viaStar === true ? keyEntry(change) : toPrinted(entry);
    const { alerts, thresholds = {} } = alertWords(this.#input.desired, entry);
    const own = {
      ...named,
      ...(isAdded ? inheritedWords(this.#input.desired, entry) : {}),
      // What `"*"` says of who is told goes on lying beneath a key.
      ...(entry.fromDefaults === true && change.viaStar !== true && alerts !== undefined ? { alerts } : {}),
    };
    const path = pathOfEntry({ ...own, inOrganisation });
    const written = readValue(text, [...path, 'recipients']);
    const base = change.viaStar === true ? {} : this.#ownFields(entry, written);
    const wished = acceptFields({
      change,
      fields,
      base,
      effective: this.#effective(entry),
      live: this.#liveFields(change),
      names: this.#names(change),
    });
    const isOwnList = entry.fromDefaults === true ? change.viaStar !== true : hasOwnList(readValue(text, path));
    const lists = moveLists({
      kind: entry.kind,
      thresholds,
      before: this.#effective(entry),
      after: wished,
      isOwn: isOwnList,
    });
    if ('why' in lists) return lists;
    const recipients = fields.includes('recipients')
      ? this.#ownRecipients(change, entry, file, written)
      : 'recipients' in wished
        ? wished.recipients
        : undefined;
    if (recipients === null)
      return { why: 'the organisation or workspace adds recipients that the live key lacks: change `alerts:` by hand' };
    const { recipients: _, ...others } = wished;
    const after: PrintedEntry = {
      ...own,
      thresholds: lists.thresholds,
      fields: recipients === undefined ? others : { ...others, recipients },
      ...(keepsStarting(entry, fields) ? {} : { starting: undefined }),
    } as PrintedEntry;
    if (change.viaStar === true && Object.keys(after.fields).length === 0) {
      return { why: `no file can say that this key lacks ${fields.join(', ')}, which \`"*"\` gives it` };
    }
    const edited = isAdded
      ? addEntry(text, after, inOrganisation)
      : rewriteEntry(text, { ...own, fields: base, ...(isOwnList ? { thresholds } : {}) }, after, inOrganisation);
    if (isRefused(edited)) return { why: edited.refusal };
    return { file, text: edited.text, fields, how: isAdded ? 'added' : 'rewritten' };
  }

  #acceptDeletion(change: Change, entry: DesiredEntry, file: string, text: string): Result {
    if (change.cause === 'both') {
      return {
        why: 'it was deleted by hand and edited in Git since: take it out of the file, or let apply put it back',
      };
    }
    if (entry.fromDefaults !== true) {
      const edited = removeEntry(text, { kind: entry.kind, name: entry.name });
      return isRefused(edited) ? { why: edited.refusal } : { file, text: edited.text, fields: [], how: 'removed' };
    }
    const skipped = addressesOf(readValue(text, ['skip_defaults']));
    const edited = setValue(text, ['skip_defaults'], [...skipped, entry.name]);
    return isRefused(edited)
      ? { why: edited.refusal }
      : { file, text: edited.text, fields: [], how: 'default-skipped' };
  }

  #entryOf({ key, workspaceId, viaStar }: Change): DesiredEntry | undefined {
    const name = viaStar === true ? '*' : key.name;
    return this.#input.desired.entries.find(
      (entry) =>
        entry.kind === key.kind &&
        entry.name === name &&
        entry.absent !== true &&
        (entry.workspace === key.workspace ||
          (entry.workspace !== null && entry.workspace.toLowerCase() === workspaceId)),
    );
  }

  #fileOf({ workspace }: DesiredEntry): string | undefined {
    return this.#input.desired.workspaces.find(({ ref }) => ref === workspace)?.source.file;
  }

  #textOf(file: string): string | undefined {
    return this.#texts.get(file) ?? this.#input.files.find(({ path }) => path === file)?.text;
  }

  #recordedFields({ key, workspaceId, liveId }: Change): Fields {
    const index = new RecordIndex(this.#input.record?.workspaces ?? []);
    const byName = index.byName(key.kind, workspaceId, key.name);
    const found = byName ?? (liveId === null ? undefined : index.byId(key.kind, workspaceId, liveId));
    return found?.entry.fields ?? {};
  }

  #effective(entry: DesiredEntry): Fields {
    return entry.fieldsOverStar ?? entry.fields;
  }

  /** With the entry's own share of recipients alone. */
  #ownFields({ fields, kind }: DesiredEntry, written: ReturnType<typeof readValue>): Fields {
    const { recipients: _, ...others } = fields;
    if (kind !== 'key-limits' || written === undefined) return others;
    return { ...others, recipients: addressesOf(written) };
  }

  /** Undefined: the line goes; null: it cannot be said. */
  #ownRecipients(
    { before }: Change,
    entry: DesiredEntry,
    file: string,
    written: ReturnType<typeof readValue>,
  ): readonly string[] | undefined | null {
    const { files, desired } = this.#input;
    const live = before?.recipients ?? [];
    if (live.length === 0) return [];
    const inherited = inheritedRecipients(files, desired, file);
    if (inherited.some((address) => !live.includes(address))) return null;
    const kept = addressesOf(written).filter((address) => live.includes(address.toLowerCase()));
    const has = new Set([...inherited, ...kept.map((address) => address.toLowerCase())]);
    const own = [...kept, ...live.filter((address) => !has.has(address))];
    if (own.length > 0) return own;
    // Without a line of its own, a key has what `"*"` says.
    return entry.fieldsOverStar === undefined && entry.name !== '*' ? undefined : live;
  }

  #liveFields({ key, workspaceId, liveId }: Change): Fields {
    const object = this.#index.at(key.kind, workspaceId).byId(liveId ?? '');
    return object === undefined ? {} : this.#index.readFields(object, []);
  }

  /** Names of the workspace's keys by id, where a name is of one key only. */
  #names({ workspaceId }: Change): ReadonlyMap<string, string> {
    const keys = this.#index.at('key-limits', workspaceId).all;
    const names = keys.map(({ name }) => name);
    return new Map(
      keys.flatMap(({ id, name }) =>
        name !== null && name !== '' && names.indexOf(name) === names.lastIndexOf(name) ? [[id, name]] : [],
      ),
    );
  }
}
