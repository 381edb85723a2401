/**
 * An organisation of any size: what the service would answer, and policy files and a record that go with it. Everything
 * follows from numbers, so two runs measure the same bytes.
 */

import type { Live, LiveObject } from '../src/live/live.ts';
import { type AppliedRecord, type RecordedEntry, recordVersion } from '../src/plan/applied-record.ts';
import { settingsOf } from '../src/plan/settings.ts';
import { compilePolicies, type PolicyFile } from '../src/policy/compile.ts';
import type { Desired } from '../src/resources/types.ts';

export const organisationId = '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10';

export interface Size {
  readonly workspaces: number;
  /** In all; the first workspaces have several times as many as the others. */
  readonly usagePolicies: number;
  readonly ratePolicies: number;
  readonly keys: number;
  /** Every workspace has as many as any other, and all of it comes from the organisation's defaults. */
  readonly fromDefaults?: true;
}

type Row = Readonly<Record<string, unknown>>;

export interface Rows {
  readonly workspaces: readonly Row[];
  /** By workspace id. */
  readonly usagePolicies: ReadonlyMap<string, readonly Row[]>;
  readonly ratePolicies: ReadonlyMap<string, readonly Row[]>;
  readonly keys: ReadonlyMap<string, readonly Row[]>;
}

const created = '2026-05-03T17:08:55.000Z';

export function idOf(kind: number, number: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function slugOf(workspace: number): string {
  return `ws-team-${String(workspace).padStart(4, '0')}`;
}

/** How many of `total` things each workspace has: one in twenty is ten times as large as the others. */
export function share(total: number, { workspaces, fromDefaults }: Size): number[] {
  const isEven = fromDefaults === true;
  const weights = Array.from({ length: workspaces }, (_, index) => (index % 20 === 0 && !isEven ? 10 : 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  let given = 0;
  let weight = 0;
  return weights.map((own) => {
    weight += own;
    const until = Math.round((total * weight) / sum);
    const count = until - given;
    given = until;
    return count;
  });
}

export function buildRows(size: Size): Rows {
  const ids = Array.from({ length: size.workspaces }, (_, index) => idOf(1, index));
  const spread = (total: number, build: (number: number, within: number, workspaceId: string) => Row) => {
    let number = 0;
    return new Map(
      share(total, size).map((count, index) => {
        const id = ids[index] ?? '';
        return [id, Array.from({ length: count }, (_, within) => build(number++, within, id))] as const;
      }),
    );
  };
  return {
    workspaces: ids.map(workspaceRow),
    usagePolicies: spread(size.usagePolicies, usagePolicyRow),
    ratePolicies: spread(size.ratePolicies, ratePolicyRow),
    keys: spread(size.keys, keyRow),
  };
}

function workspaceRow(id: string, index: number): Row {
  return {
    id,
    slug: slugOf(index),
    name: `Team ${index}`,
    icon: null,
    description: 'One of many',
    is_default: 0,
    status: 'active',
    defaults: { metadata: {}, config_id: null },
    usage_limits: null,
    rate_limits: null,
    organisation_id: organisationId,
    created_at: created,
    last_updated_at: created,
    object: 'workspace',
  };
}

export function usagePolicyRow(number: number, within: number, workspaceId: string): Row {
  return {
    id: idOf(2, number),
    name: `spend-${within}`,
    description: 'Agreed with finance',
    status: 'active',
    workspace_id: workspaceId,
    organisation_id: organisationId,
    conditions: [
      { key: 'metadata._user', value: '*' },
      { key: 'metadata.team', value: [`team-${within}`, 'shared'] },
    ],
    group_by: [{ key: 'api_key' }, { key: 'metadata._user' }],
    type: 'cost',
    credit_limit: 100 + within,
    alert_threshold: 80,
    periodic_reset: 'monthly',
    periodic_reset_days: null,
    next_usage_reset_at: '2026-12-01T00:00:00.000Z',
    last_reset_at: '2026-11-01T00:00:00.000Z',
    created_at: created,
    last_updated_at: created,
    object: 'policies-usage-limits',
  };
}

function ratePolicyRow(number: number, within: number, workspaceId: string): Row {
  return {
    id: idOf(3, number),
    name: `pace-${within}`,
    description: null,
    status: 'active',
    workspace_id: workspaceId,
    organisation_id: organisationId,
    conditions: [{ key: 'metadata.team', value: `team-${within}` }],
    group_by: [{ key: 'api_key' }],
    type: 'requests',
    unit: 'rpm',
    value: 100 + within,
    target: 'llm',
    created_at: created,
    last_updated_at: created,
    object: 'policies-rate-limits',
  };
}

function keyRow(number: number, within: number, workspaceId: string): Row {
  return {
    id: idOf(4, number),
    key: 'z1*****3AX',
    name: `app-${within}`,
    description: `Service key of application ${within}`,
    type: 'workspace-service',
    organisation_id: organisationId,
    workspace_id: workspaceId,
    user_id: null,
    status: 'active',
    created_at: created,
    last_updated_at: created,
    creation_mode: 'api',
    rate_limits: [{ type: 'requests', unit: 'rpm', value: 100 }],
    usage_limits: { type: 'cost', credit_limit: 100 + within, alert_threshold: 80, periodic_reset: 'monthly' },
    reset_usage: null,
    expires_at: null,
    last_reset_at: null,
    alert_emails: ['oncall@example.com'],
    expiry_enforced: 0,
    allow_config_override: null,
    scopes: ['prompts.render', 'prompts.read', 'logs.view', 'completions.write', 'virtual_keys.list'],
    defaults: { metadata: null, config_id: null, allow_config_override: false },
    object: 'api-key',
  };
}

/** Files that declare every row as it is, but for one budget in `changedEvery`, which they raise or lower. */
export function buildFiles(size: Size, changedEvery: number): PolicyFile[] {
  if (size.fromDefaults === true) return buildDefaults(size, changedEvery);
  const counts = [size.usagePolicies, size.ratePolicies, size.keys].map((total) => share(total, size));
  const files = Array.from({ length: size.workspaces }, (_, index): PolicyFile => {
    const [usage = 0, rate = 0, keys = 0] = counts.map((list) => list[index] ?? 0);
    const policies = [
      ...Array.from({ length: usage }, (_, within) => usagePolicyText(within, isNth(index + within, changedEvery))),
      ...Array.from({ length: rate }, (_, within) => ratePolicyText(within)),
    ];
    const text = [
      `version: 1\nkind: workspace\nworkspace: ${slugOf(index)}\nowner: platform\n`,
      policies.length === 0 ? '' : `policies:\n${policies.join('')}`,
      keys === 0 ? '' : `keys:\n${Array.from({ length: keys }, (_, within) => keyText(within)).join('')}`,
    ];
    return { path: `workspaces/${slugOf(index)}.yaml`, text: text.join('') };
  });
  return [{ path: 'org.yaml', text: orgText }, ...files];
}

/** Of infinitely many none is changed, not even the first. */
function isNth(number: number, every: number): boolean {
  return Number.isFinite(every) && number % every === 0;
}

/** One workspace's worth of policies for all, and the limits of every key. */
function buildDefaults(size: Size, changedEvery: number): PolicyFile[] {
  const [usage = 0, rate = 0] = [size.usagePolicies, size.ratePolicies].map((total) => total / size.workspaces);
  const policies = [
    ...Array.from({ length: usage }, (_, within) =>
      usagePolicyText(within, isNth(within + changedEvery - 1, changedEvery)),
    ),
    ...Array.from({ length: rate }, (_, within) => ratePolicyText(within)),
  ];
  const star = keyText(0).replace('app-0', '"*"');
  const text = `${orgText}defaults:\n${`policies:\n${policies.join('')}keys:\n${star}`.replace(/^/gm, '  ').trimEnd()}\n`;
  const workspaces = Array.from({ length: size.workspaces }, (_, index): PolicyFile => {
    const own = `version: 1\nkind: workspace\nworkspace: ${slugOf(index)}\nowner: team-${index}\n`;
    return { path: `workspaces/${slugOf(index)}.yaml`, text: own };
  });
  return [{ path: 'org.yaml', text }, ...workspaces];
}

const orgText = `version: 1\nkind: org\nenvironment: production\norganisation: ${organisationId}\n`;

function usagePolicyText(within: number, isChanged: boolean): string {
  const budget = 100 + within + (isChanged ? (within % 2 === 0 ? 5 : -5) : 0);
  return `  spend-${within}:
    description: Agreed with finance
    budget: $${budget}
    reset: monthly
    alert: $80
    match: {metadata._user: "*", metadata.team: [team-${within}, shared]}
    per: [api_key, metadata._user]
`;
}

function ratePolicyText(within: number): string {
  return `  pace-${within}:\n    rate: ${100 + within} requests/minute\n    match: {metadata.team: team-${within}}\n    per: api_key\n`;
}

function keyText(within: number): string {
  return `  app-${within}:
    budget: $${100 + within}
    reset: monthly
    alert: $80
    rates: [100 requests/minute]
    recipients: [oncall@example.com]
`;
}

export function compileFiles(files: readonly PolicyFile[]): Desired {
  const { desired, diagnostics } = compilePolicies(files);
  if (desired === null) throw new Error(JSON.stringify(diagnostics.slice(0, 5), null, 2));
  return desired;
}

/** What readLive makes of the rows. */
export function buildLive({ workspaces, usagePolicies, ratePolicies, keys }: Rows): Live {
  const objects: LiveObject[] = [];
  const read = new Set<string>();
  const add = (kind: LiveObject['kind'], lists: ReadonlyMap<string, readonly Row[]>): void => {
    for (const [workspaceId, rows] of lists) {
      read.add(`${workspaceId}/${kind}`);
      for (const row of rows) objects.push({ kind, id: String(row.id), name: String(row.name), workspaceId, row });
    }
  };
  for (const row of workspaces) {
    const id = String(row.id);
    read.add(`${id}/workspace-limits`);
    objects.push({ kind: 'workspace-limits', id, name: 'limits', workspaceId: id, row });
  }
  add('usage-policy', usagePolicies);
  add('rate-policy', ratePolicies);
  add('key-limits', keys);
  return {
    organisationId,
    baseUrl: 'https://api.portkey.ai/v1',
    workspaces: workspaces.map(({ id, slug, name }) => ({ id: String(id), slug: String(slug), name: String(name) })),
    objects,
    integrations: [],
    read,
  };
}

/** The record of an apply that declared what is live. */
export function buildRecord(unchanged: Desired, live: Live, baseUrl = live.baseUrl): AppliedRecord {
  const ids = new Map(
    live.objects.map(({ kind, workspaceId, name, id }) => [`${kind}\n${workspaceId}\n${name}`, id] as const),
  );
  const bySlug = new Map(live.workspaces.map(({ slug, id }) => [slug, id]));
  const byWorkspace = new Map<string, RecordedEntry[]>();
  for (const { kind, workspace, name, fields, protect } of unchanged.entries) {
    const slug = workspace ?? '';
    const id = ids.get(`${kind}\n${bySlug.get(slug)}\n${name}`) ?? '';
    const entry: RecordedEntry = { kind, name, id, fields: fields as RecordedEntry['fields'], protect };
    const list = byWorkspace.get(slug);
    if (list === undefined) byWorkspace.set(slug, [entry]);
    else list.push(entry);
  }
  return {
    version: recordVersion,
    tool: 'bench',
    environment: unchanged.environment,
    organisation: organisationId,
    baseUrl,
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: 'bench',
    appliedAt: created,
    run: 'bench',
    digest: '0'.repeat(64),
    way: 'by-hand',
    settings: settingsOf(unchanged),
    workspaces: [...byWorkspace].map(([slug, entries]) => ({ id: bySlug.get(slug) ?? null, slug, entries })),
    outcomes: [],
    files: {},
  };
}

/** Every list in pages of a hundred, as JSON text by `<path>?<query>`, the way the service answers. */
export function buildPages(rows: Rows, pageSize = 100): Map<string, string> {
  const pages = new Map<string, string>();
  const add = (key: (page: number) => string, list: readonly Row[]): void => {
    // After a full page the next one is asked for, whatever the total says.
    const count = Math.floor(list.length / pageSize) + 1;
    for (let page = 0; page < count; page++) {
      const data = list.slice(page * pageSize, (page + 1) * pageSize);
      pages.set(key(page), JSON.stringify({ object: 'list', total: list.length, data }));
    }
  };
  add((page) => `/admin/workspaces?page_size=100&current_page=${page}`, rows.workspaces);
  const lists = [
    ['/policies/usage-limits', rows.usagePolicies, '&status=active'],
    ['/policies/rate-limits', rows.ratePolicies, '&status=active'],
    ['/api-keys', rows.keys, ''],
  ] as const;
  for (const [path, byWorkspace, more] of lists) {
    for (const [id, list] of byWorkspace) {
      add((page) => `${path}?workspace_id=${id}${more}&page_size=100&current_page=${page}`, list);
    }
  }
  return pages;
}
