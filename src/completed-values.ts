/** Which values flags and arguments have whose choices the parser does not know. */

import type { DeclaredName, DeclaredNames } from './policy/declared-names.ts';
import { ruleNames } from './rule-names.ts';

export const completedShells = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** What a value is chosen from: fixed words, or names of the policy files. */
export type Choices = readonly string[] | ((names: DeclaredNames, given: readonly string[]) => readonly string[]);

const namesOf =
  (...kinds: readonly DeclaredName['kind'][]): Choices =>
  ({ entries }) =>
    entries.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);

const workspaces: Choices = (names) => names.workspaces;
const policies = namesOf('usage-policy', 'rate-policy');
const groupings = ['workspace_id', 'api_key', 'model', 'provider', 'virtual_key', 'metadata._user'];
const resets = ['monthly', 'weekly', 'never'];

/** As `plan` writes them: in one workspace, or of this name in any. */
const changes: Choices = ({ entries }) => [
  ...entries.map(({ kind, workspace, name }) => `${kind}/${workspace ?? '-'}/${name}`),
  ...entries.map(({ kind, name }) => `${kind}/${name}`),
];

const targetKinds: Readonly<Record<DeclaredName['kind'], string | null>> = {
  'usage-policy': 'policy/',
  'rate-policy': 'policy/',
  'key-limits': 'key/',
  'provider-limits': 'provider/',
  'integration-limits': 'integration/',
  // No workspace has any.
  'integration-prices': null,
  'workspace-limits': 'workspace',
};
const targets: Choices = ({ entries }, [workspace]) => [
  ...entries
    .filter((entry) => entry.workspace === workspace)
    .flatMap(({ kind, name }) => {
      const target = targetKinds[kind];
      return target === null ? [] : [target + (kind === 'workspace-limits' ? '' : name)];
    }),
  'workspace',
];

/** By the flag as help shows it. */
export const flagValues: Readonly<Record<string, Choices>> = {
  '--workspace <slug>': workspaces,
  '--only <kind/key>': changes,
  '--policy <name>': policies,
  '--key <name>': namesOf('key-limits'),
  '--provider <slug>': namesOf('provider-limits'),
  '--integration <slug>': namesOf('integration-limits'),
  '--test <channel>': ({ channels }) => channels,
  '--toolsets <names>': ['usage', 'keys', 'policies', 'logs', 'propose', 'feedback'],
  '--reset <when>': resets,
  '--per <key>': groupings,
  '--by <key>': ['workspace', 'user', 'key', 'metadata.team'],
  '--by <what>': ['workspace', 'user', 'model', 'provider', 'api_key', 'virtual_key', 'day'],
  '--since <days>': ['7d', '30d', '90d'],
};

const proposed = [workspaces, targets];

/** Commands that print JSON; those that ask a tool are known by `tollgate help schema`. */
const documents = [
  ...[
    'apply',
    'backtest',
    'doctor',
    'drift',
    'estimate',
    'fmt',
    'history',
    'import',
    'init',
    'logs-audit',
    'logs-pull',
  ],
  ...['logs-spend', 'logs-top', 'notify', 'plan', 'recommend', 'record-move', 'record-rebuild', 'reset', 'revert'],
  ...['rules', 'show', 'status', 'validate'],
];

/** By the words of the command, a row of what its arguments are, in their order. */
export const argumentValues: Readonly<Record<string, readonly Choices[]>> = {
  schema: [['defaults', 'org', 'workspace', 'plan-file', 'telling', ...documents]],
  rules: [ruleNames],
  completion: [completedShells],
  show: [['latest', '~1']],
  revert: [['latest', '~1']],
  explain: [policies],
  reset: [namesOf('usage-policy', 'key-limits', 'provider-limits', 'integration-limits')],
  'propose create': proposed,
  'propose set': proposed,
  'propose delete': proposed,
  'propose recipients': proposed,
  'propose import': proposed,
};
