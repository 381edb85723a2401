import { z } from 'zod';
import type { LimitStatus } from '../consumption/limit-status.ts';
import type { LiveRate } from '../consumption/read-rates.ts';
import { ServiceError, UserError } from '../errors.ts';
import { boundsOf } from '../impact/bounds.ts';
import { committedOf, sumCommitted, type WorkspaceTerms } from '../impact/committed.ts';
import { LiveIndex } from '../live/live-index.ts';
import { describeMatch } from '../render/describe-change.ts';
import { moneyOf } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { formatRateLimit } from '../resources/limit.ts';
import { type PolicyState, type PolicyStates, readPolicyStates } from '../run/policy-states.ts';
import { amountText, counterSchema, countersOfLimit, limitUseOf, limitUseShape, percentCell } from './limit-rows.ts';
import { findNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { type KnownLimits, readKnownLimits } from './read-workspace-limits.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({
    workspace: z.string().max(200).optional(),
    policy: z.string().max(300).optional().describe('name or id: its counters in pages'),
    kind: z.enum(['usage', 'rate']).optional(),
    state: z.enum(['in_sync', 'drifted', 'owed', 'unmanaged']).optional(),
    ...pageInput,
  });

const rowSchema = () =>
  z.object({
    id: z.string().nullable(),
    kind: z.enum(['usage', 'rate']),
    workspace: z.string().nullable(),
    state: z.enum(['in_sync', 'drifted', 'owed', 'unmanaged']).nullable(),
    rate: z.string().nullable(),
    use: z.object(limitUseShape()).nullable(),
    per: z.array(z.string()),
    counter_count: z.number().nullable(),
    counters: z.array(counterSchema()),
    untrusted: untrustedSchema('name', 'match'),
  });

const output = () =>
  z.object({
    answer: z.string(),
    policies: z.array(rowSchema()),
    counters: z.array(counterSchema()),
    committed_30_days: z
      .object({
        total: moneySchema,
        unbounded_workspaces: z.array(z.string()),
        unknown_workspaces: z.array(z.string()),
      })
      .nullable(),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type PolicyData = z.infer<ReturnType<typeof output>>;
type PolicyRow = z.infer<ReturnType<typeof rowSchema>>;

/** Counters beside a policy; all of them are given where one policy is asked for. */
const fewCounters = 3;

export const listPoliciesTool = defineTool<z.infer<ReturnType<typeof input>>, PolicyData>({
  name: 'list_policies',
  twin: 'policies',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Lists budget and rate policies with limit, use by counter, pace, run-out, next reset, their state against Git, and committed spend per 30 days.',
  hints:
    'Limits of keys and providers are in get_virtual_keys; which limits a call meets says explain_limit. Needs policies.list and policies.read; state needs the policy files and the record. In pages: `limit`, `cursor`.',
  input,
  output,
  list: ({ policy }) => (policy === undefined ? 'policies' : 'counters'),
  async run({ workspace, policy, kind, state }, context) {
    const known = await readKnownLimits(workspace, context);
    const states = await readStates(context);
    const all = [...usageRows(known, states), ...rateRows(known, states), ...missingRows(known, states)];
    const shown = all
      .filter((row) => (kind === undefined || row.kind === kind) && (state === undefined || row.state === state))
      .sort(comparePolicies);
    const chosen = policy === undefined ? shown : [findPolicy(policy, shown)];
    const [only] = chosen;
    const counters = policy === undefined || only === undefined ? [] : only.counters;
    const committed = policy === undefined ? await readCommitted(known, context) : null;
    const rows = chosen.map((row) => ({ ...row, counters: row.counters.slice(0, fewCounters) }));
    return {
      answer: describePolicies(rows, committed),
      policies: rows,
      counters,
      committed_30_days: committed,
      page: wholePage,
      notes: [
        ...known.notes.filter((note) => !/^Not read: (?:key|provider|workspace|integration) /.test(note)),
        ...(typeof states === 'string' ? [`State against Git is unknown: ${states}.`] : []),
      ],
    };
  },
  show: ({ answer, policies, counters }) => [
    {
      columns: [
        { head: 'workspace' },
        { head: 'policy' },
        { head: 'kind' },
        { head: 'limit', align: 'right' },
        { head: 'used', align: 'right' },
        { head: '%', align: 'right' },
        { head: 'fullest' },
        { head: 'next reset' },
        { head: 'runs out' },
        { head: 'state' },
      ],
      rows: policies.map(({ workspace, kind, rate, use, counters: [fullest], state, untrusted }) => [
        workspace,
        untrusted.name,
        kind,
        rate ?? amountText(use?.limit ?? null),
        amountText(use?.used ?? null),
        percentCell(use?.percent ?? null),
        fullest?.untrusted.counter ?? null,
        use?.next_reset ?? null,
        use?.runs_out ?? null,
        state,
      ]),
    },
    ...(counters.length === 0
      ? []
      : [
          {
            title: 'Counters',
            columns: [
              { head: 'counter' },
              { head: 'used', align: 'right' as const },
              { head: '%', align: 'right' as const },
              { head: 'state' },
            ],
            rows: counters.map(({ untrusted, used, percent, state }) => [
              untrusted.counter,
              amountText(used),
              percentCell(percent),
              state,
            ]),
          },
        ]),
    { text: answer },
  ],
});

/** A text: why they are not known. */
async function readStates({ options, open, session, desired }: ToolContext): Promise<PolicyStates | string> {
  if ((await desired()) === null) return 'no policy files are at hand';
  try {
    return await readPolicyStates({ ...options, quiet: true }, open, session);
  } catch (error) {
    if (error instanceof UserError || error instanceof ServiceError) return error.message;
    throw error;
  }
}

function stateOf(states: PolicyStates | string, id: string): PolicyState | null {
  return typeof states === 'string' ? null : states.of(id);
}

function usageRows({ judged, read }: KnownLimits, states: PolicyStates | string): PolicyRow[] {
  const isPolicy = ({ facts }: LimitStatus): boolean => facts.kind === 'usage-policy';
  return judged.limits.filter(isPolicy).map((status) => {
    const { facts } = status;
    const counters = countersOfLimit(facts, read.keyNames);
    return {
      id: facts.id,
      kind: 'usage',
      workspace: facts.workspace,
      state: stateOf(states, facts.id),
      rate: null,
      use: limitUseOf(status),
      per: [...facts.per],
      counter_count: facts.usage.known ? status.counters : null,
      counters,
      untrusted: { name: facts.name, match: describeMatch(facts.match, read.keyNames) },
    };
  });
}

function rateRows({ rates, read }: KnownLimits, states: PolicyStates | string): PolicyRow[] {
  const isPolicy = ({ kind }: LiveRate): boolean => kind === 'rate-policy';
  return rates.filter(isPolicy).map((rate) => ({
    id: rate.id,
    kind: 'rate',
    workspace: rate.workspace,
    state: stateOf(states, rate.id),
    rate: formatRateLimit(rate),
    use: null,
    per: [...rate.per],
    counter_count: null,
    counters: [],
    untrusted: { name: rate.name, match: describeMatch(rate.match, read.keyNames) },
  }));
}

function missingRows({ workspaces }: KnownLimits, states: PolicyStates | string): PolicyRow[] {
  if (typeof states === 'string') return [];
  const slugs = new Set(workspaces.map(({ slug }) => slug));
  return states.missing
    .filter(({ workspace }) => workspace === null || slugs.has(workspace))
    .map(({ kind, workspace, name }) => ({
      id: null,
      kind: kind === 'usage-policy' ? 'usage' : 'rate',
      workspace,
      state: 'owed',
      rate: null,
      use: null,
      per: [],
      counter_count: null,
      counters: [],
      untrusted: { name, match: null },
    }));
}

/** The fullest first, then what is unknown, rates last; equals by place and name. */
function comparePolicies(a: PolicyRow, b: PolicyRow): number {
  const place = ({ workspace, untrusted, id }: PolicyRow): string =>
    [workspace ?? '', untrusted.name ?? '', id ?? ''].join('\n');
  const fill = ({ use, kind }: PolicyRow): number =>
    use?.state === 'exhausted' ? 1_000 : (use?.percent ?? (kind === 'usage' ? -1 : -2));
  return fill(b) - fill(a) || (place(a) < place(b) ? -1 : 1);
}

function findPolicy(wanted: string, rows: readonly PolicyRow[]): PolicyRow {
  return findNamed('policy', wanted, rows, ({ id, untrusted }) => ({
    sure: id === null ? [] : [id],
    name: untrusted.name,
  }));
}

/** What the budgets of each workspace let it spend in 30 days. Null: too little was read. */
async function readCommitted(
  { workspaces }: KnownLimits,
  { reads }: ToolContext,
): Promise<PolicyData['committed_30_days']> {
  const lists = new Map(
    await Promise.all(
      workspaces.map(async ({ id }) => {
        const [policies, keys] = await Promise.all([reads.ask('listUsagePolicies', id), reads.ask('listKeys', id)]);
        return [id, { policies, keys }] as const;
      }),
    ),
  );
  const rows = await reads.ask('listWorkspaces');
  if ('unknown' in rows) return null;
  const wanted = new Set(workspaces.map(({ id }) => id));
  const objects = rows.value
    .filter(({ id }) => wanted.has(id))
    .map((row) => ({ kind: 'workspace-limits' as const, id: row.id, name: 'limits', workspaceId: row.id, row }));
  const read = new Set(objects.map(({ id }) => `${id}/workspace-limits`));
  const index = new LiveIndex({ organisationId: '', baseUrl: '', workspaces, objects, integrations: [], read });
  const bounds = boundsOf([], index, { lists }, workspaces);
  const committed = workspaces.map(({ id, slug }) => {
    const terms: WorkspaceTerms = bounds.get(id)?.before ?? { budgets: [], policies: null, keys: null };
    return { slug, committed: committedOf(terms) };
  });
  const slugsOf = (kind: string): string[] =>
    committed.filter((one) => one.committed.kind === kind).map(({ slug }) => slug);
  const sum = sumCommitted(committed.map((one) => one.committed));
  return {
    total: moneyOf(sum.cents),
    unbounded_workspaces: slugsOf('unbounded'),
    unknown_workspaces: slugsOf('unknown'),
  };
}

function describePolicies(rows: readonly PolicyRow[], committed: PolicyData['committed_30_days']): string {
  const count = (what: (row: PolicyRow) => boolean): number => rows.filter(what).length;
  const exhausted = count(({ use }) => use?.state === 'exhausted');
  const alert = count(({ use }) => use?.state === 'alert');
  const apart = count(({ state }) => state === 'drifted' || state === 'owed');
  const unmanaged = count(({ state }) => state === 'unmanaged');
  const parts = [
    `${rows.length} ${rows.length === 1 ? 'policy' : 'policies'}`,
    ...(exhausted === 0 ? [] : [`${exhausted} exhausted`]),
    ...(alert === 0 ? [] : [`${alert} past the alert`]),
    ...(apart === 0 ? [] : [`${apart} not as Git has it`]),
    ...(unmanaged === 0 ? [] : [`${unmanaged} unmanaged`]),
  ];
  const unbounded =
    committed === null || committed.unbounded_workspaces.length === 0
      ? ''
      : `, and without bound in ${committed.unbounded_workspaces.join(', ')}`;
  const money = committed === null ? '' : ` Committed per 30 days: ${committed.total.usd}${unbounded}.`;
  return `${parts.join(', ')}.${money}`;
}
