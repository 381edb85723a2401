/** Words that people type by habit, from the API, from other tools or from another place in the grammar. */

import type { Advice } from '../diagnostics.ts';
import { nearestName } from '../nearest-name.ts';
import type { Reset } from '../resources/types.ts';
import { exampleOf, type Sentence, say, writeField, writeKey } from './advice.ts';
import { amountIn, carryOver, rateIn, rateWord } from './carry-over.ts';
import { guessReset } from './guess.ts';
import type { FieldNode, ScalarNode } from './nodes.ts';
import { quote } from './quote.ts';

export interface UnknownKey {
  readonly code: string;
  readonly said: Sentence;
  /** Keys of one group are one mistake, said once. */
  readonly group?: string;
  /** The fields as which it is read on, so that nothing is missed that stands there under another name. */
  readonly standsFor?: readonly { readonly key: string; readonly node: FieldNode['node'] }[];
}

/** The right key; with a value where that of the wrong one would not be taken; words to say it with. */
type Habit = readonly [key: string, value?: string | undefined, before?: string];

const budget: readonly Habit[] = [
  ['budget', '$500'],
  ['limits', '{ budget: $500, reset: monthly }'],
];
const recipients: readonly Habit[] = [
  ['recipients', '[team@example.com]'],
  ['alerts', '{ recipients: [team@example.com] }'],
];
const window: Habit = ['reset', '{ every: 14 days, starting: "2026-12-01" }'];
const rate: Habit = ['rate', '100 requests/minute'];
const workspace: readonly Habit[] = [['workspace']];
const unitInAmount: readonly Habit[] = [
  ['budget', '$500', 'the unit belongs to the amount: '],
  ['rate', '100 requests/minute', 'the unit belongs to the rate: '],
];

/**
 * Words → keys of this grammar in order of preference; the first that is known where the word stands is the answer, else the
 * first one.
 */
const apiWords: ReadonlyMap<string, readonly Habit[]> = new Map(
  Object.entries<readonly Habit[]>({
    'credit_limit limit amount usage_limit usage_limits max_budget budget_limit spend_limit quota cap': budget,
    periodic_reset: [['reset']],
    'periodic_reset_days every': [['reset', 'every 14 days']],
    'next_usage_reset_at starting': [window],
    'period budget_duration': [['reset', 'monthly']],
    'alert_threshold threshold': [['alert', '80%']],
    'alert_emails emails notify': recipients,
    conditions: [['match', '{ metadata.team: nlp }']],
    group_by: [['per', 'workspace_id']],
    rate_limit: [rate],
    rate_limits: [['rates', '[100 requests/minute]'], rate, ['limits', '{ rate: 100 requests/minute }']],
    value: [['any'], rate],
    'excludes exclude': [['except']],
    'type unit': unitInAmount,
    'expires_at expiry': [['expires']],
    'policy usage_limits_policies rate_limits_policies': [['policies']],
    'virtual_keys virtual_key': [['providers', undefined, 'virtual keys have another name now: ']],
    api_keys: [['keys']],
    'workspace_id workspace_slug slug': workspace,
    workspaces: [['workspace', undefined, 'one file describes one workspace: ']],
    'organization organisation_id organization_id': [['organisation']],
    env: [['environment']],
    every_workspace: [['new_workspaces', undefined, 'the service applies it to workspaces created later: ']],
    global_workspace_access: [['new_workspaces', '{ budget: $500, reset: monthly }']],
    'previous_name renamed_from': [['previously']],
    'protected prevent_destroy': [['protect']],
    ignore: [['forget']],
  }).flatMap(([words, habits]) => words.split(' ').map((word) => [word, habits] as const)),
);

/** Keys that exist, but elsewhere. */
const elsewhere: Readonly<Record<string, string>> = {
  recipients:
    'API keys alone have `recipients:`, which the service mails: write them under `keys:`, or as `alerts: {recipients: […]}` for `tollgate notify`',
  alerts: 'who is told is written at the top of the file or on an entry (`alerts:`), or on a key (`recipients:`)',
  channels: 'channels are declared in the organisation file (`kind: org`), and named in `alerts: {channels: […]}`',
  defaults: 'defaults belong in the organisation file (`kind: org`)',
  review: 'review rules belong in the organisation file (`kind: org`)',
  gateway: '`gateway:` belongs in the organisation file (`kind: org`)',
  policies: 'policies live in workspaces: write them in a file with `kind: workspace`, or under `defaults:`',
  limits: 'limits belong to a workspace: write them in a file with `kind: workspace`',
  providers: 'providers belong to a workspace: write them in a file with `kind: workspace`',
  rates: 'this level holds one rate, `rate:`, and no list',
  budgets: 'this level holds one budget, `budget:`, and no list',
  expires: 'only keys and providers expire',
  target: '`target` exists on rate policies only',
  per: '`per` exists on policies only: each limit here has one counter',
  match: '`match` exists on policies only: this limit covers everything that passes here',
};

/** Words of limits, which stand in no file on their own. */
const limitWords = ['budget', 'budgets', 'reset', 'alert', 'rate', 'rates', 'per', 'match', 'target'];

/**
 * The answer to a key that is not known where it stands.
 *
 * @param what follows "is not a key of", such as `a policy`
 */
export function adviseUnknownKey(field: FieldNode, known: readonly string[], what: string): UnknownKey {
  const { key, node } = field;
  if (/^\d{3}(?:\.\d+)?[kMB]?$/.test(key)) {
    const said = say`${quote(key)} is not a key: where a comma inside braces cut it off an amount, quote the amount`;
    return { code: 'comma-in-flow', said };
  }
  if (key.startsWith('x-') && !known.includes('version')) {
    return {
      code: 'misplaced-key',
      said: say`${quote(key)} is not a key of ${what}: keys of your own stand at the top of a file`,
    };
  }
  if (limitWords.includes(key) && known.includes('version')) {
    const where = known.includes('limits')
      ? 'it belongs below `limits:`, or in an entry of `policies:`'
      : "limits belong to a workspace: it goes into that one's file, below `limits:` or in an entry of `policies:`";
    return { code: 'misplaced-key', said: say`${quote(key)} is not a key of ${what}: ${where}`, group: 'limits' };
  }
  const periodic = advisePeriodicBudget(field, known, what);
  if (periodic !== null) return periodic;
  const habits = rateWord.test(key) ? [rate] : (apiWords.get(key) ?? []);
  const answer = habits.find(([right]) => known.includes(right));
  if (answer !== undefined) return adviseHabit(field, answer, known, what);
  if (key === 'alerts' && known.includes('alert') && node.type !== 'map') return adviseNear(field, 'alert', what);
  // The right word may have its place elsewhere.
  const right = [key, ...habits.map(([word]) => word)].find((word) => Object.hasOwn(elsewhere, word));
  if (right !== undefined) {
    return { code: 'misplaced-key', said: say`${quote(key)} is not a key of ${what}: ${elsewhere[right] ?? ''}` };
  }
  const near = nearestName(key, known);
  if (near !== undefined) return adviseNear(field, near, what);
  const list = known.map((word) => `\`${word}\``).join(', ');
  return { code: 'unknown-key', said: say`${quote(key)} is not a key of ${what}: known are ${list}` };
}

function adviseNear({ key, node }: FieldNode, near: string, what: string): UnknownKey {
  const said = say`${quote(key)} is not a key of ${what}: did you mean ${writeKey(near)}?`;
  return { code: 'unknown-key', said, standsFor: [{ key: near, node }] };
}

/** Keys whose absence would be reported too. */
const missed = ['workspace', 'environment', 'organisation', 'budget', 'reset', 'per', 'rate'];

function adviseHabit(field: FieldNode, habit: Habit, known: readonly string[], what: string): UnknownKey {
  const { key, node } = field;
  const isRate = habit[0] === 'budget' && known.includes('rate') && rateIn(field, what) !== null;
  const [right, sample, before = ''] = isRate ? rate : habit;
  // A window with a first day has no place in a list of budgets.
  const fitting = sample?.includes('starting') && what.includes('budgets') ? 'every 14 days' : sample;
  const carried = sample === undefined ? null : carryOver(field, right, what);
  const value = carried?.text ?? fitting;
  const line = writeField(`${right}: ${value}`);
  const isExample = value !== undefined && carried?.isExact !== true;
  const advice = value === undefined ? writeKey(right) : isExample ? exampleOf(line) : line;
  const code = 'api-word';
  const said = say`${quote(key)} is not a key here: ${before}write ${advice}${isExample ? ', for example' : ''}`;
  if (!missed.includes(right) || ['type', 'unit', 'value'].includes(key)) return { code, said };
  const items = carried?.items?.map((item) => scalarOf(item, node));
  const meant = items !== undefined ? ({ type: 'list', items, at: node.at } as const) : scalarOf(value ?? '', node);
  return { code, said, standsFor: [{ key: right, node: value === undefined ? node : meant }] };
}

const budgetWord =
  /^(?:max_|total_)?(daily|weekly|monthly|quarterly|yearly|annual)_?(?:budget|limit|spend|cap|quota)$|^(?:max_|total_)?(?:budget|limit|spend|cap|quota)_(?:per_)?(daily|weekly|monthly|quarterly|yearly|annual|day|week|month|quarter|year)$/i;

/** `monthly_budget: $500` says two things, which are two keys here. */
function advisePeriodicBudget({ key, node }: FieldNode, known: readonly string[], what: string): UnknownKey | null {
  const words = budgetWord.exec(key);
  const reset: Reset | null = words === null ? null : guessReset(words[1] ?? words[2] ?? '');
  if (reset === null || !known.includes('budget')) return null;
  const shown = reset === 'every 1 days' ? 'every 1 day' : reset;
  const amount = amountIn(node, what);
  const line = writeField(`budget: ${amount ?? '$500'}`, `reset: ${shown}`);
  const advice: Advice = amount === null ? exampleOf(line) : line;
  return {
    code: 'unknown-key',
    said: say`${quote(key)} is not a key here: write ${advice}${amount === null ? ', for example' : ''}`,
    standsFor: [
      { key: 'budget', node: scalarOf(amount ?? '$500', node) },
      { key: 'reset', node: scalarOf(shown, node) },
    ],
  };
}

function scalarOf(text: string, { at }: FieldNode['node']): ScalarNode {
  return { type: 'scalar', value: text, text, plain: true, at };
}
