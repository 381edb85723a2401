/** The plan and its parts: plain data. Text, JSON, markdown and annotations are projections of it. */

import type { Severity, Source } from '../diagnostics.ts';
import type { GuardName } from '../guard-names.ts';
import type { Impact } from '../impact/document.ts';
import type { JudgedRate } from '../impact/judged-rate.ts';
import type { PriceEffect } from '../impact/price-effect.ts';
import type { UndeclaredWorkspaces } from '../impact/undeclared.ts';
import type { LiveWorkspace, UnreadableObject } from '../live/live.ts';
import type { ToldBy } from '../resources/told-by.ts';
import type { Desired, Fields, FieldValue, Kind, ResourceKey } from '../resources/types.ts';
import type { RecordedEntry, RecordedUntil } from './applied-record.ts';
import type { Word, WordNumber } from './words.ts';

/** Kinds of which nothing, or not every row, was read. */
export interface NotRead {
  /** By slug; null: the organisation's own. */
  readonly workspace: string | null;
  /** Whether the files are about it at all. */
  readonly hasFile: boolean;
  readonly kinds: readonly Kind[];
}

export type Action = 'create' | 'update' | 'replace' | 'delete';

/**
 * | cause | files against record | live against record |
 * |---|---|---|
 * | `edited` | moved | as recorded (or nothing there yet) |
 * | `drifted` | as recorded | moved |
 * | `both` | moved | moved |
 * | `adopted` | not recorded: first sight of a live object | |
 * | `unknown` | there is no record at all | |
 */
export type Cause = 'edited' | 'drifted' | 'both' | 'adopted' | 'unknown';

/** What a change does to those whom the limit binds. */
export type Direction = 'loosen' | 'rescope' | 'tighten' | 'neutral';

/** Why this action; shown to people and never used to decide. */
export type Reason =
  | 'new'
  | 'changed'
  | 'renamed'
  | 'immutable-field'
  | 'no-longer-declared'
  | 'declared-none'
  | 'deleted-by-hand'
  | 'replacement-cut-short';

export interface FieldChange {
  readonly field: string;
  /** Undefined: not there, or not said by the service. */
  readonly before: FieldValue | undefined;
  readonly after: FieldValue | undefined;
  readonly direction: Direction;
  /** The service never changes this field in place. */
  readonly immutable?: true;
}

export interface Change {
  /** `<kind>/<workspace slug or ->/<name>`, unique within the plan. */
  readonly id: string;
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  /** Null for a policy that does not exist yet. */
  readonly liveId: string | null;
  readonly action: Action;
  readonly cause: Cause;
  readonly reason: Reason;
  readonly direction: Direction;
  /** Managed fields as they are live; null for a policy that does not exist yet. */
  readonly before: Fields | null;
  /** Managed fields as they are to be; null for a policy that goes. */
  readonly after: Fields | null;
  readonly fieldChanges: readonly FieldChange[];
  /** Where the entry stands; null when it is no longer in the files. */
  readonly source: Source | null;
  /**
   * Ids of changes that have to be in force before this one may start; of a replacement also those that wait for its new policy
   * and for which its old one waits.
   */
  readonly dependsOn: readonly string[];
  readonly fingerprint: string;
  /** What people have to know, in sentences: a counter that starts again, a window that restarts, a look-alike. */
  readonly notes: readonly string[];
  /** The record's entry once the change has happened, without the live id; null when it leaves the record. */
  readonly entry: Omit<RecordedEntry, 'id'> | null;
  /** ISO date to be sent as the start of the window; see DesiredEntry.starting. */
  readonly starting: string | null;
  /** The resource is reached through `"*"` alone. */
  readonly viaStar?: true;
  /** A date still to come, and what holds from then on. */
  readonly until?: Pick<RecordedUntil, 'date' | 'later'>;
  /** The date of `until:` whose return this is, which was reviewed and applied together with it. */
  readonly due?: string;
  /** Of a key or provider: it works now, and no longer once this is carried out, as its date is over. */
  readonly expiresAtOnce?: true;
  /** Of a row that moved by hand: when it was last written, as it says; ISO date-time. */
  readonly lastWritten?: string;
  /** Of a replacement: policies of that name that were there before it, unmanaged or left over from an earlier one. */
  readonly twins?: readonly string[];
}

/** Something that moved by hand and stays as it is, see leave-drift.ts. */
export interface LeftDrift {
  /** Would put it back: `before` as it is live, `after` as the files say. No part of the run, of fingerprints and digest. */
  readonly change: Change;
  /** What the move by hand did to those whom the limits bind. */
  readonly direction: Direction;
}

/** A part of the plan that changes the record and nothing live. */
export interface RecordLine {
  readonly action: 'adopt' | 'forget' | 'protect' | 'unprotect' | 'settings' | 'record';
  /** Null for settings. */
  readonly key: ResourceKey | null;
  readonly detail: string;
  /** Of a setting: its name, such as `groups.research`. */
  readonly setting?: string;
  /** Of an adoption: which live object it is; a name alone may mean another one by the time of the apply. */
  readonly liveId?: string;
  /**
   * Of a forgotten resource: `forget:` was written, or there is nothing left to manage. Of a setting: nobody wrote it, and
   * its default is another than when it was recorded. Of a date: it moved, and live is as it was.
   */
  readonly why?: 'forget' | 'gone' | 'default' | 'until';
}

/** A live object that no file declares and the record does not hold. */
export interface Unmanaged {
  readonly kind: Kind;
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string | null;
  /** For parts of an attachment point: the fields that are not managed. */
  readonly fields?: readonly string[];
}

/** Something people should know that is not a problem in a file. */
export interface PlanNote {
  readonly code: string;
  readonly severity: 'warning' | 'info';
  readonly workspace: string | null;
  readonly message: string;
  readonly source: Source | null;
}

/** What a rule (src/rules) says of an entry, a workspace or a line of a file. */
export interface Finding {
  /** Name of the rule, as in `review.rules` and docs/rules.md. */
  readonly rule: string;
  /** Number in the catalogue of rules, such as `O1`. */
  readonly id: string;
  /** In force: the rule's own, or that of `review.rules`. */
  readonly severity: Severity;
  /** What is so here, with numbers and names. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly fix: string;
  readonly source: Source;
  /** Null: about a workspace as a whole, or about a line of a file. */
  readonly entry: ResourceKey | null;
  /** Id of the change that the plan makes to this entry, or of the first in this workspace; null: it makes none. */
  readonly change: string | null;
  /** Without a change: the plan brings the setting into force that it is about, or something else into the record. So it is no older. */
  readonly movedBy?: 'setting' | 'record';
  /** The reason written under `silence:`; null: not silenced. A silenced finding is shown and stops nobody. */
  readonly silenced: string | null;
}

/** A guard's objection. Guards are a stage of their own between plan and apply (guards.ts). */
export interface Violation {
  readonly guard: GuardName;
  /** What has to be allowed, at least: a count; of `spend-up` percent of committed spend, of `ceiling` dollars, or `unbounded`. */
  readonly count: WordNumber;
  /** What was exceeded where, and by how much; one sentence each. */
  readonly details: readonly string[];
  /** A warning is shown and stops nobody. */
  readonly severity: 'error' | 'warning';
  /** The word that lifts it for this plan, such as `deletes=12@<32 digits>`; null when nothing does. */
  readonly allow: string | null;
  readonly lifted: boolean;
  /** The word that lifted it. */
  readonly lift?: Word;
  /** Id of the first change it objects to; absent where it is about no single one. For pointing at a line. */
  readonly first?: string;
}

/** A plan of the same changes is another one where use, features or prices are understood otherwise. */
export interface Interprets {
  readonly gateway: Desired['gateway'];
  readonly pricingSource: string | null;
}

export type Mode = 'sync' | 'upsert-only';

/** One of those named has to approve it. */
export interface AskedOfPlan {
  /** `@login` and `@org/team`; empty: nobody who could be asked. */
  readonly by: readonly string[];
  /** In words, each once. */
  readonly because: readonly string[];
  /** Null: of no pull request, so that nobody knows. */
  readonly hasApproved: boolean | null;
  /** Why nobody knows who is in a team. */
  readonly problems: readonly string[];
}

export interface Plan {
  readonly version: 1;
  readonly environment: string;
  readonly organisation: string;
  readonly baseUrl: string;
  readonly mode: Mode;
  /** Whether a record was found; without one nothing is deleted. */
  readonly hasRecord: boolean;
  /** In the order in which they are shown: workspace, then the order of execution. */
  readonly changes: readonly Change[];
  /** Changes that the mode or a filter holds back: still owed, not executed. */
  readonly withheld: readonly Change[];
  /** What moved by hand and `review.drift` leaves as it is: reported, not executed; nothing waits for it. */
  readonly left: readonly LeftDrift[];
  /** Those of `withheld` that nobody asked to see: `--workspace` or `--only` left them out. */
  readonly leftOut: ReadonlySet<string>;
  readonly recordLines: readonly RecordLine[];
  /** Declared resources that are as they should be. */
  readonly unchanged: number;
  /** Ids of changes to what the record of another environment holds as well. */
  readonly heldElsewhere?: ReadonlySet<string>;
  /** Who is told of alerts, as the files say it; missing: nobody has looked. */
  readonly told?: {
    /** By id of the change that leaves an alert. */
    readonly of: ReadonlyMap<string, ToldBy>;
    readonly hasChannels: boolean;
  };
  /** Whom `review.approvals` asks about it; missing: no rule does, or nobody has looked. Outside fingerprints and digest. */
  readonly asked?: readonly AskedOfPlan[] | undefined;
  /** Groups of workspaces have ceilings that it concerns; default: no. */
  readonly hasCeilings?: boolean;
  readonly unmanaged: readonly Unmanaged[];
  /** Live workspaces that no file is about; missing: nobody has looked. Outside fingerprints and digest, as consumption is. */
  readonly undeclared?: UndeclaredWorkspaces | undefined;
  /** Where limits may be live that nobody has looked at; default: nowhere. */
  readonly notRead?: readonly NotRead[] | undefined;
  /** Live rows that make no sense, each named by a note as well; default: none. */
  readonly unreadable?: readonly UnreadableObject[] | undefined;
  readonly notes: readonly PlanNote[];
  /** Of all rules, by place. Outside fingerprints and digest, as a new version may know more rules. */
  readonly findings: readonly Finding[];
  readonly violations: readonly Violation[];
  /**
   * What the plan does to people and money; null: not looked at (`--no-impact`, or no change). Outside fingerprints and
   * digest: it moves with every request, and a reviewed plan stays the same plan.
   */
  readonly impact: Impact | null;
  /**
   * What changed limits would have done to calls that were made, by the id of the change; missing: no logs were named. Outside
   * fingerprints and digest, as consumption is.
   */
  readonly replayed?: Readonly<Record<string, string>> | undefined;
  /** What analytics say of changed rates, by the id of the change; missing: none changes, or nobody has looked. Outside both too. */
  readonly rates?: ReadonlyMap<string, readonly JudgedRate[]> | undefined;
  /** When budgets in dollars run out by changed prices, by the id of the change; missing as `rates` is. Outside both too. */
  readonly prices?: ReadonlyMap<string, PriceEffect> | undefined;
  /** What `keys: {"*": …}` declares, by workspace slug. */
  readonly stars: readonly { readonly workspace: string; readonly fields: Fields }[];
  /** Where the record is kept, such as its Git ref. */
  readonly place: string;
  /** Settings in force that decide how live and prices are understood. */
  readonly interprets: Interprets;
  /** Hash over all fingerprints, record lines, environment, base URL, `place` and `interprets`; 64 hex digits. */
  readonly digest: string;
  /** Workspaces that appear in the plan, by slug. */
  readonly workspaces: readonly LiveWorkspace[];
  /** Names of keys by id, for conditions that hold ids. */
  readonly names: Readonly<Record<string, string>>;
}

/** What the record is to hold of one resource, depending on what becomes of its change. */
export interface RecordStep {
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
  /** Null: the resource needs no change and `next` holds at once. */
  readonly changeId: string | null;
  readonly previous: RecordedEntry | null;
  /** Live id is filled in from the outcome of a create. */
  readonly next: Omit<RecordedEntry, 'id'> | null;
  readonly liveId: string | null;
  /** Not planned in this run: it stays as it is recorded, whatever the files say. */
  readonly kept?: true;
  /** What a replacement left behind, each with the change that deletes it: remembered until it is gone. */
  readonly leftovers?: readonly { readonly id: string; readonly changeId: string }[];
}

export type OutcomeStatus =
  | 'applied'
  | 'already-applied'
  | 'failed'
  | 'skipped'
  | 'stale'
  | 'superseded'
  | 'withheld'
  | 'not-attempted';

/** What became of one change. */
export interface Outcome {
  readonly change: Change;
  readonly status: OutcomeStatus;
  /** Why, for everything but `applied`; one sentence. */
  readonly detail: string | null;
  /** Live id after the change: the new one of a create or replacement. */
  readonly liveId: string | null;
  /** What is in force, as it was read after the write. Missing: nobody has read it. */
  readonly readBack?: Fields;
  /** The service refused or could not be reached: decides between exit 5 and 6. */
  readonly unreachable?: true;
  /** Failed after something was sent that may have made a policy. */
  readonly inDoubt?: true;
}
