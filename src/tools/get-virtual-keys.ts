import { z } from 'zod';
import { type Grouping, type GroupRow, readGroups } from '../consumption/analytics.ts';
import type { Known } from '../consumption/ask.ts';
import { expiryDays } from '../consumption/expiring.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import { type CallFacts, matchCall } from '../consumption/match-call.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { ServiceError } from '../errors.ts';
import { moneyOrNull } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { formatRateLimit } from '../resources/limit.ts';
import type { WireKey, WireProvider } from '../resources/wire.ts';
import { amountText, limitUseOf, limitUseShape, percentCell } from './limit-rows.ts';
import type { WorkspaceHandle } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { type KnownLimits, readKnownLimits } from './read-workspace-limits.ts';
import { moneyCell } from './spend-groups.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

const kinds = ['api-key', 'provider', 'virtual-key'] as const;
const flags = ['exhausted', 'expiring', 'expired', 'forgotten'] as const;

const input = () =>
  z.strictObject({
    workspace: z.string().max(200).optional(),
    kind: z.enum(kinds).optional(),
    only: z.enum(flags).optional(),
    ...pageInput,
  });

const rowSchema = () =>
  z.object({
    kind: z.enum(kinds),
    id: z.string(),
    slug: z.string().nullable(),
    workspace: z.string().nullable(),
    type: z.string().nullable(),
    status: z.string().nullable(),
    flags: z.array(z.enum(flags)),
    use: z.object(limitUseShape()).nullable(),
    rates: z.array(z.string()),
    expires_at: z.string().nullable(),
    requests_30_days: z.number().nullable(),
    cost_30_days: moneySchema.nullable(),
    last_call: z.string().nullable(),
    policies: z.array(
      z.object({ id: z.string(), applies: z.enum(['always', 'sometimes']), untrusted: untrustedSchema('name') }),
    ),
    untrusted: untrustedSchema('name', 'recipients'),
  });
type KeyRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({ answer: z.string(), keys: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

const idleDays = 30;

const keyCalls: Grouping = { path: '/groups/api_key', columns: 'cost,last_seen', names: ['api_key', 'api_key_id'] };
const providerCalls: Grouping = {
  path: '/groups/provider',
  columns: 'cost,last_seen',
  names: ['provider', 'virtual_key'],
};

export const getVirtualKeysTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'get_virtual_keys',
  twin: 'keys',
  toolset: 'keys',
  effect: 'read',
  purpose:
    'Lists API keys, providers and older virtual keys with limit, used, remaining, expiry, calls and spend of 30 days, and the policies that bind them.',
  hints:
    'forgotten: no call in 30 days and no limit. No secret of a key is ever shown. For policies themselves use list_policies. Needs the scopes to list keys and providers; use of providers needs analytics. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'keys',
  async run({ workspace, kind, only }, context) {
    const known = await readKnownLimits(workspace, context);
    const places = await Promise.all(known.workspaces.map((place) => readPlace(place, known, context)));
    const common = workspace === undefined ? await readOrganisationKeys(known, context) : { rows: [], notes: [] };
    const all = [...places.flatMap(({ rows }) => rows), ...common.rows];
    const keys = all
      .filter((row) => (kind === undefined || row.kind === kind) && (only === undefined || row.flags.includes(only)))
      .sort(compareKeys);
    const count = (flag: (typeof flags)[number]): number => keys.filter(({ flags: own }) => own.includes(flag)).length;
    const parts = flags.flatMap((flag) => (count(flag) === 0 ? [] : [`${count(flag)} ${flag}`]));
    return {
      answer: `${keys.length} ${keys.length === 1 ? 'key or provider' : 'keys and providers'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`,
      keys,
      page: wholePage,
      notes: [...new Set([...known.notes, ...places.flatMap(({ notes }) => notes), ...common.notes])],
    };
  },
  show: ({ answer, keys }) => [
    {
      columns: [
        { head: 'workspace' },
        { head: 'kind' },
        { head: 'name' },
        { head: 'status' },
        { head: 'limit', align: 'right' },
        { head: 'used', align: 'right' },
        { head: 'left', align: 'right' },
        { head: '%', align: 'right' },
        { head: 'spent 30 d', align: 'right' },
        { head: 'last call' },
        { head: 'expires' },
        { head: 'policies' },
        { head: 'look at' },
      ],
      rows: keys.map((row) => [
        row.workspace ?? '(organisation)',
        row.kind,
        row.slug ?? row.untrusted.name,
        row.status,
        row.use === null ? 'none' : amountText(row.use.limit),
        amountText(row.use?.used ?? null),
        amountText(row.use?.remaining ?? null),
        percentCell(row.use?.percent ?? null),
        moneyCell(row.cost_30_days),
        row.last_call?.slice(0, 10) ?? null,
        row.expires_at?.slice(0, 10) ?? 'never',
        row.policies.map(({ untrusted }) => untrusted.name).join(', '),
        row.flags.join(', '),
      ]),
    },
    { text: answer },
  ],
});

interface ReadRows {
  readonly rows: readonly KeyRow[];
  readonly notes: readonly string[];
}

async function readPlace(place: WorkspaceHandle, known: KnownLimits, context: ToolContext): Promise<ReadRows> {
  const { reads } = context;
  const [keys, providers, older, ofKeys, ofProviders] = await Promise.all([
    reads.ask('listKeys', place.id),
    reads.ask('listProviders', place.id),
    readVirtualKeys(place, context),
    readCallsBy(keyCalls, place, context),
    readCallsBy(providerCalls, place, context),
  ]);
  const toRow = createRows(place, known, context);
  const listed = 'value' in providers ? providers.value : [];
  const slugs = new Set(listed.map(({ slug }) => slug));
  const only = 'value' in older ? older.value.filter(({ slug }) => !slugs.has(slug)) : [];
  return {
    rows: [
      ...('value' in keys ? keys.value.map((row) => toRow.ofKey(row, ofKeys)) : []),
      ...listed.map((row) => toRow.ofProvider('provider', row, ofProviders)),
      ...only.map((row) => toRow.ofProvider('virtual-key', row, ofProviders)),
    ],
    notes: [
      ...('unknown' in older ? [`Older virtual keys are not known: ${older.unknown}.`] : []),
      ...[ofKeys, ofProviders].flatMap((calls) =>
        'unknown' in calls ? [`Calls of the last ${idleDays} days are unknown: ${calls.unknown}.`] : [],
      ),
    ],
  };
}

async function readOrganisationKeys(known: KnownLimits, context: ToolContext): Promise<ReadRows> {
  const keys = await context.reads.ask('listKeys', null);
  if ('unknown' in keys) return { rows: [], notes: [`Keys of the organisation are not known: ${keys.unknown}.`] };
  const nothing = { unknown: 'analytics are asked by workspace' };
  const toRow = createRows(null, known, context);
  return { rows: keys.value.map((row) => toRow.ofKey(row, nothing)), notes: [] };
}

function createRows(place: WorkspaceHandle | null, { judged, rates, read }: KnownLimits, context: ToolContext) {
  const now = context.now();
  const own = judged.limits.filter(({ facts }) => facts.workspace === (place?.slug ?? null));
  const policies = own.filter(({ facts }) => facts.kind === 'usage-policy');
  const ratePolicies = rates.filter(({ kind, workspace }) => kind === 'rate-policy' && workspace === place?.slug);

  const policiesOf = (facts: CallFacts): KeyRow['policies'] =>
    [...policies.map(({ facts: one }) => one), ...ratePolicies]
      .sort((a, b) => (a.name + a.id < b.name + b.id ? -1 : 1))
      .flatMap(({ id, name, match, per }) => {
        const { applies } = matchCall(match, per, facts);
        return applies === 'no'
          ? []
          : [{ id, applies: applies === 'yes' ? 'always' : 'sometimes', untrusted: { name } }];
      });

  function common(
    status: LimitStatus | undefined,
    row: { readonly status?: string | null | undefined; readonly expires_at?: string | null | undefined },
    calls: Known<ReadonlyMap<string, GroupRow>>,
    key: string,
    limits: readonly string[],
  ) {
    const made = 'value' in calls ? (calls.value.get(key) ?? null) : undefined;
    const requests = made === undefined ? null : (made?.requests ?? (made === null ? 0 : null));
    const expires = row.expires_at ? Date.parse(row.expires_at) : Number.NaN;
    const isExpired = row.status === 'expired' || expires <= now;
    return {
      status: row.status ?? null,
      use: status === undefined ? null : limitUseOf(status),
      rates: [...limits],
      expires_at: row.expires_at ?? null,
      requests_30_days: requests,
      cost_30_days: made === undefined ? null : moneyOrNull(made === null ? { n: 0n, d: 1n } : made.cost),
      last_call: made?.lastSeen ?? null,
      flags: flags.filter((flag) => {
        if (flag === 'exhausted') return status?.state === 'exhausted' || row.status === 'exhausted';
        if (flag === 'expired') return isExpired;
        if (flag === 'expiring') return !isExpired && expires <= now + expiryDays * dayMilliseconds;
        return requests === 0 && status === undefined && limits.length === 0 && !isExpired;
      }),
    };
  }

  const ratesOf = (kind: string, id: string): string[] =>
    rates.filter((rate) => rate.kind === kind && rate.id === id).map(formatRateLimit);

  return {
    ofKey(row: WireKey, calls: Known<ReadonlyMap<string, GroupRow>>): KeyRow {
      const status = own.find(({ facts }) => facts.kind === 'key-limits' && facts.id === row.id);
      return {
        kind: 'api-key',
        id: row.id,
        slug: null,
        workspace: place?.slug ?? null,
        type: row.type ?? null,
        ...common(status, row, calls, row.id, ratesOf('key-limits', row.id)),
        policies: place === null ? [] : policiesOf({ values: { api_key: row.id }, knowsMetadata: false }),
        untrusted: {
          name: read.keyNames[row.id] ?? row.name ?? null,
          recipients: row.alert_emails?.join(', ') ?? null,
        },
      };
    },
    ofProvider(
      kind: 'provider' | 'virtual-key',
      row: WireProvider,
      calls: Known<ReadonlyMap<string, GroupRow>>,
    ): KeyRow {
      const status = own.find(({ facts }) => facts.kind === 'provider-limits' && facts.id === row.id);
      const vendor = row.provider ?? row.ai_provider_name;
      const values = { virtual_key: row.slug, ...(typeof vendor === 'string' ? { provider: vendor } : {}) };
      return {
        kind,
        id: row.id,
        slug: row.slug,
        workspace: place?.slug ?? null,
        type: typeof vendor === 'string' ? vendor : null,
        ...common(status, row, calls, row.slug, ratesOf('provider-limits', row.id)),
        policies: policiesOf({ values, knowsMetadata: false }),
        untrusted: { name: row.name ?? null, recipients: null },
      };
    },
  };
}

async function readCallsBy(
  grouping: Grouping,
  { slug }: WorkspaceHandle,
  { reads, now }: ToolContext,
): Promise<Known<ReadonlyMap<string, GroupRow>>> {
  const calls = { workspace: slug, from: now() - idleDays * dayMilliseconds, to: now() };
  const groups = await readGroups(reads, grouping, calls, { shows: ['requests'] });
  if ('unknown' in groups) return groups;
  const { rows, cut } = groups.value;
  // What is not among a part may have made calls.
  return cut === null ? { value: new Map(rows.map((row) => [row.name, row])) } : { unknown: cut };
}

/** The older list, which the service means to take away; not in the port, as nothing else asks for it. */
async function readVirtualKeys(
  { id }: WorkspaceHandle,
  { open }: ToolContext,
): Promise<Known<readonly WireProvider[]>> {
  try {
    const { body } = await open.probe({ path: '/virtual-keys', query: { workspace_id: id } });
    const rows: unknown = body.data;
    if (!Array.isArray(rows)) return { unknown: 'GET /virtual-keys: the answer holds no list' };
    const own = rows
      .filter(isVirtualKey)
      .filter(({ workspace_id: of }) => of === undefined || of === null || of === id);
    return { value: own.map((row) => ({ ...row, id: row.id ?? row.slug })) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { unknown: `GET /virtual-keys: ${error.status ?? 'no answer'}` };
  }
}

function isVirtualKey(row: unknown): row is WireProvider {
  const { slug, id } = (row ?? {}) as { readonly slug?: unknown; readonly id?: unknown };
  return typeof slug === 'string' && (typeof id === 'string' || id === undefined);
}

/** What has to be looked at first, then by place and name. */
function compareKeys(a: KeyRow, b: KeyRow): number {
  const place = ({ workspace, kind, slug, untrusted, id }: KeyRow): string =>
    [workspace ?? '~', kind, slug ?? untrusted.name ?? '', id].join('\n');
  return Math.sign(b.flags.length) - Math.sign(a.flags.length) || (place(a) < place(b) ? -1 : 1);
}
