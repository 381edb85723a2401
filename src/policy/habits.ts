/** Words that people type by habit, from the API, from other tools or from another place in the grammar. */

import { nearestName } from '../nearest-name.ts';
import { quote } from './quote.ts';

export interface Advice {
  readonly code: string;
  readonly message: string;
}

const amount = 'put the unit into the amount: `budget: $500`, `budget: 2M tokens` or `rate: 100 requests/minute`';

/**
 * Word → keys of this grammar in order of preference, each with an example; the first that is known where the word stands is
 * the answer, else the first one.
 */
const apiWords: Readonly<Record<string, readonly (readonly [key: string, advice: string])[]>> = {
  credit_limit: [['budget', 'write `budget: $500`']],
  limit: [
    ['budget', 'write `budget: $500`'],
    ['limits', 'write `limits:`'],
  ],
  amount: [['budget', 'write `budget: $500`']],
  usage_limit: [
    ['budget', 'write `budget: $500`'],
    ['limits', 'write `limits:`'],
  ],
  usage_limits: [
    ['budget', 'write `budget: $500`'],
    ['limits', 'write `limits:` with `budget: $500`'],
  ],
  periodic_reset: [['reset', 'write `reset: monthly`']],
  periodic_reset_days: [['reset', 'write `reset: every 14 days`']],
  next_usage_reset_at: [['reset', 'write `reset: {every: 14 days, starting: "2026-12-01"}`']],
  starting: [['reset', 'write `reset: {every: 14 days, starting: "2026-12-01"}`']],
  every: [['reset', 'write `reset: every 14 days`']],
  period: [['reset', 'write `reset: monthly`']],
  alert_threshold: [['alert', 'write `alert: 80%`']],
  threshold: [['alert', 'write `alert: 80%`']],
  alert_emails: [
    ['recipients', 'write `recipients:`'],
    ['alerts', 'write `alerts: {recipients: […]}`'],
  ],
  emails: [
    ['recipients', 'write `recipients:`'],
    ['alerts', 'write `alerts: {recipients: […]}`'],
  ],
  notify: [
    ['recipients', 'write `recipients:`'],
    ['alerts', 'write `alerts: {recipients: […]}`'],
  ],
  conditions: [['match', 'write `match:` with one line per condition']],
  group_by: [['per', 'write `per: workspace_id`']],
  rate_limit: [['rate', 'write `rate: 100 requests/minute`']],
  rate_limits: [
    ['rates', 'write `rate: 100 requests/minute`, or `rates:` with a list'],
    ['rate', 'write `rate: 100 requests/minute`'],
    ['limits', 'write `limits:` with `rate: 100 requests/minute`'],
  ],
  rpm: [['rate', 'write `rate: 100 requests/minute`']],
  tpm: [['rate', 'write `rate: 100k tokens/minute`']],
  value: [
    ['any', 'write `any:`'],
    ['rate', 'write `rate: 100 requests/minute`'],
  ],
  excludes: [['except', 'write `except:`']],
  exclude: [['except', 'write `except:`']],
  type: [['budget', amount]],
  unit: [['budget', amount]],
  expires_at: [['expires', 'write `expires: 2027-01-31T00:00:00Z`']],
  expiry: [['expires', 'write `expires: 2027-01-31T00:00:00Z`']],
  virtual_keys: [['providers', 'virtual keys are called `providers:` now']],
  virtual_key: [['providers', 'virtual keys are called `providers:` now']],
  api_keys: [['keys', 'write `keys:`']],
  workspace_id: [['workspace', 'write `workspace:` with the slug or UUID']],
  workspace_slug: [['workspace', 'write `workspace:` with the slug or UUID']],
  workspaces: [['workspace', 'one file describes one workspace: write `workspace:` with its slug or UUID']],
  slug: [['workspace', 'write `workspace:` with the slug or UUID']],
  usage_limits_policies: [['policies', 'write `policies:`']],
  rate_limits_policies: [['policies', 'write `policies:`']],
  organization: [['organisation', 'write `organisation:`']],
  organisation_id: [['organisation', 'write `organisation:`']],
  organization_id: [['organisation', 'write `organisation:`']],
  env: [['environment', 'write `environment:`']],
  every_workspace: [['new_workspaces', 'the service applies it to workspaces created later: write `new_workspaces:`']],
  global_workspace_access: [['new_workspaces', 'write `new_workspaces:`']],
  previous_name: [['previously', 'write `previously: old-name`']],
  renamed_from: [['previously', 'write `previously: old-name`']],
  protected: [['protect', 'write `protect: true`']],
  prevent_destroy: [['protect', 'write `protect: true`']],
  ignore: [['forget', 'write `forget:` with a list of paths']],
};

/** Keys that exist, but elsewhere. */
const elsewhere: Readonly<Record<string, string>> = {
  recipients:
    'only API keys have recipients of their own: write them under `keys:`, or as `alerts: {recipients: […]}` for every key of the file',
  alerts: 'recipients are written at the top of the file (`alerts:`) or on a key (`recipients:`)',
  defaults: 'defaults belong in the organisation file (`kind: org`)',
  review: 'review rules belong in the organisation file (`kind: org`)',
  gateway: '`gateway:` belongs in the organisation file (`kind: org`)',
  policies: 'policies live in workspaces: write them in a file with `kind: workspace`, or under `defaults:`',
  limits: 'limits belong to a workspace: write them in a file with `kind: workspace`',
  providers: 'providers belong to a workspace: write them in a file with `kind: workspace`',
  rates: 'this level holds one rate: write `rate:`',
  budgets: 'this level holds one budget: write `budget:`',
  expires: 'only keys and providers expire',
  target: '`target` exists on rate policies only',
  per: '`per` exists on policies only: each limit here has one counter',
  match: '`match` exists on policies only: this limit covers everything that passes here',
};

/** The answer to a key that is not known where it stands. */
export function adviseUnknownKey(key: string, known: readonly string[], what: string): Advice {
  if (/^\d{3}(?:\.\d+)?[kMB]?$/.test(key)) {
    const message = `${quote(key)} is what a comma inside braces cut off an amount: quote the amount, as in \`{ budget: "$2,${key}" }\`, or write one key per line`;
    return { code: 'comma-in-flow', message };
  }
  const habits = Object.hasOwn(apiWords, key) ? (apiWords[key] ?? []) : [];
  const answer = habits.find(([right]) => known.includes(right));
  if (answer !== undefined) return { code: 'api-word', message: `${quote(key)} is no key here: ${answer[1]}` };
  // The right word may have its place elsewhere.
  const right = [key, ...habits.map(([word]) => word)].find((word) => Object.hasOwn(elsewhere, word));
  if (right !== undefined) {
    return { code: 'misplaced-key', message: `${quote(key)} is no key of ${what}: ${elsewhere[right]}` };
  }
  const near = nearestName(key, known);
  const hint =
    near === undefined ? `known are ${known.map((word) => `\`${word}\``).join(', ')}` : `did you mean \`${near}\`?`;
  return { code: 'unknown-key', message: `${quote(key)} is no key of ${what}: ${hint}` };
}
