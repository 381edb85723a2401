/**
 * Switches that make the stand-in behave as an older backend, another deployment, or the service on a bad day. Each one
 * names something that was seen or documented; all are off at the start unless asked for.
 * Data only, so that a command line flag or a test can carry them.
 */

export interface StaleReads {
  /** Reads show the value before the write until this much time has passed, by the injected clock. Default 0. */
  readonly ms?: number;
  /** … and for this many reads of the object, lists included. Default 0. */
  readonly reads?: number;
  /** Objects just created are missing as well. Default false. */
  readonly creations?: boolean;
}

const flag = [false, true] as const;

/** What each switch can be; the first is the default. */
const switches = {
  /** `conditions` in a policy's PUT: taken (1.16 and later), dropped in silence, or 400 AB01. */
  conditionsOnPut: ['update', 'ignore', 'refuse'],
  /** Lists of policies by an admin key that name no workspace are 400 AB01; otherwise they are of all. */
  policyListsNeedWorkspace: flag,
  /** Lists of usage policies lack `periodic_reset` (before 1.18). */
  listWithoutPeriodicReset: flag,
  /** Lists of usage policies lack `periodic_reset_days`, `next_usage_reset_at`, `last_reset_at` (before 1.15). */
  listWithoutResetDetails: flag,
  /** Policies forget `description` and never show it. */
  dropDescription: flag,
  /** Rate policies never show `target` (before 1.24). */
  dropTarget: flag,
  /** A second active policy, or key, of the same name in a workspace is 409 AB07; otherwise names may repeat. */
  nameConflict409: flag,
  /** What is gone or archived answers 403 AB03 instead of 404 AB08. */
  goneAs403: flag,
  /** Nested values of a PUT are merged into the old ones instead of replacing them. */
  mergingPuts: flag,
  /** `current_page` counts from 1; 0 is taken as 1. */
  pagesFromOne: flag,
  /** Lists of policies answer every row whatever page was asked for. */
  policiesIgnorePaging: flag,
  /** Every page is the first one. */
  pagesRepeat: flag,
  /** `total` counts the page (`page`), one row too many (`more`), nothing (`zero`), or is not there (`none`); backends before 1.3. */
  wrongTotal: [null, 'page', 'more', 'zero', 'none'],
  /** Immutable fields in a PUT are 400 AB01 instead of ignored in silence. */
  refuseImmutable: flag,
  /** DELETE answers 204 with no body. */
  deleteAnswers204: flag,
  /** A condition's single value reads back as a list of one; `"*"` does not, it would change its meaning. */
  echoValuesAsLists: flag,
  /** Conditions, their members and their lists read back in another order. */
  shuffleConditions: flag,
  /** A workspace's cleared limits, and limits without a reset, read back with `periodic_reset: ""`. */
  emptyPeriodicReset: flag,
  /** A missing scope is 401 AB05 instead of 403 AB03. */
  missingScopeAs401: flag,
  /** `[]` in a PUT clears limits; otherwise it changes nothing, as only `null` is proven to clear. */
  emptyListClears: flag,
  /** Raising the limit of a usage policy leaves its exhausted entities blocked (before 1.20). */
  raiseDoesNotWake: flag,
  /** A counter that a lowered limit has left above it goes on saying `active`; otherwise until the next whole minute. */
  lowerDoesNotExhaust: flag,
  /** A limit whose reset is changed without a date keeps the date it had. */
  changedResetKeepsDate: flag,
  /** Shares of integrations take an `alert_threshold` at or above `credit_limit`. */
  sharesTakeHighThreshold: flag,
  /** `pricing_config: null` of a model leaves its price; that null takes it away is documented of multipliers alone. */
  nullKeepsPrices: flag,
  /** Custom models are deleted by `?slugs=` alone, a body is 400 AB01; otherwise by either. */
  modelsDeletedByQueryOnly: flag,
  /** An integration cannot be deleted while the provider that its creation made is there: 409 AB07. */
  defaultProviderHoldsIntegration: flag,
  /** Workspaces are found by UUID only: GET before 1.20, PUT before 1.17. */
  workspacesByIdOnly: flag,
  /** DELETE of a workspace demands `{name}`; otherwise it may come without, since sources disagree and clients send none. */
  workspaceDeleteNeedsName: flag,
  /** Flags read back as `1`, `0` or text instead of booleans. */
  looseBooleans: flag,
  /** The key of a person who is not a member of the workspace any more answers 403 AB03. */
  leaversAs403: flag,
  /** Lists of one workspace's policies, keys and providers also hold rows of the others. */
  foreignRows: flag,
  /** Gateways are told that the organisation does not limit keys, and so do not meter the budgets of keys. */
  keyLimitsNotMetered: flag,
  /** What gateways are told of a key holds for five seconds, so that one without a sync sees each change. */
  gatewaysForgetKeys: flag,
  /** Configs in the form of the specification alone: `{success, data}`, lists without a total, the config an object. */
  configsInEnvelope: flag,
  /** At which look a log export that was started is done. */
  exportsDone: ['first', 'third', 'never'],
  /** Log exports that are started come to nothing. */
  exportsFail: flag,
  /** The file of an export: all of it, half of its rows, or its last line broken off. */
  exportFiles: ['whole', 'half', 'broken'],
  /** Numbers in the file of an export are text, and what is empty or zero is not there. */
  exportRowsAsText: flag,
  /** `total` of an export: all rows that fit, those of one page, or not said. */
  exportTotals: ['all', 'page', 'none'],
  /** Exports show their `total` when they are read, as well as when they are made. */
  exportsShowTotal: flag,
  /** Single logs and models are below `/gateway/v1` alone, as where the gateway is self-hosted. */
  gatewayApart: flag,
  /** `/models` refuses keys that belong to no workspace: 403 AB03. */
  modelsNeedWorkspaceKey: flag,
  /** Graphs of tokens tell prompt and completion apart; otherwise total and average alone, as documented. */
  tokensSplit: flag,
  /** Every number of analytics is text, as those of users are. */
  analyticsAsText: flag,
  /** The body of every refusal; null picks the one seen for the route. */
  errorShape: [null, 'flat', 'success-data', 'nested'],
} as const;

type Switches = { -readonly [Name in keyof typeof switches]: (typeof switches)[Name][number] };

export interface Quirks extends Switches {
  /** Reads after a PUT or DELETE show the old object for a while; null is off. */
  staleReads: StaleReads | null;
  /** No key has this scope, such as `policies.update`, whatever it was made with; null: none is missing. */
  missingScope: string | null;
}

/** The quirks that are on or off. */
export type Flag = { [Name in keyof Switches]: Switches[Name] extends boolean ? Name : never }[keyof Switches];

export function buildDefaultQuirks(): Quirks {
  const first = Object.entries(switches).map(([name, [value]]) => [name, value]);
  return { ...(Object.fromEntries(first) as Switches), staleReads: null, missingScope: null };
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
  const values: readonly unknown[] = switches[name as keyof Switches];
  const isFlag = values.includes(true);
  const allowed = isFlag ? [true, false] : values.filter((each) => each !== null);
  const chosen = allowed.find((each) => String(each) === (value ?? (isFlag ? 'true' : '')));
  if (chosen === undefined) {
    throw new RangeError(`quirk "${name}" cannot be "${value ?? ''}": one of ${allowed.join(', ')}`);
  }
  return { [name]: chosen };
}

function parseStaleReads(value: string): StaleReads {
  const match = /^(\d+)(ms)?$/.exec(value);
  if (match === null)
    throw new RangeError(`quirk "staleReads" cannot be "${value}": write 3000ms, or a number of reads`);
  const count = Number(match[1]);
  return match[2] === 'ms' ? { ms: count } : { reads: count };
}
