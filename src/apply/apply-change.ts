/** One change: read again, write, read back. Throws only what the service or a cancellation throws. */

import type { Clock } from '../clock.ts';
import { CancelledError, ClaimLostError, ServiceError } from '../errors.ts';
import type { Backend } from '../live/backend.ts';
import type { Change, OutcomeStatus } from '../plan/types.ts';
import { readWindow } from '../plan/window-notes.ts';
import { isSame } from '../resources/canonical.ts';
import { formatField } from '../resources/field-text.ts';
import { isPartOfLimit, pickFields } from '../resources/fields.ts';
import type { WireRow } from '../resources/kind.ts';
import { dropEndedWindows, hasEnded } from '../resources/limits.ts';
import { isPolicyKind, registry } from '../resources/registry.ts';
import type { AttachmentKind, Fields, PolicyKind } from '../resources/types.ts';
import { carriedReset } from '../resources/usage-policy.ts';
import type { WireUsagePolicy } from '../resources/wire.ts';
import { expectAfterClearing } from '../resources/workspace-limits.ts';
import {
  type Difference,
  findDifference,
  listPolicies,
  readFields,
  readObject,
  readPolicy,
  targetOf,
} from './read-object.ts';

/** After a write, reads may be stale for a while (docs/service-notes.md#stale-reads); longer than this and the write has failed. */
const readBackMilliseconds = 30_000;

export interface ChangeResult {
  readonly status: OutcomeStatus;
  readonly detail?: string;
  readonly liveId?: string;
  /** What was written, as it reads now. */
  readonly readBack?: Fields;
  readonly unreachable?: true;
}

export interface ChangeContext {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly organisation: string;
  /** A request that makes a policy goes out: from here on the change may have had an effect. */
  readonly onSend: () => void;
  /** … and certainly did nothing. */
  readonly onRefusal: () => void;
  /** It made this one, whatever becomes of the change from here on. */
  readonly onCreated: (id: string) => void;
  /**
   * The successor of a replaced policy is in force. Settles when the old one may go, or with the id of a change that has to be in
   * force before that and is not.
   */
  readonly onSuccessor: () => Promise<string | null>;
}

export async function applyChange(change: Change, context: ChangeContext): Promise<ChangeResult> {
  const { kind } = change.key;
  if (!isPolicyKind(kind)) return setLimits(change, kind, context);
  switch (change.action) {
    case 'create':
      return createPolicy(change, kind, context, change.starting);
    case 'update':
      return updatePolicy(change, kind, context);
    case 'replace':
      return replacePolicy(change, kind, context);
    case 'delete':
      return deletePolicy(change, kind, context);
  }
}

async function setLimits(change: Change, kind: AttachmentKind, context: ChangeContext): Promise<ChangeResult> {
  const { backend } = context;
  const id = idOf(change);
  const row = await readObject(backend, change, id);
  const checked = checkBefore(change, context, row);
  if (row === null || checked !== null) return checked ?? stale('it is no longer live');
  const { before, after } = fieldsOf(change);
  const body = registry[kind].buildLimits(dropEndedWindows(row, context.clock.now()), {
    before,
    after,
    changed: changedFields(change),
    starting: change.starting,
  });
  await backend.setLimits(targetOf(change, id), body);
  const shown = readFields(change, context.organisation, row, [before, after]);
  const wanted = expectAfterClearing(after, shown);
  return readBack(change, context, wanted, () => readObject(backend, change, id), id);
}

async function updatePolicy(change: Change, kind: PolicyKind, context: ChangeContext): Promise<ChangeResult> {
  const { backend } = context;
  const id = idOf(change);
  const read = (): Promise<WireRow | null> => readPolicy(backend, kind, change.workspaceId ?? '', id);
  const row = await read();
  const checked = checkBefore(change, context, row);
  if (checked !== null) return checked;
  const { after } = fieldsOf(change);
  const changed = changedFields(change);
  await backend.updatePolicy(kind, id, {
    ...registry[kind].buildUpdate(changed, after),
    ...(change.starting === null ? {} : { next_usage_reset_at: change.starting }),
  });
  const result = await readBack(change, context, after, read, id);
  if (result.status !== 'failed' || changed.match === undefined) return result;
  return {
    ...result,
    detail: `${result.detail}; if this control plane is older than 1.16 it cannot change conditions in place: set \`gateway.backend\``,
  };
}

async function createPolicy(
  change: Change,
  kind: PolicyKind,
  context: ChangeContext,
  nextReset: string | null,
): Promise<ChangeResult> {
  const { backend } = context;
  const workspaceId = change.workspaceId ?? '';
  const { after } = fieldsOf(change);
  const known = await listPolicies(backend, kind, workspaceId);
  const others = new Set([change.liveId, ...(change.twins ?? [])]);
  const twin = known.find((row) => row.name === after.name && !others.has(row.id));
  if (twin !== undefined) {
    const fields = readFields(change, context.organisation, twin, [after]);
    if (findDifference(fields, after) === null) {
      const detail = 'somebody created the same policy meanwhile';
      return { status: 'already-applied', detail, liveId: twin.id, readBack: onlyOf(fields, after) };
    }
    return stale(`somebody created another policy of that name meanwhile (${twin.id})`);
  }
  const id = await sendCreate(change, kind, context, nextReset, new Set(known.map((row) => row.id)));
  context.onCreated(id);
  return readBack(change, context, after, () => readPolicy(backend, kind, workspaceId, id), id);
}

/**
 * There is no idempotency key: a create whose answer leaves doubt is never sent again in this run. The list tells whether it
 * took effect (docs/service-notes.md#retries).
 */
async function sendCreate(
  change: Change,
  kind: PolicyKind,
  context: ChangeContext,
  nextReset: string | null,
  known: ReadonlySet<string>,
): Promise<string> {
  const { backend } = context;
  const workspaceId = change.workspaceId ?? '';
  const { after } = fieldsOf(change);
  context.onSend();
  try {
    return (await backend.createPolicy(kind, registry[kind].buildCreate(after, workspaceId, nextReset))).id;
  } catch (error) {
    const isUnsent = error instanceof ClaimLostError || (error instanceof ServiceError && !error.maybeApplied);
    if (isUnsent) context.onRefusal();
    if (!(error instanceof ServiceError) || !error.maybeApplied) throw error;
    const found = await poll(context.clock, async () => {
      const rows = await listPolicies(backend, kind, workspaceId);
      const fresh = rows.filter((row) => !known.has(row.id) && row.name === after.name);
      return fresh.find(
        (row) => findDifference(readFields(change, context.organisation, row, [after]), after) === null,
      );
    });
    if (found !== undefined) return found.id;
    const { status, method, path, code, detail } = error;
    throw new ServiceError(
      `unknown whether it was created: ${error.message}; it is not in the list after ${readBackMilliseconds / 1000} s`,
      { status, method, path, code, detail, maybeApplied: true },
      { cause: error },
    );
  }
}

/** Create, read back, then delete: both bind in between and the stricter wins, so there is no moment without a limit. */
async function replacePolicy(change: Change, kind: PolicyKind, context: ChangeContext): Promise<ChangeResult> {
  const { backend } = context;
  const workspaceId = change.workspaceId ?? '';
  const oldId = idOf(change);
  const old = await readPolicy(backend, kind, workspaceId, oldId);
  const checked = checkBefore(change, context, old);
  if (old === null || checked !== null) return checked ?? stale('it is no longer live');
  const { after } = fieldsOf(change);
  const carried = kind === 'usage-policy' ? carriedReset(old as WireUsagePolicy, after.reset ?? 'never') : null;
  const ahead = carried !== null && !hasEnded(carried, context.clock.now()) ? carried : null;
  const nextReset = change.starting ?? ahead;

  let created: ChangeResult;
  try {
    created = await createPolicy(change, kind, context, nextReset);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 409) throw error;
    created = await createUnderTakenName(change, kind, context, nextReset, oldId);
  }
  if (created.status !== 'applied' && created.status !== 'already-applied') return created;
  const missing = await context.onSuccessor();
  if (missing !== null) {
    return {
      status: 'failed',
      detail: `made, and the old one stays beside it: waits for ${missing}, which is not in force`,
    };
  }
  await removePolicy(kind, workspaceId, oldId, context);
  return { ...created, status: 'applied' };
}

/** A control plane that wants names to be unique: the old policy makes room, and gets its name back if nothing came of it. */
async function createUnderTakenName(
  change: Change,
  kind: PolicyKind,
  context: ChangeContext,
  nextReset: string | null,
  oldId: string,
): Promise<ChangeResult> {
  const { backend } = context;
  const name = String(change.before?.name ?? change.key.name);
  await backend.updatePolicy(kind, oldId, { name: `${name.slice(0, 230)} (being replaced)` });
  let isTaken = false;
  // What was made has the name from then on, whether or not it can be read.
  const giveBack = async (): Promise<void> => {
    if (!isTaken) await backend.updatePolicy(kind, oldId, { name });
  };
  const onCreated = (id: string): void => {
    isTaken = true;
    context.onCreated(id);
  };
  try {
    const created = await createPolicy(change, kind, { ...context, onCreated }, nextReset);
    if (created.status !== 'applied' && created.status !== 'already-applied') await giveBack();
    return created;
  } catch (error) {
    await giveBack();
    throw error;
  }
}

async function deletePolicy(change: Change, kind: PolicyKind, context: ChangeContext): Promise<ChangeResult> {
  const id = idOf(change);
  const workspaceId = change.workspaceId ?? '';
  const row = await readPolicy(context.backend, kind, workspaceId, id);
  if (row === null) return { status: 'already-applied', detail: 'it was gone already' };
  const before = change.before ?? {};
  const difference = findDifference(readFields(change, context.organisation, row, [before]), before);
  if (difference !== null) return staleField(difference, change);
  await removePolicy(kind, workspaceId, id, context);
  return { status: 'applied' };
}

/** Gone from the list is done, whatever the DELETE said: a 403 or 404 may mean that it was gone already. */
async function removePolicy(kind: PolicyKind, workspaceId: string, id: string, context: ChangeContext): Promise<void> {
  const { backend, clock } = context;
  let refusal: unknown;
  try {
    await backend.deletePolicy(kind, id);
  } catch (error) {
    if (!(error instanceof ServiceError) || (error.status !== 403 && error.status !== 404)) throw error;
    refusal = error;
  }
  const gone = await untilCancelled(
    poll(clock, async () => {
      const rows = await listPolicies(backend, kind, workspaceId);
      return rows.some((row) => row.id === id) ? undefined : true;
    }),
  );
  if (gone === 'cancelled' && refusal === undefined) return;
  if (gone === true) return;
  if (refusal !== undefined) throw refusal;
  throw new ServiceError(`deleted, but still live after ${readBackMilliseconds / 1000} s`, {
    method: 'DELETE',
    path: `/policies/${id}`,
    status: 200,
    maybeApplied: true,
  });
}

/** Live must be as the plan saw it: what moved meanwhile was reviewed by nobody. */
function checkBefore(change: Change, context: ChangeContext, row: WireRow | null): ChangeResult | null {
  if (row === null) return stale('it is no longer live');
  const { before, after } = fieldsOf(change);
  const fields = readFields(change, context.organisation, row, [before, after]);
  // A field that the service does not show may be there or not: it is written.
  const isShown = Object.keys(changedFields(change)).every(
    (field) => fields[field] !== undefined || isPartOfLimit(field),
  );
  const isSoAlready = isShown && findDifference(fields, after) === null;
  if (change.action !== 'replace' && change.starting === null && isSoAlready) {
    return { status: 'already-applied', detail: 'live is already so', readBack: onlyOf(fields, after) };
  }
  const difference = findDifference(fields, before);
  return difference === null ? null : staleField(difference, change);
}

async function readBack(
  change: Change,
  context: ChangeContext,
  wanted: Fields,
  read: () => Promise<WireRow | null>,
  id: string,
): Promise<ChangeResult> {
  let difference = null as Difference | null;
  let seen = null as WireRow | null;
  let fields: Fields = {};
  const matched = await untilCancelled(
    poll(context.clock, async () => {
      const row = await read();
      seen = row;
      if (row === null) return undefined;
      fields = readFields(change, context.organisation, row, [wanted]);
      difference = findDifference(fields, wanted);
      return difference === null ? true : undefined;
    }),
  );
  if (matched === 'cancelled') return { status: 'applied', detail: 'cancelled before it was read back', liveId: id };
  if (matched === true) {
    return { status: 'applied', liveId: id, ...windowOf(change, seen), readBack: onlyOf(fields, wanted) };
  }
  const seconds = readBackMilliseconds / 1000;
  if (seen === null || difference === null)
    return { status: 'failed', detail: `written, but not to be read after ${seconds} s`, liveId: id };
  const { field, wanted: sent, found } = inWords(difference, change);
  return {
    status: 'failed',
    detail: `written, but after ${seconds} s ${field} reads ${found} instead of ${sent}`,
    liveId: id,
  };
}

/** What was not written is not reported. */
function onlyOf(fields: Fields, wanted: Fields): Fields {
  return pickFields(fields, (field) => Object.hasOwn(wanted, field));
}

/** Where the plan could not tell when a window ends, the service has said it now. */
function windowOf(change: Change, row: WireRow | null): Pick<ChangeResult, 'detail'> {
  const { kind } = change.key;
  if (row === null || isPolicyKind(kind)) return {};
  const said = readWindow(registry[kind], row, fieldsOf(change));
  return said === null ? {} : { detail: said };
}

/**
 * A write that the service has confirmed is done, whether or not there was time to look at it: were it recorded as failed,
 * nobody would know of a new policy, and it could never be taken away.
 */
async function untilCancelled<T>(looking: Promise<T>): Promise<T | 'cancelled'> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof CancelledError) return 'cancelled';
    throw error;
  }
}

/** Until `look` finds something, at growing intervals, for the read-back time at most. */
async function poll<T>(clock: Clock, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const start = clock.now();
  for (let pause = 100; ; pause = Math.min(pause * 2, 4_000)) {
    const found = await look();
    if (found !== undefined) return found;
    const left = start + readBackMilliseconds - clock.now();
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(pause, left));
  }
}

function idOf(change: Change): string {
  if (change.liveId === null) throw new Error(`change ${change.id} has no live id`);
  return change.liveId;
}

function fieldsOf(change: Change): { before: Fields; after: Fields } {
  return { before: change.before ?? {}, after: change.after ?? {} };
}

function changedFields(change: Change): Fields {
  const { before, after } = fieldsOf(change);
  return pickFields(after, (field, value) => !isSame(before[field] ?? null, value));
}

function stale(detail: string): ChangeResult {
  return { status: 'stale', detail };
}

function staleField(difference: Difference, change: Change): ChangeResult {
  const { field, wanted, found } = inWords(difference, change);
  return stale(`${field} was ${wanted} when it was planned and is ${found} now`);
}

/** As people write it: an amount of cents is not a number that anybody has written. */
function inWords({ field, wanted, found }: Difference, { before, after }: Change): Record<keyof Difference, string> {
  const beside = { ...before, ...after };
  return { field, wanted: formatField(field, wanted, beside), found: formatField(field, found, beside) };
}
