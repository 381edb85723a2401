import { z } from 'zod';
import { isOverLimit, percentOf } from '../consumption/counters.ts';
import { judgeLimit, type LimitStatus } from '../consumption/limit-status.ts';
import { type CallFacts, type CallMatch, matchCall, valueKeysOf } from '../consumption/match-call.ts';
import type { LiveRate } from '../consumption/read-rates.ts';
import { exactOf } from '../exact.ts';
import { formatRateLimit } from '../resources/limit.ts';
import type { WireKey, WireProvider } from '../resources/wire.ts';
import { amountText, describeCounter, kindWords, limitUseOf, limitUseShape, percentCell } from './limit-rows.ts';
import { priceData, priceShape, readModelName, readPriceBook } from './model-price.ts';
import { findNamed, workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { type KnownLimits, readKnownLimits } from './read-workspace-limits.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

const text = () => z.string().min(1).max(300).optional();

const input = () =>
  z.strictObject({
    workspace: z.string().min(1).max(200),
    policy: text().describe('only this policy, by name or id'),
    key: text().describe('API key: name or id'),
    user: text().describe('_user of the metadata'),
    model: text().describe('@openai/gpt-4o'),
    provider: text().describe('slug'),
    config: text(),
    metadata: z.record(z.string(), z.string()).optional().describe('all metadata of the call'),
    ...pageInput,
  });
type ExplainInput = z.infer<ReturnType<typeof input>>;

const rowSchema = () =>
  z.object({
    place: z.string(),
    id: z.string(),
    applies: z.enum(['yes', 'unknown']),
    needs: z.array(z.string()),
    refuses_now: z.boolean().nullable(),
    answers: z.string(),
    rate: z.string().nullable(),
    use: z.object(limitUseShape()).nullable(),
    untrusted: untrustedSchema('name', 'counter'),
  });
type ExplainRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({
    answer: z.string(),
    limits: z.array(rowSchema()),
    ends_first: z.object({ place: z.string(), id: z.string(), at: z.string() }).nullable(),
    does_not_apply: z.number(),
    model: z.object({ name: z.string(), ...priceShape() }).nullable(),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const explainLimitTool = defineTool<ExplainInput, z.infer<ReturnType<typeof output>>>({
  name: 'explain_limit',
  twin: 'explain',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Explains which limits a call of a key, user, model, provider or metadata meets at all five places, which refuses it now, which ends first and when, and whether the model is counted.',
  hints:
    'What is not given is not known: such limits are listed as `unknown` with what they need. It does not change or reset anything. For all limits use list_policies and get_virtual_keys. Needs the scopes to list policies, keys, providers and integrations. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'limits',
  async run(given, context) {
    const known = await readKnownLimits(given.workspace, context);
    const call = await readCall(given, known, context);
    const budgets = known.judged.limits.map((status) => explainBudget(status, call, known, context));
    const rates = known.rates.map((rate) => explainRate(rate, call));
    const all = [...budgets, ...rates].filter((one) => given.policy === undefined || isPolicyRow(one.row));
    const chosen =
      given.policy === undefined
        ? all
        : [findNamed('policy', given.policy, all, ({ row }) => ({ sure: [row.id], name: row.untrusted.name }))];
    const limits = chosen.flatMap(({ row, match }) => (match.applies === 'no' ? [] : [row])).sort(compareRows);
    const out = chosen.filter(({ match }) => match.applies === 'no');
    const price = await readModelPrice(call, context);
    const ends = endsFirst(limits);
    return {
      answer: describeCall(limits, ends, price?.data ?? null, out),
      limits,
      ends_first: ends,
      does_not_apply: out.length,
      model: price?.data ?? null,
      page: wholePage,
      notes: [...known.notes, ...call.notes, ...(price?.notes ?? [])],
    };
  },
  show: ({ answer, limits }) => [
    {
      columns: [
        { head: 'place' },
        { head: 'name' },
        { head: 'applies' },
        { head: 'limit', align: 'right' },
        { head: 'used', align: 'right' },
        { head: '%', align: 'right' },
        { head: 'counter' },
        { head: 'next reset' },
        { head: 'runs out' },
      ],
      rows: limits.map(({ place, applies, needs, rate, use, untrusted }) => [
        place,
        untrusted.name,
        applies === 'yes' ? 'yes' : `if ${needs.join(', ')}`,
        rate ?? amountText(use?.limit ?? null),
        amountText(use?.used ?? null),
        percentCell(use?.percent ?? null),
        untrusted.counter,
        use?.next_reset ?? null,
        use?.runs_out ?? null,
      ]),
    },
    { text: answer },
  ],
});

interface ExplainedCall {
  readonly facts: CallFacts;
  /** Of what is grouped by id. */
  readonly ids: Readonly<Record<string, string | undefined>>;
  readonly key: WireKey | null;
  readonly provider: WireProvider | null;
  readonly model: { readonly text: string; readonly provider: string } | null;
  readonly notes: readonly string[];
}

async function readCall(given: ExplainInput, known: KnownLimits, { reads }: ToolContext): Promise<ExplainedCall> {
  const workspace = workspaceNamed(given.workspace, known.workspaces);
  const [keys, providers] = await Promise.all([
    given.key === undefined ? [] : reads.backend.listKeys(workspace.id),
    given.provider === undefined && given.model === undefined ? [] : reads.backend.listProviders(workspace.id),
  ]);
  const key =
    given.key === undefined
      ? null
      : findNamed('API key', given.key, keys, ({ id, name }) => ({ sure: [id], name: name ?? null }));
  const written = given.model === undefined ? null : readModelName(given.model);
  if (given.model !== undefined && written === null) {
    throw new ToolRefusal('invalid_input', 'model: it names no single model', { hint: 'Write @openai/gpt-4o.' });
  }
  // Before the slash may stand the slug of a provider of the workspace, or its vendor.
  const bySlug = providers.find(({ slug }) => slug === written?.provider);
  const provider =
    given.provider === undefined
      ? (bySlug ?? null)
      : findNamed('provider', given.provider, providers, ({ id, slug, name }) => ({
          sure: [id, slug],
          name: name ?? null,
        }));
  const vendor = provider === null ? written?.provider : vendorOf(provider);
  const metadata = { ...given.metadata, ...(given.user === undefined ? {} : { _user: given.user }) };
  const pairs = Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value] as const);
  const name = written === null ? undefined : written.text.slice(written.text.indexOf('/') + 1);
  const values: Record<string, string | undefined> = {
    api_key: key?.id,
    virtual_key: provider?.slug,
    provider: vendor,
    model: vendor === undefined || name === undefined ? undefined : `@${vendor}/${name}`,
    config: given.config,
    ...Object.fromEntries(pairs),
  };
  return {
    facts: {
      values: Object.fromEntries(
        Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined),
      ),
      knowsMetadata: given.metadata !== undefined,
    },
    ids: { workspace_id: workspace.id, virtual_key: provider?.id, api_key: key?.id },
    key,
    provider,
    model: written,
    notes: [
      ...(key === null ? ['No key is given: limits of keys are left out.'] : describeExpiry(key)),
      ...(provider === null ? ['No provider is given: limits of providers and integrations are left out.'] : []),
    ],
  };
}

function vendorOf(provider: WireProvider): string | undefined {
  const vendor = provider.provider ?? provider.ai_provider_name;
  return typeof vendor === 'string' ? vendor : undefined;
}

function describeExpiry({ status }: WireKey): string[] {
  return status === 'expired' ? ['The key has expired: every call with it answers 401.'] : [];
}

interface Explained {
  readonly row: ExplainRow;
  readonly match: CallMatch;
}

const isOther = { applies: 'no', because: 'it is of another' } as const;

/** Of attachment points the object itself says whether the call meets it. */
function matchPlace(
  { kind, id, name, match, per }: Pick<LiveRate, 'kind' | 'id' | 'name' | 'match' | 'per'>,
  call: ExplainedCall,
): CallMatch {
  switch (kind) {
    case 'workspace-limits':
      return { applies: 'yes' };
    case 'key-limits':
      return call.key?.id === id ? { applies: 'yes' } : isOther;
    case 'provider-limits':
      return call.provider?.id === id ? { applies: 'yes' } : isOther;
    case 'integration-limits':
      return call.provider?.integration_id === name ? { applies: 'yes' } : isOther;
    case 'usage-policy':
    case 'rate-policy':
      return matchCall(match, per, call.facts);
  }
}

/** The limit with the counter of this very call, where it is known. */
function explainBudget(
  status: LimitStatus,
  call: ExplainedCall,
  { read }: KnownLimits,
  { now }: ToolContext,
): Explained {
  const { facts } = status;
  const match = matchPlace(facts, call);
  const isPolicy = facts.kind === 'usage-policy';
  const keys = isPolicy ? valueKeysOf(facts.per, call.facts, call.ids) : [];
  const { usage } = facts;
  const counters = isPolicy && usage.known ? usage.counters : [];
  const own = keys === null ? undefined : counters.find(({ valueKey }) => valueKey !== null && keys.includes(valueKey));
  const needs =
    keys === null ? facts.per.filter((key) => call.ids[key] === undefined && call.facts.values[key] === undefined) : [];
  // A counter that is not there has not counted anything yet; of a call that is not known whole, the fullest stands for it.
  const mine =
    !isPolicy || !usage.known || keys === null
      ? status
      : judgeLimit({ ...facts, usage: { ...usage, counters: own === undefined ? [] : [own] } }, null, now());
  const limit = exactOf(facts.amount);
  const isSpent = isPolicy
    ? own === undefined
      ? keys === null
        ? null
        : false
      : isOverLimit(own, limit)
    : status.state === 'exhausted';
  const unknown = match.applies === 'unknown' ? match.needs : [];
  const reset = mine.nextReset;
  const until = typeof reset === 'number' ? ` until ${new Date(reset).toISOString()}` : '';
  return {
    match,
    row: {
      place: kindWords[facts.kind],
      id: facts.id,
      applies: match.applies === 'yes' ? 'yes' : 'unknown',
      needs: [...new Set([...unknown, ...needs])].sort(),
      refuses_now: match.applies !== 'yes' || (!usage.known && facts.verdict === null) ? null : isSpent,
      answers: isSpent === true ? `412${until}` : '412 once it is spent',
      rate: null,
      use: { ...limitUseOf(mine), percent: mine.used === null ? null : percentOf(mine.used, limit) },
      untrusted: {
        name: facts.name,
        counter: own === undefined ? null : describeCounter(own.valueKey, facts.per, read.keyNames),
      },
    },
  };
}

function explainRate(rate: LiveRate, call: ExplainedCall): Explained {
  const match = matchPlace(rate, call);
  return {
    match,
    row: {
      place: kindWords[rate.kind],
      id: rate.id,
      applies: match.applies === 'yes' ? 'yes' : 'unknown',
      needs: match.applies === 'unknown' ? [...match.needs] : [],
      // How full the window is, the service does not show.
      refuses_now: null,
      answers: '429 while the window is full',
      rate: formatRateLimit(rate),
      use: null,
      untrusted: { name: rate.name, counter: null },
    },
  };
}

function isPolicyRow({ place }: ExplainRow): boolean {
  return place === kindWords['usage-policy'] || place === kindWords['rate-policy'];
}

/** What refuses first, then what certainly applies, the fullest ahead; rates last. */
function compareRows(a: ExplainRow, b: ExplainRow): number {
  const rank = ({ refuses_now: refuses, applies, use }: ExplainRow): number =>
    (refuses === true ? 10_000 : 0) +
    (applies === 'yes' ? 2_000 : 0) +
    (use === null ? -1_000 : Math.min(999, use.percent ?? 0));
  const place = ({ place, untrusted, id }: ExplainRow): string => [place, untrusted.name ?? '', id].join('\n');
  return rank(b) - rank(a) || (place(a) < place(b) ? -1 : 1);
}

/** Of those that certainly apply. */
function endsFirst(limits: readonly ExplainRow[]): { place: string; id: string; at: string } | null {
  const ends = limits
    .filter(
      ({ applies, use }) =>
        applies === 'yes' && use?.runs_out !== null && use?.runs_out !== undefined && use.runs_out !== 'never',
    )
    .map(({ place, id, use }) => ({ place, id, at: use?.runs_out ?? '' }))
    .sort((a, b) => (a.at === 'now' ? -1 : b.at === 'now' ? 1 : a.at < b.at ? -1 : 1));
  return ends[0] ?? null;
}

async function readModelPrice({ model, provider }: ExplainedCall, context: ToolContext) {
  if (model === null) return null;
  const integration = provider?.integration_id ?? null;
  const vendor = provider === null ? model.provider : (vendorOf(provider) ?? model.provider);
  const { book, notes } = await readPriceBook(
    { vendors: [vendor], integrations: integration === null ? [] : [integration] },
    context,
  );
  const bare = model.text.slice(model.text.indexOf('/') + 1);
  const name =
    integration !== null && book.integrations.has(integration) ? `@${integration}/${bare}` : `@${vendor}/${bare}`;
  return { data: { name: `@${vendor}/${bare}`, ...priceData(book, name) }, notes };
}

function describeCall(
  limits: readonly ExplainRow[],
  ends: { readonly place: string; readonly at: string } | null,
  model: { readonly counts_against_money: boolean | null; readonly source: string | null } | null,
  out: readonly Explained[],
): string {
  const sure = limits.filter(({ applies }) => applies === 'yes').length;
  const refusing = limits.filter(({ refuses_now: refuses }) => refuses === true);
  const [first] = refusing;
  // How full the window of a rate is, nobody knows.
  const open = limits.filter(({ refuses_now: refuses, rate }) => refuses === null && rate === null).length;
  const said = [
    `${sure} ${sure === 1 ? 'limit applies' : 'limits apply'} to this call, ${limits.length - sure} may, ${out.length} do not.`,
    first === undefined
      ? open === 0
        ? 'No budget refuses it now.'
        : `Whether ${open === 1 ? 'one' : open} of them ${open === 1 ? 'refuses' : 'refuse'} it now is not known.`
      : `It is refused: a ${first.place} budget is spent, the call answers ${first.answers}${refusing.length === 1 ? '' : `, and ${refusing.length - 1} more`}.`,
  ];
  if (ends !== null && ends.at !== 'now')
    said.push(`First to end at the present pace: a ${ends.place} budget, at ${ends.at}.`);
  if (model !== null) {
    const source = model.source === null ? '' : ` (${model.source})`;
    said.push(
      model.counts_against_money === null
        ? 'Whether its model has a price is unknown.'
        : model.counts_against_money
          ? `Its model has a price and counts against budgets in dollars${source}.`
          : `Its model has no price: budgets in dollars do not count it${source}; use a token budget, or set a price.`,
    );
  }
  return said.join(' ');
}
