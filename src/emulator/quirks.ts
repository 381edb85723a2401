/**
 * Switches that make the stand-in behave as an older backend, another deployment, or the service on a bad day. Each one
 * names something that was seen or documented (control-plane-api.md); all are off at the start unless asked for.
 * Data only, so that a command line flag or a test can carry them.
 */

import type { ErrorShape } from './errors.ts';

export interface StaleReads {
  /** Reads show the value before the write until this much time has passed, by the injected clock. Default 0. */
  readonly ms?: number;
  /** … and for this many reads of the object, lists included. Default 0. */
  readonly reads?: number;
  /** Objects just created are missing as well. Default false. */
  readonly creations?: boolean;
}

export interface Quirks {
  /** `conditions` in a policy's PUT: taken (≥1.16), dropped in silence, or 400 AB01 (2.2). */
  conditionsOnPut: 'update' | 'ignore' | 'refuse';
  /** Lists of policies by an admin key that name no workspace are 400 AB01 (2.8); otherwise they are of all (2.1). */
  policyListsNeedWorkspace: boolean;
  /** Lists of usage policies lack `periodic_reset` (<1.18, 2.2). */
  listWithoutPeriodicReset: boolean;
  /** Lists of usage policies lack `periodic_reset_days`, `next_usage_reset_at`, `last_reset_at` (<1.15, 2.2). */
  listWithoutResetDetails: boolean;
  /** Policies forget `description` and never show it (2.2). */
  dropDescription: boolean;
  /** Rate policies never show `target` (<1.24, 3). */
  dropTarget: boolean;
  /** A second active policy, or key, of the same name in a workspace is 409 AB07; otherwise names may repeat (1.7). */
  nameConflict409: boolean;
  /** What is gone or archived answers 403 AB03 instead of 404 AB08 (1.6). */
  goneAs403: boolean;
  /** Reads after a PUT or DELETE show the old object for a while (1.8); null is off. */
  staleReads: StaleReads | null;
  /** Nested values of a PUT are merged into the old ones instead of replacing them (against 1.3). */
  mergingPuts: boolean;
  /** `current_page` counts from 1; 0 is taken as 1 (1.5). */
  pagesFromOne: boolean;
  /** Lists of policies answer every row whatever page was asked for. */
  policiesIgnorePaging: boolean;
  /** Every page is the first one. */
  pagesRepeat: boolean;
  /** `total` counts the page (`page`), one row too many (`more`), nothing (`zero`), or is not there (`none`); backends before 1.3 (1.5). */
  wrongTotal: 'page' | 'more' | 'zero' | 'none' | null;
  /** Immutable fields in a PUT are 400 AB01 instead of ignored in silence. */
  refuseImmutable: boolean;
  /** DELETE answers 204 with no body (1.4). */
  deleteAnswers204: boolean;
  /** A condition's single value reads back as a list of one; `"*"` does not, it would change its meaning (2.3). */
  echoValuesAsLists: boolean;
  /** Conditions, their members and their lists read back in another order (1.8). */
  shuffleConditions: boolean;
  /** A workspace's cleared limits, and limits without a reset, read back with `periodic_reset: ""` (1.8). */
  emptyPeriodicReset: boolean;
  /** A missing scope is 401 AB05 instead of 403 AB03 (1.2). */
  missingScopeAs401: boolean;
  /** `[]` in a PUT clears limits; otherwise it changes nothing, as only `null` is proven to clear (1.3). */
  emptyListClears: boolean;
  /** Raising the limit of a usage policy leaves its exhausted entities blocked (<1.20, 2.2). */
  raiseDoesNotWake: boolean;
  /** A counter that a lowered limit has left above it goes on saying `active`; otherwise until the next whole minute (16, question 32). */
  lowerDoesNotExhaust: boolean;
  /** A limit whose reset is changed without a date keeps the date it had. */
  changedResetKeepsDate: boolean;
  /** Shares of integrations take an `alert_threshold` at or above `credit_limit`. */
  sharesTakeHighThreshold: boolean;
  /** Custom models are deleted by `?slugs=` alone, a body is 400 AB01 (7.3); otherwise by either. */
  modelsDeletedByQueryOnly: boolean;
  /** An integration cannot be deleted while the provider that its creation made is there: 409 AB07. */
  defaultProviderHoldsIntegration: boolean;
  /** Workspaces are found by UUID only: GET before 1.20, PUT before 1.17 (1.9). */
  workspacesByIdOnly: boolean;
  /** DELETE of a workspace demands `{name}`; otherwise it may come without, since sources disagree and clients send none (5). */
  workspaceDeleteNeedsName: boolean;
  /** Flags read back as `1`, `0` or text instead of booleans (1.10). */
  looseBooleans: boolean;
  /** The key of a person who is no member of the workspace any more answers 403 AB03 (4.2). */
  leaversAs403: boolean;
  /** No key has this scope, such as `policies.update`, whatever it was made with (1.2); null: none is missing. */
  missingScope: string | null;
  /** Lists of one workspace's policies, keys and providers also hold rows of the others (1.2). */
  foreignRows: boolean;
  /** Gateways are told that the organisation does not limit keys, and so do not meter the budgets of keys. */
  keyLimitsNotMetered: boolean;
  /** What gateways are told of a key holds for five seconds, so that one without a sync sees each change. */
  gatewaysForgetKeys: boolean;
  /** Configs in the form of the specification alone: `{success, data}`, lists without a total, the config an object (8). */
  configsInEnvelope: boolean;
  /** The body of every refusal; null picks the one seen for the route (1.6). */
  errorShape: ErrorShape | null;
}

export function buildDefaultQuirks(): Quirks {
  return {
    conditionsOnPut: 'update',
    policyListsNeedWorkspace: false,
    listWithoutPeriodicReset: false,
    listWithoutResetDetails: false,
    dropDescription: false,
    dropTarget: false,
    nameConflict409: false,
    goneAs403: false,
    staleReads: null,
    mergingPuts: false,
    pagesFromOne: false,
    policiesIgnorePaging: false,
    pagesRepeat: false,
    wrongTotal: null,
    refuseImmutable: false,
    deleteAnswers204: false,
    echoValuesAsLists: false,
    shuffleConditions: false,
    emptyPeriodicReset: false,
    missingScopeAs401: false,
    emptyListClears: false,
    raiseDoesNotWake: false,
    lowerDoesNotExhaust: false,
    changedResetKeepsDate: false,
    sharesTakeHighThreshold: false,
    modelsDeletedByQueryOnly: false,
    defaultProviderHoldsIntegration: false,
    workspacesByIdOnly: false,
    workspaceDeleteNeedsName: false,
    looseBooleans: false,
    leaversAs403: false,
    missingScope: null,
    foreignRows: false,
    keyLimitsNotMetered: false,
    gatewaysForgetKeys: false,
    configsInEnvelope: false,
    errorShape: null,
  };
}

/** The quirks that make up an older backend; `version` is `1.<minor>`. */
export function quirksOfBackend(version: string): Partial<Quirks> {
  const match = /^1\.(\d+)(?:\.\d+)?$/.exec(version);
  if (match === null) throw new RangeError(`unknown backend version "${version}": write it as 1.16 or 1.16.0`);
  const minor = Number(match[1]);
  return {
    ...(minor < 15 && { listWithoutResetDetails: true }),
    ...(minor < 16 && { conditionsOnPut: 'ignore' as const }),
    ...(minor < 18 && { listWithoutPeriodicReset: true }),
    ...(minor < 20 && { raiseDoesNotWake: true, workspacesByIdOnly: true }),
    ...(minor < 24 && { dropTarget: true, dropDescription: true }),
  };
}

const choices: { readonly [Name in keyof Quirks]?: readonly string[] } = {
  conditionsOnPut: ['update', 'ignore', 'refuse'],
  wrongTotal: ['page', 'more', 'zero', 'none'],
  errorShape: ['flat', 'success-data', 'nested'],
};

/**
 * A switch as a flag writes it.
 *
 * | text | switches |
 * |---|---|
 * | `goneAs403` | a boolean on |
 * | `goneAs403=false` | … off |
 * | `conditionsOnPut=ignore` | one of several |
 * | `staleReads=3000ms`, `staleReads=2` | stale for a time, for a number of reads |
 * | `missingScope=policies.update` | refused for want of it |
 * | `backend=1.15` | all that this backend lacks |
 */
export function parseQuirk(text: string): Partial<Quirks> {
  const [name = '', value] = text.split('=', 2).map((part) => part.trim());
  if (name === 'backend') return quirksOfBackend(value ?? '');
  const defaults = buildDefaultQuirks();
  if (!Object.hasOwn(defaults, name)) {
    throw new RangeError(`unknown quirk "${name}": one of backend, ${Object.keys(defaults).join(', ')}`);
  }
  if (name === 'staleReads') return { staleReads: parseStaleReads(value ?? '') };
  if (name === 'missingScope') {
    if (value === undefined || value === '') throw new RangeError('quirk "missingScope" needs the name of a scope');
    return { missingScope: value };
  }
  const allowed = choices[name as keyof Quirks] ?? ['true', 'false'];
  const chosen = value ?? (allowed[0] === 'true' ? 'true' : '');
  if (!allowed.includes(chosen)) {
    throw new RangeError(`quirk "${name}" cannot be "${value ?? ''}": one of ${allowed.join(', ')}`);
  }
  return { [name]: allowed[0] === 'true' ? chosen === 'true' : chosen };
}

function parseStaleReads(value: string): StaleReads {
  const match = /^(\d+)(ms)?$/.exec(value);
  if (match === null)
    throw new RangeError(`quirk "staleReads" cannot be "${value}": write 3000ms, or a number of reads`);
  const count = Number(match[1]);
  return match[2] === 'ms' ? { ms: count } : { reads: count };
}
