/** Who runs, and how this run differs from every other: what claims and records say of it. */

import { UserError } from '../errors.ts';
import { findCiRun } from './ci-run.ts';

/** What the machine knows of a run. */
export interface RunFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  readonly pid: number;
  /** Where process ids mean something (process-space.ts); null: not known. */
  readonly processSpace?: string | null;
  /** When this process began, as the system counts: its id may have been another's before, and will be again. */
  readonly processStart?: string | null;
  readonly user: string;
  /** 16 or more random hex digits. */
  readonly randomId: () => string;
  /** Whether there is such a process; with its start, whether it is that one. */
  readonly isProcessAlive: (pid: number, start?: string | null) => boolean;
}

export function isCi({ env }: Pick<RunFacts, 'env'>): boolean {
  return findCiRun(env) !== null;
}

/**
 * | where | id |
 * |---|---|
 * | a CI system | `github:<run id>.<attempt>`, `gitlab:<job id>`, … |
 * | elsewhere, and where the system names no run | `local:<host>:<process space>:<pid>@<start>:<random>` |
 */
export function runId(facts: RunFacts): string {
  const run = findCiRun(facts.env);
  if (run !== null && run.id !== null) return `${run.system}:${run.id}`;
  const { host, processSpace, pid, processStart } = facts;
  const process = processStart == null ? pid : `${pid}@${processStart}`;
  return `local:${host}:${processSpace ?? '-'}:${process}:${facts.randomId().slice(0, 8)}`;
}

/**
 * @param as how somebody calls themselves; what the machine knows stands beside it
 * @throws UserError when that is not a name
 */
export function actorOf({ env, user }: Pick<RunFacts, 'env' | 'user'>, as?: string): string {
  const known = findCiRun(env)?.actor ?? user;
  if (as === undefined) return known;
  const name = as.trim();
  if (name === '' || name.length > 100 || /[\p{C}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new UserError(`--as ${JSON.stringify(as)} is not a name`, { hint: 'Write a name of up to 100 characters.' });
  }
  return name === known ? known : `${name} (${known})`;
}

/**
 * A process that is certainly no more: of this host, this boot and this namespace of process ids. Elsewhere its id says nothing.
 * An earlier attempt of a CI run is not proof either: a cancelled job goes on for minutes. The Action asks GitHub.
 */
export function isGone({ run }: { readonly run: string }, facts: RunFacts): boolean {
  const [, host, space, pid, start] = /^local:([^:]*):([^:]*):(\d+)(?:@([^:@]+))?:[^:]*$/.exec(run) ?? [];
  if (pid === undefined || host !== facts.host || space !== facts.processSpace) return false;
  const isOwn = Number(pid) === facts.pid && (start === undefined || start === facts.processStart);
  return !isOwn && !facts.isProcessAlive(Number(pid), start ?? null);
}
