import { z } from 'zod';
import { kinds } from '../resources/types.ts';

/**
 * The applied record: what Git declared at the last apply. The memory of removals and the third side of the diff.
 * It is not a state file: losing it loses only the memory of removals, and then nothing is deleted.
 */

/** Raised when an older tollgate could misread what a newer one writes. */
export const recordVersion = 1;

const json: z.ZodType<unknown> = z.json();

export const recordedEntrySchema = z.object({
  kind: z.enum(kinds),
  name: z.string(),
  /** The live object's id at the last apply. */
  id: z.string(),
  /** Effective fields as applied, see resources/types.ts. */
  fields: z.record(z.string(), json),
  protect: z.boolean(),
  /** Reached through `keys: {"*": …}` and not by its own name. */
  viaStar: z.literal(true).optional(),
  /** The write-only start of the window as last sent. */
  starting: z.string().optional(),
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
});

export const recordedWorkspaceSchema = z.object({
  /** UUID; null for the organisation's own keys and integrations. */
  id: z.string().nullable(),
  /** Slug; null as above. */
  slug: z.string().nullable(),
  entries: z.array(recordedEntrySchema),
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
  before: z.record(z.string(), json).nullable(),
  after: z.record(z.string(), json).nullable(),
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
  /** Managed fields as they shall be; null for a policy that goes. */
  after: z.record(z.string(), json).nullable(),
  /** The record's entry once the change has happened; null when it leaves the record. */
  entry: recordedEntrySchema.omit({ id: true }).nullable(),
  /** Of a replacement: live ids of unmanaged policies of that name. */
  twins: z.array(z.string()).optional(),
});

export const claimSchema = z.object({
  /** Names the run: `github:<run id>.<attempt>` in Actions, else `local:<host>:<pid>:<random>`. */
  run: z.string(),
  by: z.string(),
  /** ISO date-times, UTC. */
  startedAt: z.string(),
  leaseUntil: z.string(),
  digest: z.string(),
  changes: z.array(claimedChangeSchema),
});

export const appliedRecordSchema = z.object({
  version: z.literal(recordVersion),
  /** Version of tollgate that wrote it. */
  tool: z.string(),
  environment: z.string(),
  /** The organisation's UUID. */
  organisation: z.string(),
  baseUrl: z.string(),
  /** Git commit of the policy files; null without Git. */
  commit: z.string().nullable(),
  /** The files had uncommitted changes. */
  dirty: z.boolean(),
  appliedBy: z.string(),
  /** ISO date-time, UTC. */
  appliedAt: z.string(),
  run: z.string(),
  digest: z.string(),
  /** `review:` in force: what judges the next plan. */
  settings: z.record(z.string(), json),
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
export type RecordedWorkspace = z.infer<typeof recordedWorkspaceSchema>;
export type RecordedOutcome = z.infer<typeof recordedOutcomeSchema>;
export type ClaimedChange = z.infer<typeof claimedChangeSchema>;
export type Claim = z.infer<typeof claimSchema>;
export type AppliedRecord = z.infer<typeof appliedRecordSchema>;

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
  readonly digest: string | null;
  /** Number of changes by what became of them, in the order of the statuses; of a claim, how many were planned. */
  readonly counts: readonly (readonly [what: string, number: number])[];
  /** Nothing has come after it: it may be under way still. */
  readonly isLatest: boolean;
  readonly leaseUntil: string | null;
  readonly problem: string | null;
}
