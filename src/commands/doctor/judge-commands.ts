/** Which commands work with this key, here. Pure. */

import type { CheckView, CommandView } from '../../render/doctor.ts';
import type { KeyConduct } from './identify-key.ts';

/** What a command reads, by check id; `kinds`: the checks that the files make necessary. */
interface CommandNeeds {
  readonly command: string;
  readonly reads: 'kinds' | 'everything' | 'workspaces' | 'nothing';
  readonly files: boolean;
  readonly record: boolean;
  readonly writes: boolean;
  /** It pushes the record. */
  readonly pushes?: boolean;
  /** Checks that it cannot do without, beside what it reads. */
  readonly needs?: readonly string[];
  /** What else it needs and no check asks for. */
  readonly untried?: string;
  /** Without these it works in part, and this is what is missing. */
  readonly better: readonly (readonly [check: string, loss: string])[];
}

const none = { files: false, record: false, writes: false, better: [] } as const;

const configsLoss = 'its rules see no gateway configs';

const impact = [
  ['analytics.graphs', 'estimates and forecasts of its impact stay unknown'],
  ['configs.list', configsLoss],
  ['configs.read', configsLoss],
] as const;

const commands: readonly CommandNeeds[] = [
  { ...none, command: 'init', reads: 'nothing' },
  { ...none, command: 'validate, fmt', reads: 'nothing', files: true },
  { ...none, command: 'plan', reads: 'kinds', files: true, record: true, better: impact },
  { ...none, command: 'apply', reads: 'kinds', files: true, record: true, writes: true, pushes: true, better: impact },
  {
    ...none,
    command: 'drift',
    reads: 'kinds',
    files: true,
    record: true,
    better: [['audit-logs.list', 'it cannot say who and when']],
  },
  { ...none, command: 'import', reads: 'everything' },
  {
    ...none,
    command: 'status',
    reads: 'workspaces',
    better: [
      ['usage-policies.list', 'policies stay unknown'],
      ['usage-policies.read', 'counters of policies stay unknown'],
      ['keys.list', 'keys stay unknown'],
      ['providers.list', 'providers stay unknown'],
      ['integrations.list', 'integrations stay unknown'],
      ['integrations.shares', 'integrations stay unknown'],
      ['analytics.graphs', 'estimates of workspaces, providers and integrations stay unknown'],
      ['analytics.groups', 'trends stay unknown'],
    ],
  },
  {
    ...none,
    command: 'notify',
    reads: 'workspaces',
    files: true,
    record: true,
    better: [
      ['usage-policies.list', 'nobody is told of policies'],
      ['usage-policies.read', 'nobody is told of policies'],
      ['keys.list', 'nobody is told of keys'],
      ['providers.list', 'nobody is told of providers'],
      ['integrations.list', 'nobody is told of integrations'],
      ['integrations.shares', 'nobody is told of integrations'],
      ['analytics.graphs', 'nobody is told of workspaces, providers and integrations, nor of run-outs'],
    ],
  },
  {
    ...none,
    command: 'usage',
    reads: 'workspaces',
    needs: ['analytics.graphs', 'analytics.groups'],
    better: [['keys.list', 'keys cannot be named in filters']],
  },
  {
    ...none,
    command: 'keys',
    reads: 'workspaces',
    needs: ['keys.list'],
    better: [
      ['providers.list', 'providers stay unknown'],
      ['usage-policies.list', 'policies that bind a key stay unknown'],
      ['analytics.groups', 'calls and spend stay unknown'],
    ],
  },
  {
    ...none,
    command: 'policies, explain',
    reads: 'workspaces',
    needs: ['usage-policies.list', 'rate-policies.list'],
    better: [
      ['usage-policies.read', 'counters of policies stay unknown'],
      ['keys.list', 'limits of keys stay unknown'],
      ['providers.list', 'limits of providers stay unknown'],
      ['integrations.shares', 'limits of integrations stay unknown'],
      ['analytics.graphs', 'pace and run-out stay unknown'],
    ],
  },
  {
    ...none,
    command: 'rates',
    reads: 'workspaces',
    needs: ['rate-policies.list'],
    better: [
      ['keys.list', 'rates of keys stay unknown'],
      ['providers.list', 'rates of providers stay unknown'],
      ['integrations.shares', 'rates of integrations stay unknown'],
      ['analytics.graphs', 'peaks and refused calls stay unknown'],
    ],
  },
  { ...none, command: 'configs', reads: 'workspaces', needs: ['configs.list', 'configs.read'] },
  {
    ...none,
    command: 'models',
    reads: 'workspaces',
    untried: 'list models: not tried; PORTKEY_WORKSPACE_KEY is needed where an admin key is refused',
    better: [['integrations.list', 'it cannot go by the integrations where models are not listed']],
  },
  { ...none, command: 'logs', reads: 'workspaces', untried: 'log exports: not tried' },
  { ...none, command: 'reset', reads: 'workspaces', writes: true, needs: ['usage-policies.list', 'keys.list'] },
  {
    ...none,
    command: 'propose',
    reads: 'kinds',
    files: true,
    record: true,
    untried:
      'pull requests: not tried; GITHUB_TOKEN needs pull-requests: write, and that of a workflow starts no workflow for them',
    better: impact,
  },
  { ...none, command: 'history, show', reads: 'nothing', record: true },
  { ...none, command: 'revert', reads: 'nothing', files: true, record: true },
];

export function judgeCommands(checks: readonly CheckView[], conduct: KeyConduct): CommandView[] {
  return commands.map((needs) => judge(needs, checks, conduct));
}

function judge(needs: CommandNeeds, checks: readonly CheckView[], conduct: KeyConduct): CommandView {
  const { command } = needs;
  const find = (id: string): CheckView | undefined => checks.find((check) => check.id === id);
  if (needs.reads !== 'nothing' && find('environment') !== undefined) {
    return { command, state: 'no', detail: 'the control plane cannot be asked: see above' };
  }
  if (needs.reads !== 'nothing' && conduct === 'workspace') {
    return { command, state: 'no', detail: 'it needs an organisation admin key' };
  }
  const missing = needs.files && find('policies')?.state === 'note' ? ['there are no policy files'] : [];
  const wanted = checks.filter((check) => {
    if (check.id === 'policies') return needs.files;
    if (check.id === 'record') return needs.record;
    if (check.id === 'record-push') return needs.pushes === true;
    if (check.id === 'record-owner') return needs.record && needs.reads !== 'nothing';
    if (check.id === 'organisation') return needs.files && needs.reads !== 'nothing';
    if (check.group !== 'reading') return false;
    if (needs.needs?.includes(check.id) === true) return true;
    if (needs.reads === 'workspaces') return check.id === 'workspaces.list';
    return needs.reads === 'everything' ? isOfKinds(check) : needs.reads === 'kinds' && check.needed;
  });
  const bad = wanted.filter(isBad).map(({ title }) => title);
  const blocked = [...missing, ...(bad.length === 0 ? [] : [`${listOf(bad)}: see above`])];
  if (blocked.length > 0) return { command, state: 'no', detail: blocked.join('; ') };
  const untried = wanted.filter(
    ({ state, id }) => state === 'not-tried' && (id === 'record' || !isForLackOfObjects(id)),
  );
  if (untried.some(({ id }) => id === 'record' || id === 'workspaces.list')) {
    return { command, state: 'unproven', detail: `${untried.map(({ title }) => title).join(', ')}: not tried` };
  }
  const lost = needs.better.flatMap(([id, loss]) => {
    const check = find(id);
    return check !== undefined && isBad(check) ? [loss] : [];
  });
  const losses = [...new Set(lost)];
  if (needs.writes) return judgeWrites(command, checks, losses);
  if (needs.untried !== undefined) {
    return { command, state: 'unproven', detail: [needs.untried, ...losses].join('; ') };
  }
  if (losses.length > 0) return { command, state: 'partly', detail: losses.join('; ') };
  return { command, state: 'works', detail: null };
}

/** `list API keys and 3 more` */
function listOf(titles: readonly string[]): string {
  const [first = '', second, ...rest] = titles;
  if (second === undefined) return first;
  return rest.length === 0 ? `${first} and ${second}` : `${first} and ${rest.length + 1} more`;
}

function judgeWrites(command: string, checks: readonly CheckView[], losses: readonly string[]): CommandView {
  const refused = checks.filter(({ group, state }) => group === 'writing' && state === 'refused');
  if (refused.length > 0) {
    const what = refused.map(({ title }) => title).join(', ');
    return { command, state: 'partly', detail: [`the key lacks scopes to write ${what}`, ...losses].join('; ') };
  }
  return {
    command,
    state: 'unproven',
    detail: ['what it reads works; whether it may write was not tried', ...losses].join('; '),
  };
}

function isBad({ state }: CheckView): boolean {
  return state === 'refused' || state === 'broken';
}

/** The reads that no command can do without, whatever the files declare: without counters, configs, analytics, the audit log. */
function isOfKinds({ id }: CheckView): boolean {
  return !/^(?:configs|analytics|audit-logs|version|usage-policies\.entities)/.test(id);
}

/** Single reads are tried on an object that a list has shown: where there is none, nothing is amiss. */
function isForLackOfObjects(id: string): boolean {
  return !id.endsWith('.list');
}
