/** Stories: what was there, what somebody did, what tollgate then plans, does and leaves. Told in short lines of text. */

import { expect } from 'vitest';
import type { FaultRule } from '../../src/emulator/faults.ts';
import type {
  ApiKeyRow,
  ConditionRow,
  RateLimitRow,
  RatePolicyRow,
  StoreState,
  UsageLimitRow,
  UsagePolicyRow,
  WorkspaceRow,
} from '../../src/emulator/store.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { ResourceKey } from '../../src/resources/types.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, type World, type WorldFilter, workspaceFile } from '../helpers/world.ts';

/** Text below the head of the file of ws-team-a; or of several files, the organisation's among them; or whole files. */
export type Body =
  | string
  | { readonly org?: string; readonly a?: string; readonly b?: string }
  | { readonly files: Readonly<Record<string, string>> };

export type Event =
  | { readonly apply: Body; readonly faults?: readonly FaultRule[]; readonly filter?: WorldFilter }
  /** Somebody at the dashboard. */
  | { readonly byHand: (hands: Hands) => unknown }
  /** The apply was killed after so many writes. */
  | { readonly killed: Body; readonly after: number }
  | 'the record is lost';

export interface Story {
  readonly name: string;
  /** What is live before tollgate is used; default: two workspaces, three keys, no limit. */
  readonly live?: Partial<StoreState>;
  readonly before: readonly Event[];
  /** What else happens before Git is applied again. */
  readonly action?: readonly Event[];
  /** What Git says now. */
  readonly files: Body;
  readonly filter?: WorldFilter;
  /** Codes of the errors for which there is no plan. */
  readonly refused?: readonly string[];
  /** `update spend (edited)`; `ws-team-b/` before what is not of ws-team-a. */
  readonly plan?: readonly string[];
  readonly withheld?: readonly string[];
  /** What moved by hand and stays. */
  readonly left?: readonly string[];
  /** `adopt spend`. */
  readonly record?: readonly string[];
  /** Codes of warnings and notes that have to be said. */
  readonly says?: readonly string[];
  /** Default: everything is applied. */
  readonly outcomes?: readonly string[];
  /** Every live limit, afterwards. */
  readonly after: readonly string[];
}

export interface Hands {
  readonly state: StoreState;
  usage(name: string): UsagePolicyRow;
  rate(name: string): RatePolicyRow;
  key(name: string): ApiKeyRow;
  workspace(slug: string): WorkspaceRow;
  /** Deletes a policy in the dashboard. */
  drop(name: string): void;
}

export async function tell(story: Story): Promise<void> {
  const world = await startWorld({ state: smallState(story.live) });
  try {
    for (const event of [...story.before, ...(story.action ?? [])]) await happen(world, event);
    const files = filesOf(story.files);
    if (story.refused !== undefined) {
      const before = describeLive(world);
      const codes = await codesOf(world, files);
      expect(codes).toEqual(story.refused);
      expect(describeLive(world)).toEqual(before);
      expect(before).toEqual(story.after);
      return;
    }
    const plan = await world.planOk(files, story.filter);
    expect(plan.changes.map(describeChange)).toEqual(story.plan ?? []);
    expect(plan.withheld.map(describeChange)).toEqual(story.withheld ?? []);
    expect(plan.left.map(({ change }) => describeChange(change))).toEqual(story.left ?? []);
    expect(describeLines(plan)).toEqual(story.record ?? []);
    expect(plan.notes.map(({ code }) => code)).toEqual(expect.arrayContaining([...(story.says ?? [])]));
    const outcomes = await world.apply(files, story.filter);
    expect(outcomes.map(({ status }) => status)).toEqual(story.outcomes ?? outcomes.map(() => 'applied'));
    expect(describeLive(world)).toEqual(story.after);
    const again = await world.planOk(files, story.filter);
    expect(again.changes.map(describeChange)).toEqual([]);
    expect(describeLines(again)).toEqual([]);
  } finally {
    await world.close();
  }
}

async function happen(world: World, event: Event): Promise<void> {
  if (event === 'the record is lost') {
    world.record = null;
  } else if ('byHand' in event) {
    event.byHand(handsOf(world));
  } else if ('killed' in event) {
    await world.crashAfter(filesOf(event.killed), event.after);
  } else {
    world.emulator.setFaults(event.faults ?? []);
    await world.apply(filesOf(event.apply), event.filter);
    world.emulator.setFaults([]);
  }
}

function filesOf(body: Body): Readonly<Record<string, string>> {
  if (typeof body === 'string') return filesOf({ a: body });
  if ('files' in body) return body.files;
  const { org, a, b } = body;
  return {
    'policies/org.yaml': orgFile(org),
    ...(a === undefined ? {} : { 'policies/a.yaml': workspaceFile('ws-team-a', a) }),
    ...(b === undefined ? {} : { 'policies/b.yaml': workspaceFile('ws-team-b', b) }),
  };
}

/** Of the files or, where they are good, of their meeting with what is live. */
async function codesOf(world: World, files: Readonly<Record<string, string>>): Promise<string[]> {
  try {
    const { diagnostics, plan } = await world.plan(files);
    expect(plan).toBeNull();
    return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  } catch (error) {
    return String(error)
      .replace(/^Error: /, '')
      .split('\n')
      .map((line) => line.split(':')[0] ?? '');
  }
}

function handsOf({ emulator }: World): Hands {
  const { state } = emulator.store;
  const isActive = ({ status }: { readonly status: string }): boolean => status === 'active';
  const only = <T>(rows: readonly T[], what: string): T => {
    const [row] = rows;
    if (row === undefined || rows.length > 1) throw new Error(`${rows.length} live ${what}`);
    return row;
  };
  const usage = (name: string) =>
    only(
      state.usagePolicies.filter((row) => row.name === name && isActive(row)),
      name,
    );
  const rate = (name: string) =>
    only(
      state.ratePolicies.filter((row) => row.name === name && isActive(row)),
      name,
    );
  return {
    state,
    usage,
    rate,
    key: (name) =>
      only(
        state.apiKeys.filter((row) => row.name === name),
        name,
      ),
    workspace: (slug) =>
      only(
        state.workspaces.filter((row) => row.slug === slug),
        slug,
      ),
    drop: (name) => {
      const row = state.usagePolicies.some((policy) => policy.name === name && isActive(policy))
        ? usage(name)
        : rate(name);
      row.status = 'archived';
    },
  };
}

function labelOf({ kind, workspace, name }: ResourceKey): string {
  const words: Readonly<Record<ResourceKey['kind'], string>> = {
    'usage-policy': '',
    'rate-policy': 'rate ',
    'workspace-limits': '',
    'key-limits': 'key ',
    'provider-limits': 'provider ',
    'integration-limits': 'integration ',
    'integration-prices': 'prices ',
  };
  const place = workspace === 'ws-team-a' ? '' : `${workspace ?? 'organisation'}/`;
  return `${place}${words[kind]}${name}`;
}

function describeChange({ action, key, cause }: Plan['changes'][number]): string {
  return `${action} ${labelOf(key)} (${cause})`;
}

function describeLines(plan: Plan): string[] {
  return plan.recordLines.map(({ action, key }) => (key === null ? action : `${action} ${labelOf(key)}`));
}

const windows: Readonly<Record<string, string>> = {
  rps: 'second',
  rpm: 'minute',
  rph: 'hour',
  rpd: 'day',
  rpw: 'week',
};

/** Every live limit in a line: `spend: $500 monthly per workspace_id`, `key app: $80 monthly, 10 requests/minute`. */
export function describeLive({ emulator }: Pick<World, 'emulator'>): string[] {
  const { state } = emulator.store;
  const placeOf = (id: string | null): string => {
    const slug = state.workspaces.find((workspace) => workspace.id === id)?.slug;
    return slug === 'ws-team-a' ? '' : `${slug ?? 'organisation'}/`;
  };
  const policies = [
    ...state.usagePolicies
      .filter(({ status }) => status === 'active')
      .map((row) => ({ row, limit: describeBudget(row) })),
    ...state.ratePolicies.filter(({ status }) => status === 'active').map((row) => ({ row, limit: describeRate(row) })),
  ].map(
    ({ row, limit }) =>
      `${placeOf(row.workspace_id)}${row.name}: ${limit} per ${row.group_by.map(({ key }) => key).join('+')}${describeMatch(row.conditions)}`,
  );
  const points = [
    ...state.workspaces.map((row) => ({
      label: `${placeOf(row.id)}limits`,
      limits: limitsOf(row.usage_limits ?? [], row.rate_limits ?? []),
    })),
    ...state.apiKeys.map((row) => ({
      label: `${placeOf(row.workspace_id)}key ${row.name}`,
      limits: [
        ...limitsOf([row.usage_limits], row.rate_limits ?? []),
        ...(row.alert_emails ?? []).map((mail) => `to ${mail}`),
      ],
    })),
    ...state.providers.map((row) => ({
      label: `${placeOf(row.workspace_id)}provider ${row.slug}`,
      limits: limitsOf([row.usage_limits], row.rate_limits ?? []),
    })),
    ...state.integrations.flatMap((row) =>
      row.workspaces.map((share) => ({
        label: `${placeOf(share.workspace_id)}integration ${row.slug}`,
        limits: limitsOf(share.usage_limits ?? [], share.rate_limits ?? []),
      })),
    ),
  ].flatMap(({ label, limits }) => (limits.length === 0 ? [] : [`${label}: ${limits.join(', ')}`]));
  return [...policies.sort(), ...points.sort()];
}

function limitsOf(budgets: readonly (UsageLimitRow | null)[], rates: readonly RateLimitRow[]): string[] {
  return [
    ...budgets.flatMap((row) => (row === null || row.credit_limit === undefined ? [] : [describeBudget(row)])),
    ...rates.map(describeRate),
  ];
}

function describeMatch(conditions: readonly ConditionRow[]): string {
  return conditions
    .filter(({ key, value }) => !(key === 'api_key' && value === '*'))
    .map(({ key, value }) => ` of ${key}=${String(value)}`)
    .join('');
}

interface BudgetLike {
  readonly type?: string | undefined;
  readonly credit_limit?: number | null | undefined;
  readonly alert_threshold?: number | null | undefined;
  readonly periodic_reset?: string | null | undefined;
  readonly periodic_reset_days?: number | null | undefined;
}

function describeBudget(row: BudgetLike): string {
  const amount = (value: number | null | undefined): string =>
    row.type === undefined || row.type === 'cost' ? `$${value}` : `${value} ${row.type}`;
  const days = row.periodic_reset_days;
  const reset = row.periodic_reset || (days == null ? 'never' : `every ${days} days`);
  const alert = row.alert_threshold == null ? '' : `, alert ${amount(row.alert_threshold)}`;
  return `${amount(row.credit_limit)} ${reset}${alert}`;
}

function describeRate(row: { readonly type: string; readonly unit: string; readonly value: number }): string {
  return `${row.value} ${row.type}/${windows[row.unit] ?? row.unit}`;
}

/** An entry of a map in YAML; a value of null is left out. */
function entry(name: string, fields: Readonly<Record<string, string | null>>): string {
  const lines = Object.entries(fields).flatMap(([field, value]) =>
    value === null ? [] : [`    ${field}: ${value}\n`],
  );
  return `  ${name}:\n${lines.join('')}`;
}

type Entries = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** Budgets of $500 a month, shared by the workspace, unless a field says otherwise. */
export function policies(entries: Entries): string {
  const usual = { budget: '$500', reset: 'monthly', per: 'workspace_id' };
  const list = Object.entries(entries).map(([name, fields]) =>
    entry(name, 'rate' in fields ? { per: 'workspace_id', ...fields } : { ...usual, ...fields }),
  );
  return `policies:\n${list.join('')}`;
}

/** Budgets of $80 a month unless a field says otherwise. */
export function keys(entries: Entries): string {
  const list = Object.entries(entries).map(([name, fields]) =>
    entry(name, { budget: '$80', reset: 'monthly', ...fields }),
  );
  return `keys:\n${list.join('')}`;
}
