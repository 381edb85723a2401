/**
 * What the policy files of a story say, as a value; and as text in which each thing has lines of its own, so that Git merges
 * what was edited apart and the value can be read out of whatever came of it. Shares nothing with the reader of policies.
 */

import { organisationId } from '../../helpers/world.ts';

/** What holds from a day on; null: no such limit. */
export interface Until {
  readonly date: string;
  readonly later: number | null;
}

export interface Cap {
  readonly budget: number;
  readonly until: Until | null;
  readonly key: 'all' | 'app';
  readonly note: string;
  readonly protect: boolean;
  readonly id: string | null;
  /** The alert is so late that the rule in force objects. */
  readonly late: boolean;
  readonly silenced: boolean;
}

export interface Settings {
  readonly alone: boolean;
  readonly reviewed: boolean;
  readonly deletes: boolean;
  readonly spendUp: boolean;
  readonly late: boolean;
}

/** Rules of `review.approvals`: who is asked about rises above an amount, about a kind, about a workspace. */
export const rules = {
  asked: { above: 500, kind: null, by: ['@carol'] },
  team: { above: 500, kind: null, by: ['@example/finance'] },
  ghosts: { above: 500, kind: null, by: ['@example/ghosts'] },
  wider: { above: 500, kind: null, by: ['@alice', '@Bob', '@carol'] },
  higher: { above: 90_000, kind: null, by: ['@carol'] },
  policies: { above: null, kind: 'usage-policy', by: ['@carol', '@owner'] },
  providers: { above: null, kind: 'provider', by: ['@carol'] },
  owner: { above: null, kind: null, by: null },
} as const;
export type RuleName = keyof typeof rules;
export const ruleNames = Object.keys(rules) as RuleName[];

/** Who is in a group, in the ways in which it can be written. */
export const memberTexts = {
  nobody: ['nobody-*'],
  a: ['ws-team-a'],
  b: ['ws-team-b'],
  glob: ['*-b'],
  id: ['00000000-0000-4000-8000-000000000002'],
  both: ['ws-*'],
} as const;
export type Members = keyof typeof memberTexts;

export interface Group {
  readonly members: Members;
  readonly ceiling: number;
}
export const groupNames = ['growth', 'research'] as const;
export type GroupName = (typeof groupNames)[number];

export interface Model {
  readonly rules: Readonly<Record<RuleName, boolean>>;
  readonly groups: Readonly<Record<GroupName, Group | null>>;
  /** Of team A. */
  readonly owner: string;
  readonly environment: string;
  readonly organisation: string;
  readonly ref: string | null;
  readonly settings: Settings;
  /** A default of the organisation; null: none. */
  readonly floor: number | null;
  /** Team A skips it. */
  readonly skips: boolean;
  /** For every key of team A. */
  readonly star: number | null;
  /** A policy of team A that is forgotten. */
  readonly forgets: string | null;
  /** Of team A; null: not there. */
  readonly caps: Readonly<Record<CapName, Cap | null>>;
  /** The only policy that team B has of its own. */
  readonly solo: number;
  readonly soloUntil: Until | null;
}

export const capNames = ['alpha', 'beta', 'gamma', 'delta'] as const;
export type CapName = (typeof capNames)[number];
export const otherOrganisation = 'aaaaaaaa-2b1d-4a57-9a44-0c7d2b6e9a10';

const cap = (budget: number, more: Partial<Cap> = {}): Cap => {
  const rest = { note: 'a cap', protect: false, id: null, late: false, silenced: false };
  return { budget, until: null, key: 'all', ...rest, ...more };
};

export const startModel: Model = {
  rules: Object.fromEntries(ruleNames.map((name) => [name, false])) as Model['rules'],
  groups: { growth: null, research: null },
  owner: 'platform',
  environment: 'production',
  organisation: organisationId,
  ref: null,
  settings: { alone: false, reviewed: true, deletes: true, spendUp: true, late: true },
  floor: 5_000,
  skips: false,
  star: 500,
  forgets: null,
  caps: { alpha: cap(100), beta: cap(100), gamma: cap(100, { protect: true }), delta: null },
  solo: 100,
  soloUntil: null,
};

export type Edit =
  | { readonly do: 'amount'; readonly cap: CapName; readonly budget: number }
  | { readonly do: 'key'; readonly cap: CapName; readonly key: Cap['key'] }
  | { readonly do: 'until'; readonly cap: CapName | 'solo'; readonly until: Until | null }
  | { readonly do: 'rule'; readonly rule: RuleName; readonly isThere: boolean }
  | { readonly do: 'owner'; readonly owner: string }
  | { readonly do: 'group'; readonly group: GroupName; readonly is: Group | null }
  | { readonly do: 'note'; readonly cap: CapName; readonly note: string }
  | { readonly do: 'remove'; readonly cap: CapName }
  | { readonly do: 'add'; readonly cap: CapName; readonly budget: number }
  | { readonly do: 'protect'; readonly cap: CapName; readonly protect: boolean }
  | { readonly do: 'id'; readonly cap: CapName; readonly id: string | null }
  | { readonly do: 'late'; readonly cap: CapName; readonly late: boolean }
  | { readonly do: 'silence'; readonly cap: CapName; readonly silenced: boolean }
  | { readonly do: 'forget'; readonly cap: CapName | null }
  | { readonly do: 'solo'; readonly budget: number }
  | { readonly do: 'floor'; readonly budget: number | null }
  | { readonly do: 'skip'; readonly skips: boolean }
  | { readonly do: 'star'; readonly budget: number | null }
  | { readonly do: 'setting'; readonly setting: keyof Settings; readonly value: boolean }
  | { readonly do: 'environment'; readonly environment: string }
  | { readonly do: 'organisation'; readonly organisation: string }
  | { readonly do: 'ref'; readonly ref: string | null };

export function edited(model: Model, edits: readonly Edit[]): Model {
  return edits.reduce(editOne, model);
}

function editOne(model: Model, edit: Edit): Model {
  const change = (name: CapName, more: Partial<Cap>): Model => {
    const old = model.caps[name];
    return old === null ? model : { ...model, caps: { ...model.caps, [name]: { ...old, ...more } } };
  };
  switch (edit.do) {
    case 'amount':
      return change(edit.cap, { budget: edit.budget });
    case 'until':
      return edit.cap === 'solo'
        ? { ...model, soloUntil: bounded(edit.until) }
        : change(edit.cap, { until: edit.until });
    case 'rule':
      return { ...model, rules: { ...model.rules, [edit.rule]: edit.isThere } };
    case 'owner':
      return { ...model, owner: edit.owner };
    case 'group':
      return { ...model, groups: { ...model.groups, [edit.group]: edit.is } };
    case 'key':
      return change(edit.cap, { key: edit.key });
    case 'note':
      return change(edit.cap, { note: edit.note });
    case 'protect':
      return change(edit.cap, { protect: edit.protect });
    case 'id':
      return change(edit.cap, { id: edit.id });
    case 'late':
      return change(edit.cap, { late: edit.late });
    case 'silence':
      return change(edit.cap, { silenced: edit.silenced });
    case 'remove':
      return { ...model, caps: { ...model.caps, [edit.cap]: null } };
    case 'add':
      return { ...model, caps: { ...model.caps, [edit.cap]: model.caps[edit.cap] ?? cap(edit.budget) } };
    case 'forget':
      // Declared and forgotten at once would be an error.
      return edit.cap === null
        ? { ...model, forgets: null }
        : { ...model, forgets: edit.cap, caps: { ...model.caps, [edit.cap]: null } };
    case 'solo':
      return { ...model, solo: edit.budget };
    case 'floor':
      return { ...model, floor: edit.budget };
    case 'skip':
      return { ...model, skips: edit.skips };
    case 'star':
      return { ...model, star: edit.budget };
    case 'setting':
      return { ...model, settings: { ...model.settings, [edit.setting]: edit.value } };
    case 'environment':
      return { ...model, environment: edit.environment };
    case 'organisation':
      return { ...model, organisation: edit.organisation };
    case 'ref':
      return { ...model, ref: edit.ref };
  }
}

/** Team B is never without a limit, as nobody can tell how much that is. */
function bounded(until: Until | null): Until | null {
  return until === null ? null : { ...until, later: until.later ?? 105 };
}

export type Files = Readonly<Record<'org.yaml' | 'a.yaml' | 'b.yaml', string>>;

/** Far enough apart for a merge of texts. */
const space = ['#', '# …', '#'];

export function render(model: Model): Files {
  const { settings } = model;
  const off = (isThere: boolean, line: string): string => (isThere ? line : `# ${line}`);
  const org = [
    'version: 1',
    'kind: org',
    `environment: ${model.environment}`,
    `organisation: ${model.organisation}`,
    off(model.ref !== null, `record: { ref: "${model.ref ?? ''}" }`),
    'groups: {',
    ...groupNames.map((name) => {
      const { members, ceiling } = model.groups[name] ?? { members: 'nobody', ceiling: 1 };
      const line = `  ${name}: { workspaces: [${memberTexts[members].map((one) => `"${one}"`).join(', ')}], ceiling: $${ceiling} },`;
      return off(model.groups[name] !== null, line);
    }),
    '  }',
    'review:',
    '  approvals: [',
    ...ruleNames.map((name) => off(model.rules[name], `    ${ruleText(name)},`)),
    '    ]',
    `  alone: ${settings.alone}`,
    `  require_reviewed_plan: ${settings.reviewed}`,
    `  rules: { alert-too-late: ${settings.late ? 'error' : 'info'} }`,
    '  guards:',
    `    deletes: { count: ${settings.deletes ? 0 : 90}, percent: ${settings.deletes ? 0 : 100} }`,
    `    spend_up: ${settings.spendUp ? 'on' : 'off'}`,
    off(model.floor !== null, 'defaults:'),
    off(model.floor !== null, '  policies:'),
    off(model.floor !== null, `    floor: { budget: $${model.floor ?? 5_000}, reset: monthly, per: workspace_id }`),
  ];
  const isEmpty = capNames.every((name) => model.caps[name] === null);
  const a = [
    'version: 1',
    'kind: workspace',
    'workspace: ws-team-a',
    `owner: "${model.owner}"`,
    'limits: { budget: $50, reset: monthly }',
    off(model.skips, 'skip_defaults: [floor]'),
    off(model.forgets !== null, `forget: [policies/${model.forgets ?? ''}]`),
    off(model.star !== null, `keys: { "*": { budget: $${model.star ?? 500}, reset: monthly } }`),
    off(!isEmpty, 'policies:'),
    ...capNames.flatMap((name) => capLines(name, model.caps[name])),
  ];
  const b = [
    'version: 1',
    'kind: workspace',
    'workspace: ws-team-b',
    'owner: platform',
    'policies:',
    '  solo:',
    `    budget: $${model.solo}`,
    '    reset: monthly',
    '    per: workspace_id',
    untilLine(model.soloUntil),
  ];
  const text = (lines: readonly string[]): string => `${lines.flatMap((line) => [line, ...space]).join('\n')}\n`;
  return { 'org.yaml': text(org), 'a.yaml': text(a), 'b.yaml': text(b) };
}

function ruleText(name: RuleName): string {
  const { above, kind, by } = rules[name];
  const members = [
    ...(above === null ? [] : [`above: "$${above} per 30 days"`]),
    ...(kind === null ? [] : [`kind: ${kind}`]),
    by === null ? 'owner: true' : `by: [${by.map((one) => `"${one}"`).join(', ')}]`,
  ];
  return `{ ${members.join(', ')} }`;
}

function untilLine(until: Until | null): string {
  if (until === null) return '    # until: never';
  return `    until: { date: ${until.date}, then: ${until.later === null ? 'none' : `$${until.later}`} }`;
}

function capLines(name: CapName, found: Cap | null): string[] {
  const said = found ?? cap(100);
  const lines = [
    `  ${name}:`,
    `    budget: $${said.budget}`,
    untilLine(said.until),
    `    match: ${said.key === 'all' ? 'all' : '{ api_key: app }'}`,
    `    description: ${said.note}`,
    `    alert: ${said.late ? '99%' : '50%'}`,
    ...(said.protect ? ['    protect: true'] : ['    # protect: true']),
    said.id === null ? '    # id: none' : `    id: ${said.id}`,
    said.silenced ? '    silence: { alert-too-late: "it is fine" }' : '    # silence: { alert-too-late: "it is fine" }',
    '    reset: monthly',
    '    per: workspace_id',
  ];
  return found === null ? lines.map((line) => `# ${line}`) : lines;
}

/** Whether the grammar may refuse the files: each edit is fine by itself. */
export function isOdd({ caps, solo, soloUntil, groups }: Model): boolean {
  const dated = [
    { budget: solo, until: soloUntil, protect: false },
    ...Object.values(caps).flatMap((one) => one ?? []),
  ];
  const taken = groupNames.flatMap((name) => teamsOf(groups[name]));
  return (
    dated.some(
      ({ budget, until, protect }) => until !== null && (until.later === budget || (protect && until.later === null)),
    ) || new Set(taken).size < taken.length
  );
}

/** Teams of a group. */
export function teamsOf(group: Group | null): readonly ('a' | 'b')[] {
  if (group === null || group.members === 'nobody') return [];
  if (group.members === 'both') return ['a', 'b'];
  return group.members === 'a' ? ['a'] : ['b'];
}

/** What texts say that were written by `render` and merged line by line. */
export function readModel(files: Readonly<Record<string, string>>): Model {
  const [org = '', a = '', b = ''] = ['org.yaml', 'a.yaml', 'b.yaml'].map((name) => files[name]);
  const find = (text: string, pattern: RegExp): string | null => pattern.exec(text)?.[1] ?? null;
  const amount = (text: string, pattern: RegExp): number | null => {
    const found = find(text, pattern);
    return found === null ? null : Number(found);
  };
  const readUntil = (text: string): Until | null => {
    const [, date, then] = /^ {4}until: \{ date: (\S+), then: (?:none|\$(\d+)) \}$/m.exec(text) ?? [];
    return date === undefined ? null : { date, later: then === undefined ? null : Number(then) };
  };
  const readGroup = (name: GroupName): Group | null => {
    const [, listed, ceiling] =
      new RegExp(`^  ${name}: \\{ workspaces: \\[(.*)\\], ceiling: \\$(\\d+) \\},$`, 'm').exec(org) ?? [];
    const found = Object.entries(memberTexts).find(([, texts]) => listed === texts.map((one) => `"${one}"`).join(', '));
    return found === undefined ? null : { members: found[0] as Members, ceiling: Number(ceiling) };
  };
  const readCap = (name: CapName): Cap | null => {
    const block = find(a, new RegExp(`^  ${name}:\\n([^]*?)(?=^(?:# )?  \\w+:\\n|(?![^]))`, 'm'));
    if (block === null) return null;
    return {
      budget: amount(block, /^ {4}budget: \$(\d+)$/m) ?? 0,
      until: readUntil(block),
      key: find(block, /^ {4}match: (.*)$/m) === 'all' ? 'all' : 'app',
      note: find(block, /^ {4}description: (.*)$/m) ?? '',
      late: find(block, /^ {4}alert: (.*)$/m) === '99%',
      protect: /^ {4}protect: true$/m.test(block),
      id: find(block, /^ {4}id: (.*)$/m),
      silenced: /^ {4}silence:/m.test(block),
    };
  };
  return {
    rules: Object.fromEntries(
      ruleNames.map((name) => [name, org.includes(`\n    ${ruleText(name)},\n`)]),
    ) as Model['rules'],
    groups: { growth: readGroup('growth'), research: readGroup('research') },
    owner: find(a, /^owner: "(.*)"$/m) ?? '',
    environment: find(org, /^environment: (.*)$/m) ?? '',
    organisation: find(org, /^organisation: (.*)$/m) ?? '',
    ref: find(org, /^record: \{ ref: "(.*)" \}$/m),
    settings: {
      alone: find(org, /^ {2}alone: (.*)$/m) === 'true',
      reviewed: find(org, /^ {2}require_reviewed_plan: (.*)$/m) === 'true',
      late: /^ {2}rules: .*error/m.test(org),
      deletes: /^ {4}deletes: \{ count: 0,/m.test(org),
      spendUp: /^ {4}spend_up: on$/m.test(org),
    },
    floor: amount(org, /^ {4}floor: \{ budget: \$(\d+),/m),
    skips: /^skip_defaults:/m.test(a),
    forgets: find(a, /^forget: \[policies\/(.*)\]$/m),
    star: amount(a, /^keys: \{ "\*": \{ budget: \$(\d+),/m),
    caps: Object.fromEntries(capNames.map((name) => [name, readCap(name)])) as Record<CapName, Cap | null>,
    solo: amount(b, /^ {4}budget: \$(\d+)$/m) ?? 0,
    soloUntil: readUntil(b),
  };
}
