import { z } from 'zod';
import { type Fields, kinds } from '../resources/types.ts';
import { type RecordedSettings, recordedSettingsSchema } from './settings-schema.ts';

/**
 * The applied record: what Git declared at the last apply. The memory of removals and the third side of the diff.
 * It is not a state file: losing it loses only the memory of removals, and then nothing is deleted.
 */

/** Raised when an older tollgate could misread what a newer one writes. */
export const recordVersion = 2;
/** Of a record whose settings judge by what version 2 did not know: a tollgate that knew no such rule would apply without it. */
export const newestRecordVersion = 3;

/** The least that a reader has to know: a record without such settings keeps its bytes, and its older readers. */
export function recordVersionOf({ review, groups }: RecordedSettings): AppliedRecord['version'] {
  const asksMore = review.approvals !== undefined || review.undeclared !== undefined || groups !== undefined;
  return asksMore ? newestRecordVersion : recordVersion;
}

/** Nobody but this program writes them, and each by its name has the values that Fields says. */
export const fieldsSchema = z.record(z.string(), z.json()) as unknown as z.ZodType<Fields>;

/** `until:` as it was applied. */
export const recordedUntilSchema = z.object({
  /** The first day, UTC, on which `later` holds. */
  date: z.string(),
  /** Fields that move then, null for none; `none`: the policy goes. */
  later: z.union([z.literal('none'), z.record(z.string(), z.json())]),
  /** The day that the entry is compiled for: the files of its commit say its fields on this day. */
  day: z.string(),
});

export const recordedEntrySchema = z.object({
  kind: z.enum(kinds),
  name: z.string(),
  /** The live object's id at the last apply. */
  id: z.string(),
  /** Effective fields as applied, see resources/types.ts. */
  fields: fieldsSchema,
  protect: z.boolean(),
  /** Reached through `keys: {"*": …}` and not by its own name. */
  viaStar: z.literal(true).optional(),
  /** The write-only start of the window as last sent. */
  starting: z.string().optional(),
  /** Missing: it says the same on every day. */
  until: recordedUntilSchema.optional(),
  /**
   * Live ids of further policies of this resource: a replacement was cut short and left both behind. Whatever becomes of the
   * resource, they go.
   */
  leftovers: z.array(z.string()).optional(),
  /**
   * Still owed to Git: the entry is kept from an earlier apply because its change was withheld, skipped or failed, so the
   * policy files in the same tree need not declare it.
   */
  owed: z.literal(true).optional(),
  /**
   * Of an owed entry: the Git commit from whose policy files it was applied; null where no commit says so. Missing: the record's
   * own `commit`. Here the window of approval of this entry begins, and here its fields and its protection are proven.
   */
  commit: z.string().nullable().optional(),
});

/** A declared resource that was never applied: its absence is what the last apply left, as of `commit`. */
export const recordedAbsenceSchema = z.object({
  kind: z.enum(kinds),
  name: z.string(),
  /** Git commit up to whose policy files its absence was applied; null without Git, and where there was no record. */
  commit: z.string().nullable(),
  /** It would be reached through `keys: {"*": …}`. */
  viaStar: z.literal(true).optional(),
});

export const recordedWorkspaceSchema = z.object({
  /** UUID; null for the organisation's own keys and integrations. */
  id: z.string().nullable(),
  /** Slug; null as above. */
  slug: z.string().nullable(),
  entries: z.array(recordedEntrySchema),
  /** Creates that are still owed. */
  absent: z.array(recordedAbsenceSchema).optional(),
});

export const outcomeStatuses = [
  'applied',
  'already-applied',
  'failed',
  'skipped',
  'stale',
  'superseded',
  'withheld',
  'not-attempted',
] as const;

export const ways = ['by-hand', 'merge', 'dispatch', 'return'] as const;

export const recordedOutcomeSchema = z.object({
  kind: z.enum(kinds),
  workspace: z.string().nullable(),
  name: z.string(),
  action: z.enum(['create', 'update', 'replace', 'delete']),
  fingerprint: z.string(),
  status: z.enum(outcomeStatuses),
  /** Why, for everything but `applied`. */
  detail: z.string().optional(),
  /** Fields before and after, as the plan had them. */
  before: fieldsSchema.nullable(),
  after: fieldsSchema.nullable(),
  /** What was still to come then. */
  until: recordedUntilSchema.omit({ day: true }).optional(),
  /** The date of `until:` that it is the return of. */
  due: z.string().optional(),
});

/** A change as a claim remembers it: enough to settle, from live alone, whether it happened. */
export const claimedChangeSchema = z.object({
  kind: z.enum(kinds),
  workspace: z.string().nullable(),
  workspaceId: z.string().nullable(),
  name: z.string(),
  action: z.enum(['create', 'update', 'replace', 'delete']),
  fingerprint: z.string(),
  /** Live id before the change; null for a policy to be created. */
  liveId: z.string().nullable(),
  /** Managed fields as they are to be; null for a policy that goes. */
  after: fieldsSchema.nullable(),
  /** The record's entry once the change has happened; null when it leaves the record. */
  entry: recordedEntrySchema.omit({ id: true }).nullable(),
  /** Of a replacement: live ids of unmanaged policies of that name. */
  twins: z.array(z.string()).optional(),
});

export const claimSchema = z.object({
  /** Names the run: `github:<run id>.<attempt>` in Actions, else `local:<host>:<process space>:<pid>:<random>`. */
  run: z.string(),
  by: z.string(),
  /** ISO date-times, UTC, by the service's clock. */
  startedAt: z.string(),
  /** When the holder last showed that it is there. */
  renewedAt: z.string().optional(),
  leaseUntil: z.string(),
  digest: z.string(),
  /** Git commit of the policy files that are being applied; null without Git. Missing from claims of format 1. */
  commit: z.string().nullable().optional(),
  changes: z.array(claimedChangeSchema),
});

/** Who lifted what, for the apply that wrote this version of the record. */
export const liftSchema = z.object({
  guard: z.string(),
  /** Upper bound, as in the word: a count; of `spend-up` percent, or `unbounded`. */
  number: z.union([z.number(), z.literal('unbounded')]),
  /** Digest in the word: of a request (a review), or of a plan (by hand, dispatch). */
  digest: z.string(),
  /** Login or user who said it. */
  by: z.string(),
  /** ISO date-time, UTC. */
  at: z.string(),
  /** Link to the review or the run; null on a terminal. */
  where: z.string().nullable(),
});

export const appliedRecordSchema = z.object({
  version: z.literal([recordVersion, newestRecordVersion]),
  /** Version of tollgate that wrote it. */
  tool: z.string(),
  environment: z.string(),
  /** The organisation's UUID. */
  organisation: z.string(),
  baseUrl: z.string(),
  /** The policies' directory from the repository's top, `''` at the top itself; null without Git, and in format 1. */
  directory: z.string().nullable(),
  /** Git commit of the policy files; null without Git. */
  commit: z.string().nullable(),
  /** Name of the default branch that it was applied from, in the Action: a branch that is renamed keeps what was merged into it. */
  branch: z.string().optional(),
  /** Pull requests of which nothing was left to do, and that were to be told so: the next run looks whether they were. */
  pulls: z.array(z.number().int()).optional(),
  /** Commits since which others may have been merged that nobody was told of: it was applied by hand, or they were overtaken. */
  untoldFrom: z.array(z.string()).optional(),
  /** The files had uncommitted changes. */
  dirty: z.boolean(),
  appliedBy: z.string(),
  /** ISO date-time, UTC. */
  appliedAt: z.string(),
  run: z.string(),
  digest: z.string(),
  /** On whose word it was applied: by the holder of the key, on merge, by a dispatched workflow, or by a date that was applied before. */
  way: z.enum(ways),
  /** Nobody else has said yes to what this apply did. */
  unreviewed: z.literal(true).optional(),
  lifts: z.array(liftSchema).optional(),
  /** Settings in force: what judges the next plan, and how it is understood. */
  settings: recordedSettingsSchema,
  /** Commit from whose policy files the settings are, where a change of them is still owed. Missing: `commit`. */
  settingsCommit: z.string().nullable().optional(),
  /**
   * Commit up to which all that the policy files say is reviewed, where something since is not: it may be about what comes
   * only later, such as a default for a workspace without a file, and then has no entry that is owed. Missing: `commit`.
   */
  reviewedCommit: z.string().nullable().optional(),
  /** The place that `record move` carried this record to: here is none any more. */
  movedTo: z.string().optional(),
  /** Read from format 1, whose settings hold defaults that no file says. Never written. */
  wasFormatOne: z.literal(true).optional(),
  workspaces: z.array(recordedWorkspaceSchema),
  outcomes: z.array(recordedOutcomeSchema),
  /** The policy files as applied: path relative to the policies directory → text. */
  files: z.record(z.string(), z.string()),
  /**
   * Creates and replacements of the last apply that failed without anybody seeing whether they took effect. The next run
   * settles them from live like those of a killed one; else a policy made so would be nobody's once Git drops it.
   */
  doubts: z.array(claimedChangeSchema).optional(),
  /** Present while an apply is under way, or after one was killed. */
  claim: claimSchema.optional(),
});

export type RecordedEntry = z.infer<typeof recordedEntrySchema>;
export type RecordedUntil = z.infer<typeof recordedUntilSchema>;
export type RecordedAbsence = z.infer<typeof recordedAbsenceSchema>;
export type RecordedWorkspace = z.infer<typeof recordedWorkspaceSchema>;
export type RecordedOutcome = z.infer<typeof recordedOutcomeSchema>;
export type ClaimedChange = z.infer<typeof claimedChangeSchema>;
export type Claim = z.infer<typeof claimSchema>;
export type Lift = z.infer<typeof liftSchema>;
export type AppliedRecord = z.infer<typeof appliedRecordSchema>;
export type { RecordedSettings } from './settings-schema.ts';

/** An apply as the record's history has it: a claim and the outcomes that ended it are one. */
export interface RecordedApply {
  /** The version that shows how it ended; of one that never did, its claim. */
  readonly token: string;
  /** All versions that belong to it. */
  readonly tokens: readonly string[];
  /** `claim`: it was begun, and no version says how it ended. `unreadable`: see `problem`. */
  readonly state: 'ended' | 'claim' | 'unreadable';
  /** ISO date-time, UTC; null where it cannot be read. */
  readonly at: string | null;
  readonly by: string | null;
  readonly run: string | null;
  /** Of the policy files; a claim does not name it. */
  readonly commit: string | null;
  readonly dirty: boolean;
  /** On whose word; null of a claim. */
  readonly way: AppliedRecord['way'] | null;
  /** Nobody else has said yes to it. */
  readonly unreviewed: boolean;
  readonly lifts: readonly Lift[];
  readonly digest: string | null;
  /** Number of changes by what became of them, in the order of the statuses; of a claim, how many were planned. */
  readonly counts: readonly (readonly [what: string, number: number])[];
  /** Nothing has come after it: it may be under way still. */
  readonly isLatest: boolean;
  readonly leaseUntil: string | null;
  readonly problem: string | null;
}
