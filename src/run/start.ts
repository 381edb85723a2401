/** The beginning of a run: whose files these are, and the record that judges it. Nothing of the control plane is read yet. */

import { createReads, type Reads } from '../consumption/ask.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import type { Mode } from '../plan/types.ts';
import { isWordProblem, parseWord, type Word } from '../plan/words.ts';
import type { StoredRecord } from '../record/store.ts';
import { type FoundRecord, findRecord } from './find-record.ts';
import { checkService } from './judge-record.ts';
import { type LoadingPolicies, startLoading } from './load-policies.ts';
import { type OpenBackend, openBackend } from './open-backend.ts';
import { type CheckoutFacts, directoryOf, type OpenRecord, openRecord, readCheckout } from './open-record.ts';
import type { CommonOptions, Session } from './session.ts';
import { optionName, type RunPlace } from './settings-in-force.ts';

export interface PlanOptions extends CommonOptions, RunPlace {
  readonly mode: Mode;
  readonly only: readonly string[];
  /** `GUARD=NUMBER@DIGEST`, one a guard. */
  readonly allow: readonly string[];
  /** Digests of reviewed plans: what was allowed for the whole is allowed for a part of it. */
  readonly reviewed?: readonly string[];
  /** Read consumption and attach what the plan does to people and money. */
  readonly impact: boolean;
  /** Ask what workspaces without a file spent, and what bounds them. Default: as `impact`. */
  readonly spend?: boolean | undefined;
  /** The run acts on the record: one that its key did not seal counts as a memory of removals alone. */
  readonly checksSeal?: boolean | undefined;
  /** Put back what was tightened by hand too, whatever `review.drift` says. */
  readonly revertDrift?: boolean | undefined;
  /** No plan where something live cannot be known; else that stops its own workspace, and stands among the diagnostics. */
  readonly isWhole?: boolean | undefined;
  /** Entries with `until:` are understood as they were applied, whatever the files say of them now. */
  readonly asApplied?: boolean | undefined;
  /** What unchanged files were read as may come from an earlier run: not where something is written by it. */
  readonly mayRecall?: boolean | undefined;
}

export interface Started {
  readonly options: PlanOptions;
  readonly allowances: readonly Word[];
  readonly loading: LoadingPolicies;
  /** Whoever has it closes it. */
  readonly open: OpenBackend;
  /** All that the run asks of `open` before it writes; what was asked is not asked again. */
  readonly reads: Reads;
  readonly record: OpenRecord;
  readonly found: FoundRecord;
  readonly stored: StoredRecord | null;
  readonly checkout: CheckoutFacts;
}

/** A problem in the files or with live names, instead of a plan. */
export interface NoPlan {
  readonly plan: null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param opened a control plane that is there already; default: a new one
 * @throws UserError, ServiceError, CancelledError
 */
export async function startRun(
  options: PlanOptions,
  session: Session,
  opened?: OpenBackend,
): Promise<Started | NoPlan> {
  const allowances = options.allow.map((text) => readWord(text, optionName('allow', options)));
  const loading = await startLoading(options, session);
  const head = loading.head ?? (await loading.policies).desired;
  if (head === null) return { plan: null, diagnostics: (await loading.policies).diagnostics };
  const open = opened ?? (await openBackend(options, session));
  return closingOnFailure(open, async () => {
    const record = await openRecord(options, head, session);
    const owner = { baseUrl: open.backend.baseUrl, directory: directoryOf(record) };
    const found = await session.waiting('reading the applied record', findRecord(record, head, owner, session));
    checkService(found);
    const { stored } = found;
    const checkout = await readCheckout(record, stored?.record ?? null, loading.files, options);
    return {
      options,
      allowances,
      loading,
      open,
      reads: createReads(open.backend),
      record,
      found,
      stored,
      checkout,
    };
  });
}

/** What comes of a run that goes on; where it ends without a plan the control plane is left. */
export async function closingOnFailure<T>(open: OpenBackend, work: () => Promise<T>): Promise<T> {
  try {
    const value = await work();
    if (isNoPlan(value)) await open.close();
    return value;
  } catch (error) {
    await open.close();
    throw error;
  }
}

function isNoPlan(value: unknown): value is NoPlan {
  return typeof value === 'object' && value !== null && 'plan' in value && value.plan === null;
}

/** @throws UserError when it is not of that form */
function readWord(text: string, option: string): Word {
  const word = parseWord(text);
  if (isWordProblem(word)) throw new UserError(`${option} ${text}: ${word.problem}`);
  return word;
}
