/** Commands that ask what a tool answers: words and flags alone, as every start of the command line reads them. */

export interface Twin {
  readonly tool: string;
  /** Words of the command: `usage cost`. */
  readonly command: string;
  readonly does: string;
  readonly arguments?: readonly TwinArgument[];
  readonly flags: readonly TwinFlag[];
  readonly formats: readonly TwinFormat[];
}

export type TwinFormat = 'text' | 'json' | 'csv';

export interface TwinArgument {
  /** `<log>` or `[key]`. */
  readonly name: string;
  readonly does: string;
  readonly input: string;
  /** Default: as it is. */
  readonly as?: 'number';
}

export interface TwinFlag {
  readonly flags: string;
  readonly does: string;
  /** The member of the tool's input. */
  readonly input: string;
  /**
   * `pairs`: `key=value`, several, an object. `conditions`: the same, where one key may have several values. `user`: the pair
   * `_user=…` of it. `days`: `7d`, the window that ends now. `amount`: money has its `$`, which a shell takes away where nobody quotes it.
   * `switch`: on where it is given.
   */
  readonly as: 'text' | 'number' | 'list' | 'pairs' | 'conditions' | 'user' | 'days' | 'amount' | 'switch';
  readonly choices?: readonly string[];
  readonly isRequired?: true | undefined;
  readonly otherwise?: string;
}

const pages: readonly TwinFlag[] = [
  { flags: '--limit <rows>', does: 'rows at most', input: 'limit', as: 'number', otherwise: 'all; in JSON 50' },
  { flags: '--cursor <cursor>', does: 'where the page before ended', input: 'cursor', as: 'text' },
];

const ofWorkspace: TwinFlag = {
  flags: '--workspace <slug>',
  does: 'slug, id or name of the workspace',
  input: 'workspace_slug',
  as: 'text',
  isRequired: true,
};

/** Which calls are asked about. */
const calls: readonly TwinFlag[] = [
  ofWorkspace,
  {
    flags: '--since <days>',
    does: 'window that ends now, such as 7d',
    input: 'time_of_generation_min',
    as: 'days',
    otherwise: '30d',
  },
  {
    flags: '--from <time>',
    does: 'where the window begins, as an ISO time with zone',
    input: 'time_of_generation_min',
    as: 'text',
  },
  {
    flags: '--to <time>',
    does: 'where the window ends, as an ISO time with zone',
    input: 'time_of_generation_max',
    as: 'text',
  },
  { flags: '--key <name>', does: 'only calls of this API key, by name or id', input: 'api_key_ids', as: 'list' },
  { flags: '--provider <slug>', does: 'only calls through this provider', input: 'virtual_key_slugs', as: 'list' },
  {
    flags: '--model <model>',
    does: 'only calls of this model, such as openai__gpt-4o',
    input: 'provider_models',
    as: 'list',
  },
  { flags: '--config <slug>', does: 'only calls with this config', input: 'config_slugs', as: 'list' },
  { flags: '--status <code>', does: 'only calls that ended so, such as 429', input: 'status_codes', as: 'list' },
  { flags: '--metadata <key=value>', does: 'only calls with this metadata', input: 'metadata_filter', as: 'pairs' },
  { flags: '--user <name>', does: 'only calls of this user', input: 'metadata_filter', as: 'user' },
];

const anyWorkspace: TwinFlag = {
  flags: '--workspace <slug>',
  does: 'slug, id or name of the workspace',
  input: 'workspace',
  as: 'text',
  otherwise: 'all',
};

const oneWorkspace: TwinFlag = {
  flags: '--workspace <slug>',
  does: 'slug, id or name of the workspace',
  input: 'workspace',
  as: 'text',
  isRequired: true,
};

const usageFormats = ['text', 'json', 'csv'] as const;

function usage(tool: string, name: string, does: string, more: readonly TwinFlag[] = []): Twin {
  return { tool, command: `usage ${name}`, does, flags: [...calls, ...more, ...pages], formats: usageFormats };
}

/** An export takes no filter by key. */
const logCalls = calls.filter(({ input }) => input !== 'api_key_ids');

const proposed: readonly TwinArgument[] = [
  { name: '[workspace]', does: 'slug, id or name of the workspace', input: 'workspace' },
  {
    name: '[target]',
    does: 'policy/NAME, key/NAME, provider/SLUG, integration/SLUG, or workspace for its own limits',
    input: 'target',
  },
];

/** Of all that propose. */
const proposing: readonly TwinFlag[] = [
  { flags: '--reason <text>', does: 'why, for those who review', input: 'reason', as: 'text' },
  { flags: '--dry-run', does: 'show the change and its plan, and leave nothing', input: 'dry_run', as: 'switch' },
];

const urgent: TwinFlag = { flags: '--urgent', does: 'label it so', input: 'urgent', as: 'switch' };

const limits: readonly TwinFlag[] = [
  { flags: '--budget <amount>', does: 'such as $500 or 2M tokens', input: 'budget', as: 'amount' },
  { flags: '--reset <when>', does: 'monthly, weekly, every 14 days, never', input: 'reset', as: 'text' },
  { flags: '--alert <at>', does: 'when to warn, such as 80%', input: 'alert', as: 'amount' },
  { flags: '--rate <rate>', does: 'such as 100 requests/minute', input: 'rate', as: 'text' },
  { flags: '--match <key=value>', does: 'which calls count', input: 'match', as: 'conditions', otherwise: 'all' },
  {
    flags: '--per <key>',
    does: 'workspace_id: one counter for all; api_key, model, …: one each',
    input: 'per',
    as: 'list',
    otherwise: 'none',
  },
  { flags: '--description <text>', does: 'shown in the dashboard', input: 'description', as: 'text' },
  urgent,
];

function proposes(tool: string, name: string, does: string, flags: readonly TwinFlag[] = []): Twin {
  return {
    tool,
    command: `propose ${name}`,
    does,
    arguments: proposed,
    flags: [...flags, ...proposing],
    formats: ['text', 'json'],
  };
}

export const twins: readonly Twin[] = [
  {
    tool: 'list_workspaces',
    command: 'workspaces',
    does: 'list the active workspaces, and which have a policy file',
    flags: pages,
    formats: ['text', 'json'],
  },
  usage('get_cost_analytics', 'cost', 'what calls cost: total, average, days out of the usual'),
  usage('get_request_analytics', 'requests', 'how many calls were made, which failed and why, latency, cache', [
    {
      flags: '--flag-factor <number>',
      does: 'flag days above so many times the median',
      input: 'flag_factor',
      as: 'number',
      otherwise: '3',
    },
    {
      flags: '--flag-errors <percent>',
      does: 'flag more errors than that',
      input: 'flag_error_percent',
      as: 'number',
      otherwise: '5',
    },
  ]),
  usage('get_token_analytics', 'tokens', 'how many tokens were used'),
  usage('get_user_analytics_summary', 'users', 'requests and cost by user'),
  usage(
    'get_model_analytics_summary',
    'models',
    'requests, cost, tokens and errors by model, against the window before',
  ),
  usage('get_provider_analytics_summary', 'providers', 'the same by provider'),
  {
    tool: 'get_virtual_keys',
    command: 'keys',
    does: 'list API keys and providers: limit, used, left, expiry, calls, the policies that bind them',
    flags: [
      anyWorkspace,
      {
        flags: '--kind <kind>',
        does: 'only these',
        input: 'kind',
        as: 'text',
        choices: ['api-key', 'provider', 'virtual-key'],
      },
      {
        flags: '--only <flag>',
        does: 'only those',
        input: 'only',
        as: 'text',
        choices: ['exhausted', 'expiring', 'expired', 'forgotten'],
      },
      ...pages,
    ],
    formats: usageFormats,
  },
  {
    tool: 'list_policies',
    command: 'policies',
    does: 'list policies: limit, use, pace, next reset, and how they stand to Git',
    flags: [
      anyWorkspace,
      {
        flags: '--policy <name>',
        does: 'this one with all of its counters, by name or id',
        input: 'policy',
        as: 'text',
      },
      { flags: '--kind <kind>', does: 'only these', input: 'kind', as: 'text', choices: ['usage', 'rate'] },
      {
        flags: '--only <state>',
        does: 'only those',
        input: 'state',
        as: 'text',
        choices: ['in_sync', 'drifted', 'owed', 'unmanaged'],
      },
      ...pages,
    ],
    formats: usageFormats,
  },
  {
    tool: 'explain_limit',
    command: 'explain',
    does: 'which limits a call meets, which refuses it, which ends first, and whether its model is counted',
    arguments: [{ name: '[policy]', does: 'only this policy, by name or id', input: 'policy' }],
    flags: [
      oneWorkspace,
      { flags: '--key <name>', does: 'API key of the call, by name or id', input: 'key', as: 'text' },
      { flags: '--user <name>', does: 'user of the call', input: 'user', as: 'text' },
      { flags: '--model <model>', does: 'model of the call, such as @openai/gpt-4o', input: 'model', as: 'text' },
      { flags: '--provider <slug>', does: 'provider of the call', input: 'provider', as: 'text' },
      { flags: '--config <slug>', does: 'config of the call', input: 'config', as: 'text' },
      {
        flags: '--metadata <key=value>',
        does: 'all metadata of the call',
        input: 'metadata',
        as: 'pairs',
        otherwise: 'not known',
      },
      ...pages,
    ],
    formats: ['text', 'json'],
  },
  {
    tool: 'get_rate_limits',
    command: 'rates',
    does: 'list rate limits: the peak of 7 days, and the calls that were refused',
    flags: [anyWorkspace, ...pages],
    formats: usageFormats,
  },
  {
    ...usage(
      'get_metadata_analytics',
      'metadata',
      'requests and cost by value of a metadata key, and how far its limit is used up',
    ),
    arguments: [{ name: '<metadata-key>', does: 'key of the metadata, such as team', input: 'metadata_key' }],
  },
  {
    tool: 'list_logs',
    command: 'logs',
    does: 'list single calls: the newest, the dearest or the slowest first',
    flags: [
      ...logCalls,
      {
        flags: '--sort <order>',
        does: 'greatest first',
        input: 'sort',
        as: 'text',
        choices: ['time', 'cost', 'latency'],
        otherwise: 'time',
      },
      ...pages,
    ],
    formats: usageFormats,
  },
  {
    tool: 'get_log_details',
    command: 'logs show',
    does: 'one call: why it failed, where its time went',
    arguments: [{ name: '<id>', does: 'id of the log', input: 'log_id' }],
    flags: [
      {
        flags: '--bodies',
        does: 'request and response as well, as far as they were recorded',
        input: 'include_bodies',
        as: 'switch',
      },
    ],
    formats: ['text', 'json'],
  },
  {
    tool: 'list_log_exports',
    command: 'logs exports',
    does: 'list the log exports of a workspace: state, rows, who',
    flags: [ofWorkspace, ...pages],
    formats: ['text', 'json'],
  },
  {
    tool: 'export_logs',
    command: 'logs export',
    does: 'write all calls of a window into one file, a JSON object a line',
    flags: [
      ...logCalls,
      {
        flags: '--out <file>',
        does: 'file to write; an interrupted one is gone on with',
        input: 'file',
        as: 'text',
        otherwise: 'logs-WORKSPACE-FROM-TO.jsonl',
      },
      {
        flags: '--bodies',
        does: 'with request and response of each call',
        input: 'include_bodies',
        as: 'switch',
      },
    ],
    formats: ['text', 'json'],
  },
  {
    tool: 'list_configs',
    command: 'configs',
    does: 'list configs of the gateway: strategy, retries, cache, ways round a limit',
    flags: [ofWorkspace, ...pages],
    formats: ['text', 'json'],
  },
  {
    tool: 'list_models',
    command: 'models',
    does: 'list models that can be called, with their prices',
    flags: [
      ofWorkspace,
      {
        flags: '--provider <slug>',
        does: 'only those of this provider',
        input: 'provider',
        as: 'text',
        otherwise: 'all',
      },
      ...pages,
    ],
    formats: ['text', 'json'],
  },
  proposes('create_policy', 'create', 'a new entry, as a pull request', limits),
  proposes('update_limits', 'set', 'other limits of an entry that is there', limits),
  proposes('delete_policy', 'delete', 'to take an entry out of the files', [
    urgent,
    {
      flags: '--skip-defaults',
      does: 'leave out the organisation default of its name as well',
      input: 'skip_defaults',
      as: 'switch',
    },
  ]),
  proposes('set_recipients', 'recipients', 'who gets mail: of a key, or of all keys of a workspace', [
    {
      flags: '--to <address>',
      does: 'who gets it in place of whom the files name there, or none',
      input: 'recipients',
      as: 'list',
      otherwise: 'nobody is named',
    },
  ]),
  proposes('import_unmanaged', 'import', 'to declare what is live as it is'),
  {
    tool: 'get_proposal',
    command: 'propose show',
    does: 'what became of a proposal, or which are open',
    arguments: [{ name: '[number]', does: 'of its pull request', input: 'pull_request', as: 'number' }],
    flags: [],
    formats: ['text', 'json'],
  },
  {
    tool: 'submit_feedback',
    command: 'feedback',
    does: 'record what somebody thinks of one call',
    flags: [
      { flags: '--log <id>', does: 'id of the log; its trace is looked up', input: 'log_id', as: 'text' },
      { flags: '--trace <id>', does: 'id of the trace, in its place', input: 'trace_id', as: 'text' },
      {
        flags: '--rating <rating>',
        does: '1 or -1',
        input: 'rating',
        as: 'text',
        choices: ['LIKE', 'DISLIKE'],
      },
      { flags: '--value <number>', does: 'from -10 to 10, in place of a rating', input: 'value', as: 'number' },
      { flags: '--weight <number>', does: 'from 0 to 1', input: 'weight', as: 'number', otherwise: '1' },
      { flags: '--metadata <key=value>', does: 'kept with it', input: 'metadata', as: 'pairs', otherwise: 'none' },
    ],
    formats: ['text', 'json'],
  },
];
