/**
 * Runs a plan and says of every change what became of it. Workspaces run side by side; within one, stage by stage
 * (plan/order.ts), and what a change depends on has to be in force, read back, before it starts.
 */

import type { Clock } from '../clock.ts';
import { CancelledError, ClaimLostError, ServiceError, UserError } from '../errors.ts';
import type { Backend } from '../live/backend.ts';
import { type Stage, stageOf, stages, workspaceKeyOf } from '../plan/order.ts';
import type { Change, Outcome, Plan } from '../plan/types.ts';
import { applyChange, type ChangeResult } from './apply-change.ts';

export interface ApplyOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Called once a change, as it ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<readonly Outcome[]> {
  const run = new Run(plan, options);
  const byWorkspace = new Map<string, Change[]>();
  for (const change of plan.changes) {
    const place = workspaceKeyOf(change);
    const list = byWorkspace.get(place);
    if (list === undefined) byWorkspace.set(place, [change]);
    else list.push(change);
  }
  await Promise.all([...byWorkspace.values()].map((changes) => run.applyWorkspace(changes)));
  return plan.changes.map((change) => run.outcomeOf(change));
}

class Run {
  readonly #plan: Plan;
  readonly #options: ApplyOptions;
  readonly #outcomes = new Map<string, Outcome>();
  /** Replacements of which the new policy is in force. */
  readonly #successors = new Set<string>();
  /** `<kind> <action>` that the service refuses to this key. */
  readonly #refused = new Set<string>();
  /** Why the whole run ends early; null while it goes on. */
  #stopped: string | null = null;

  constructor(plan: Plan, options: ApplyOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  async applyWorkspace(changes: readonly Change[]): Promise<void> {
    const of = (stage: Stage): readonly Change[] => changes.filter((change) => stageOf(change) === stage);
    for (const { stage, within } of stages) {
      const now = of(stage);
      const inner = within.map(of);
      const meeting = new Meeting(now.length, new Set(inner.flat().map(({ id }) => id)));
      const apply = async (change: Change): Promise<void> => {
        await this.#apply(change, meeting);
        meeting.report(change.id, false);
      };
      const meet = async (): Promise<void> => {
        await meeting.everybody;
        for (const group of inner) await Promise.all(group.map((change) => this.#apply(change)));
        meeting.end();
      };
      await Promise.all([...now.map(apply), meet()]);
    }
  }

  outcomeOf(change: Change): Outcome {
    const outcome = this.#outcomes.get(change.id);
    if (outcome === undefined) throw new Error(`change ${change.id} ended without an outcome`);
    return outcome;
  }

  async #apply(change: Change, meeting?: Meeting): Promise<void> {
    const held = this.#whyNot(change, meeting?.later);
    if (held !== null) {
      this.#end(change, held);
      return;
    }
    let writes = 0;
    const backend = noteWrites(this.#options.backend, (count) => {
      writes += count;
    });
    let mayExist = false;
    const created: string[] = [];
    const result = await applyChange(change, {
      backend,
      clock: this.#options.clock,
      organisation: this.#plan.organisation,
      onSend: () => {
        mayExist = true;
      },
      onRefusal: () => {
        mayExist = false;
      },
      onCreated: (id) => {
        created.push(id);
      },
      onSuccessor: async () => {
        this.#successors.add(change.id);
        meeting?.report(change.id, true);
        await meeting?.over;
        return meeting?.missing ?? this.#firstMissing(change) ?? null;
      },
    }).catch((error: unknown) => this.#failure(change, error, writes > 0));
    const [liveId] = created;
    if (result.status !== 'failed') this.#end(change, result);
    else if (liveId === undefined) this.#end(change, result, mayExist);
    else this.#end(change, { ...result, liveId });
  }

  #whyNot(change: Change, later?: ReadonlySet<string>): ChangeResult | null {
    if (this.#options.signal?.aborted === true) this.#stopped ??= 'the run was cancelled';
    if (this.#stopped !== null) return { status: 'not-attempted', detail: this.#stopped };
    if (this.#refused.has(verbOf(change))) {
      return { status: 'not-attempted', detail: `the service refuses this key to ${verbOf(change)}` };
    }
    const missing = this.#firstMissing(change, later);
    if (missing === undefined) return null;
    return { status: 'skipped', detail: `waits for ${missing}, which is not in force` };
  }

  #firstMissing({ dependsOn }: Change, later?: ReadonlySet<string>): string | undefined {
    return dependsOn.find((id) => !this.#isInForce(id) && later?.has(id) !== true);
  }

  #isInForce(id: string): boolean {
    const status = this.#outcomes.get(id)?.status;
    return status === 'applied' || status === 'already-applied' || (status === undefined && this.#successors.has(id));
  }

  #end(change: Change, result: ChangeResult, inDoubt = false): void {
    const outcome: Outcome = {
      change,
      status: result.status,
      detail: result.detail ?? null,
      liveId: result.liveId ?? change.liveId,
      ...(result.readBack === undefined ? {} : { readBack: result.readBack }),
      ...(result.unreachable === true ? { unreachable: true as const } : {}),
      ...(inDoubt ? { inDoubt: true as const } : {}),
    };
    this.#outcomes.set(change.id, outcome);
    this.#options.onOutcome?.(outcome);
  }

  /**
   * A refusal may concern this kind of write alone, or the whole key may have been revoked; a dead connection may be one bad
   * moment. A list that worked before the run tells them apart.
   */
  async #failure(change: Change, error: unknown, hasWritten: boolean): Promise<ChangeResult> {
    if (error instanceof CancelledError) {
      this.#stopped ??= 'the run was cancelled';
      if (!hasWritten) return { status: 'not-attempted', detail: 'the run was cancelled' };
      return {
        status: 'failed',
        detail: 'cancelled while it was under way: read the plan again to see whether it took effect',
      };
    }
    if (error instanceof ClaimLostError) {
      this.#stopped ??= error.message;
      if (!hasWritten) return { status: 'not-attempted', detail: error.message };
      return { status: 'failed', detail: `begun and not finished: ${error.message}` };
    }
    if (error instanceof UserError) {
      // Rows of another workspace: from here on nothing that this key is told can be believed.
      this.#stopped ??= error.message;
      return { status: 'failed', detail: error.message, unreachable: true };
    }
    if (!(error instanceof ServiceError)) throw error;
    const isRefusal = error.status === 401 || error.status === 403;
    if (isRefusal || error.status === undefined) {
      const probe = await this.#probe();
      if (probe !== null) this.#stopped ??= probe;
      // One object that may not be read (a key of somebody who left) says nothing about the others.
      else if (isRefusal && error.method !== 'GET') this.#refused.add(verbOf(change));
    }
    const unreachable = isRefusal || error.status === undefined || error.status >= 500 || error.status === 429;
    return { status: 'failed', detail: error.message, ...(unreachable ? { unreachable: true } : {}) };
  }

  /** Null when a list that has worked still works. */
  async #probe(): Promise<string | null> {
    if (this.#stopped !== null) return this.#stopped;
    try {
      await this.#options.backend.listWorkspaces();
      return null;
    } catch (error) {
      if (error instanceof ServiceError || error instanceof CancelledError) return `stopped: ${error.message}`;
      throw error;
    }
  }
}

/**
 * The replacements of a workspace meet twice: before the first match moves, which may leave traffic to the new policy of any of
 * them, and before the first old policy goes, in whose place a match may bind that has moved.
 */
class Meeting {
  /** The changes that are applied between the two. */
  readonly later: ReadonlySet<string>;
  readonly everybody: Promise<void>;
  readonly over: Promise<void>;
  readonly end: () => void;
  readonly #reported = new Set<string>();
  readonly #count: number;
  readonly #gather: () => void;
  #missing: string | null = null;

  constructor(count: number, later: ReadonlySet<string>) {
    this.#count = count;
    this.later = later;
    [this.everybody, this.#gather] = openGate();
    [this.over, this.end] = openGate();
    if (count === 0) this.#gather();
  }

  /** The first that has ended without a new policy in force. */
  get missing(): string | null {
    return this.#missing;
  }

  /** The first word of a change counts: its new policy is in force, or it has ended without that. */
  report(id: string, isInForce: boolean): void {
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    if (!isInForce) this.#missing ??= id;
    if (this.#reported.size === this.#count) this.#gather();
  }
}

function openGate(): [Promise<void>, () => void] {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [gate, open];
}

/** The backend, counting what is written; what was not let out takes back its count. */
function noteWrites(backend: Backend, note: (count: 1 | -1) => void): Backend {
  const noting =
    <Parameters extends readonly unknown[], Answer>(write: (...parameters: Parameters) => Promise<Answer>) =>
    async (...parameters: Parameters): Promise<Answer> => {
      note(1);
      try {
        return await write(...parameters);
      } catch (error) {
        if (error instanceof ClaimLostError) note(-1);
        throw error;
      }
    };
  return {
    ...backend,
    createPolicy: noting(backend.createPolicy),
    updatePolicy: noting(backend.updatePolicy),
    deletePolicy: noting(backend.deletePolicy),
    setLimits: noting(backend.setLimits),
  };
}

function verbOf(change: Change): string {
  return `${change.action} ${change.key.kind}`;
}
