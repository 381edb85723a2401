/**
 * The policy files of a story as text in which each thing has lines of its own, so that Git merges what was edited apart and the value can
 * be read out of whatever came of it. Shares nothing with the reader of policies.
 */

import {
  type Cap,
  type CapName,
  cap,
  capNames,
  type Group,
  type GroupName,
  groupNames,
  type Members,
  type Model,
  memberTexts,
  type RuleName,
  ruleNames,
  rules,
  type Until,
} from './model.ts';

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
