import { z } from 'zod';
import {
  type Calls,
  type Day,
  type Grouping,
  groupingOfMetadata,
  groupings,
  readDays,
  readGroups,
} from '../consumption/analytics.ts';
import type { Known } from '../consumption/ask.ts';
import { daysOfBudget, highestWindow, suggestBudget, suggestedOver } from '../consumption/suggest-budget.ts';
import { dayMilliseconds, startOfDay } from '../consumption/windows.ts';
import { compare, type Exact, total } from '../exact.ts';
import { keyMeantBy } from '../policy/match.ts';
import { moneyOf } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { formatAmount } from '../resources/amounts.ts';
import { gatewayNote, windowSchema } from './analytics-input.ts';
import { workspaceNamed } from './names.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { isoOf } from './values.ts';

const input = () =>
  z.strictObject({ workspace: z.string().min(1).max(200), per: z.string().min(1).max(200).optional() });

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    per: z.string(),
    highest: moneySchema.nullable(),
    window: windowSchema.nullable(),
    budget: z.string().nullable(),
    groups: z.number().nullable(),
    notes: z.array(z.string()),
  });

export type SuggestedBudget = z.infer<ReturnType<typeof output>>;

export const suggestBudgetTool = defineTool<z.infer<ReturnType<typeof input>>, SuggestedBudget>({
  name: 'suggest_budget',
  twin: 'recommend',
  toolset: 'usage',
  effect: 'read',
  purpose: 'Suggests a monthly budget: the highest 30 days of the last 90, times 1.2.',
  hints: 'per: workspace_id, api_key, metadata._user … For create_policy. Needs analytics.view.',
  input,
  output,
  async run({ workspace: wanted, per: said = 'workspace_id' }, context) {
    const { slug } = workspaceNamed(wanted, await context.workspaces());
    const per = keyMeantBy(said);
    const grouping = groupingOf(per);
    const windows = windowsOf(slug, context.now());
    const highest =
      grouping === null ? await readHighestDays(windows, context) : await readHighestGroup(windows, grouping, context);
    const notes = [coarse(grouping !== null), gatewayNote];
    const place = `${slug}, per ${per}`;
    if ('unknown' in highest) {
      const answer = `No budget can be suggested for ${place}: ${highest.unknown}.`;
      return { answer, workspace: slug, per, highest: null, window: null, budget: null, groups: null, notes };
    }
    const { cost, from, to, groups } = highest.value;
    if (cost.n <= 0n) {
      const answer = `No budget is suggested for ${place}: nothing was spent in ${suggestedOver} days.`;
      return { answer, workspace: slug, per, highest: moneyOf(cost), window: null, budget: null, groups, notes };
    }
    const budget = formatAmount(suggestBudget(cost), 'cost');
    const whose = groups === null ? '' : ` of the dearest of ${groups}`;
    return {
      answer: `${budget} monthly for ${place}: the highest ${daysOfBudget} days${whose} came to ${moneyOf(cost).usd}, and a fifth is added.`,
      workspace: slug,
      per,
      highest: moneyOf(cost),
      window: { from, to },
      budget,
      groups,
      notes,
    };
  },
  show: ({ answer }) => [{ text: answer }],
});

/** Null: the workspace as a whole. @throws ToolRefusal */
function groupingOf(per: string): Grouping | null {
  if (per === 'workspace_id') return null;
  if (per === 'metadata._user') return groupings.user;
  if (per === 'api_key') return groupings.api_key;
  if (per === 'model') return groupings.model;
  if (per === 'virtual_key') return groupings.provider;
  if (per.startsWith('metadata.') && per.length > 'metadata.'.length)
    return groupingOfMetadata(per.slice('metadata.'.length));
  throw new ToolRefusal('invalid_input', `per: analytics have no groups by ${JSON.stringify(per.slice(0, 100))}`, {
    hint: 'Write workspace_id, api_key, virtual_key, model, metadata._user, or metadata. and a key.',
    details: { problems: [{ path: 'per', problem: 'no such group' }] },
  });
}

/** Whole days, the latest last. */
function windowsOf(workspace: string, now: number): readonly Calls[] {
  const today = startOfDay(now);
  const length = daysOfBudget * dayMilliseconds;
  const count = suggestedOver / daysOfBudget;
  return Array.from({ length: count }, (_, index) => {
    const from = today - (count - index) * length;
    return { workspace, from, to: from + length - 1 };
  });
}

interface Highest {
  readonly cost: Exact;
  readonly from: string;
  readonly to: string;
  /** Null: not by groups. */
  readonly groups: number | null;
}

async function readHighestDays(windows: readonly Calls[], { reads }: ToolContext): Promise<Known<Highest>> {
  const days: Day[] = [];
  for (const calls of windows) {
    const read = await readDays(reads, calls);
    if ('unknown' in read) return read;
    days.push(...read.value);
  }
  const found = highestWindow(days);
  if (found === null) return { unknown: 'analytics show no days' };
  return {
    value: { cost: found.cost, from: `${found.from}T00:00:00.000Z`, to: `${found.to}T23:59:59.999Z`, groups: null },
  };
}

async function readHighestGroup(
  windows: readonly Calls[],
  grouping: Grouping,
  { reads }: ToolContext,
): Promise<Known<Highest>> {
  const names = new Set<string>();
  let highest: Highest | null = null;
  for (const calls of windows) {
    const read = await readGroups(reads, grouping, calls, { shows: ['cost'] });
    if ('unknown' in read) return read;
    if (read.value.cut !== null) return { unknown: read.value.cut };
    for (const { name, cost } of read.value.rows) {
      names.add(name);
      if (cost === null || (highest !== null && compare(cost, highest.cost) <= 0)) continue;
      highest = { cost, from: isoOf(calls.from), to: isoOf(calls.to), groups: null };
    }
  }
  const [first] = windows;
  const none = { cost: total([]), from: isoOf(first?.from ?? 0), to: isoOf(first?.to ?? 0) };
  return { value: { ...(highest ?? none), groups: names.size } };
}

/** How it is less than what a store of rows tells. */
function coarse(isByGroup: boolean): string {
  const sums = isByGroup ? 'sums of three fixed windows of 30 days' : 'sums of days';
  return `Coarser than rows of logs: read off ${sums}, so that neither calendar months nor what one call in a hundred would need are known; \`tollgate recommend --logs\` tells both.`;
}
