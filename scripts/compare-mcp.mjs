/**
 * `tollgate mcp` beside the other server for agents that asks the same control plane, both over stdio, over one emulator, with the same
 * questions and the same slips of the pen. Prints the tables of docs/agents.md.
 *
 *     npm run compare:mcp
 *
 * A question is answered where all that was asked stands in what came back, by whatever name: the facts are read of the control plane
 * by the script itself. Bytes are those of the text that a model reads. Needs Node 24, for the other one.
 */
import { cli, connectPipes, needNode, openWorkshop } from './mcp-rig.mjs';

needNode('24');
const other = { name: 'portkey-admin-mcp', version: '0.12.0' };
/** Those of its sets that these questions need. */
const domains = 'workspaces,analytics,limits,keys,providers,configs,logging';
const workspace = 'ws-market-4f2a1c';
const days = 7;

const textOf = ({ content }) => (content ?? []).map(({ text = '' }) => text).join('');
const bytesOf = (text) => Buffer.byteLength(text);

/** Calls of one server, and what they cost. */
function openSide(client) {
  const said = [];
  const call = async (name, given) => {
    const result = await client.callTool({ name, arguments: given }).catch((error) => ({ thrown: String(error) }));
    const text = result.thrown ?? textOf(result);
    said.push(text);
    const isRefused = result.thrown !== undefined || result.isError === true;
    return { text, isRefused, data: isRefused ? null : JSON.parse(text).data };
  };
  return { client, call, take: () => said.splice(0) };
}

/** What is asked; the facts, each in any of its spellings; how each side is asked. */
function questionsOf({ ask, window, id }) {
  const ours = { workspace_slug: workspace, ...window };
  const graph = (path, query = '') =>
    ask(`/analytics/${path}?workspace_slug=${workspace}&${new URLSearchParams(window)}${query}`);
  const dearest = (rows) => rows.toSorted((one, two) => Number(two.cost) - Number(one.cost));
  const policies = async () => (await ask(`/policies/usage-limits?workspace_id=${id}`)).data;
  const counters = async (policy) => (await ask(`/policies/usage-limits/${policy}/entities`)).data;
  return [
    {
      asks: 'Which workspaces are there?',
      facts: async () => (await ask('/admin/workspaces')).data.map(({ slug }) => [slug]),
      ours: ({ call }) => call('list_workspaces', {}),
      theirs: ({ call }) => call('list_workspaces', {}),
    },
    {
      asks: 'What did marketing cost in 7 days?',
      facts: async () => [[String((await graph('graphs/cost')).summary.total)]],
      ours: ({ call }) => call('get_cost_analytics', ours),
      theirs: ({ call }) => call('get_cost_analytics', ours),
    },
    {
      asks: 'Which user was the dearest, and at what cost?',
      facts: async () => {
        const [first] = dearest((await graph('groups/users')).data);
        return [[first.user], [String(first.cost)]];
      },
      ours: ({ call }) => call('get_user_analytics_summary', ours),
      theirs: ({ call }) => call('get_analytics_group_users', ours),
    },
    {
      asks: 'What did each model cost?',
      facts: async () =>
        (await graph('groups/model', '&columns=cost')).data.flatMap((row) => [[row.model], [String(row.cost)]]),
      ours: ({ call }) => call('get_model_analytics_summary', ours),
      theirs: ({ call }) => call('get_analytics_group_models', ours),
    },
    {
      asks: 'How many calls failed, and with which status?',
      async facts() {
        const { total } = (await graph('graphs/requests')).summary;
        const failed = (await graph('graphs/errors/status-codes')).data_points;
        const codes = failed.map(({ status_code: code }) => [`"status":${code},`, `"status_code":${code},`]);
        return [[`"requests":${total},`, `"total_requests":${total}}`], ...codes];
      },
      ours: ({ call }) => call('get_request_analytics', ours),
      async theirs({ call }) {
        await call('get_request_analytics', ours);
        await call('get_error_status_codes_analytics', ours);
      },
    },
    {
      asks: 'Which budgets of marketing are used up, and by whose calls?',
      async facts() {
        const { data: keys } = await ask(`/api-keys?workspace_id=${id}`);
        const used = await Promise.all(
          (await policies()).map(async ({ id: policy, name, credit_limit: limit }) => {
            const over = (await counters(policy)).filter((one) => Number(one.current_usage) >= limit * 100);
            if (over.length === 0) return [];
            const spenders = over.map(({ value_key: key }) => keys.find((one) => key.endsWith(one.id)).name);
            return [[name], ...spenders.map((spender) => [spender]), ...over.map((one) => [String(one.current_usage)])];
          }),
        );
        return used.flat();
      },
      async ours({ call }) {
        const { data } = await call('list_policies', { workspace, kind: 'usage' });
        // The fullest three counters of each stand in the list.
        const long = data.policies.filter(({ use, counter_count: all }) => use.state === 'exhausted' && all > 3);
        for (const { id: policy } of long) await call('list_policies', { workspace, policy });
      },
      async theirs({ call }) {
        const { data } = await call('list_usage_limits', { workspace_id: id });
        for (const { id: limit_id } of data.usage_limits) await call('list_usage_limit_entities', { limit_id });
        await call('list_api_keys', { workspace_id: id });
      },
    },
    {
      asks: 'Is a call of newsletter-bot refused now, by which limit and until when?',
      facts: async () => [
        ['"refuses_now":true', 'is refused', 'exhausted'],
        ['old-trial'],
        [(await policies()).find(({ name }) => name === 'old-trial').next_usage_reset_at],
      ],
      ours: ({ call }) => call('explain_limit', { workspace, key: 'newsletter-bot', model: '@openai-prod/gpt-4o' }),
      async theirs({ call }) {
        await call('list_api_keys', { workspace_id: id });
        const { data } = await call('list_usage_limits', { workspace_id: id });
        for (const { id: limit_id } of data.usage_limits) await call('list_usage_limit_entities', { limit_id });
        await call('list_rate_limits', { workspace_id: id });
        await call('list_providers', { workspace_id: id });
      },
    },
    {
      asks: 'Which three calls were the dearest?',
      async facts(links) {
        const lines = (await (await fetch(links[0])).text()).trimEnd().split('\n');
        return dearest(lines.map((line) => JSON.parse(line)))
          .slice(0, 3)
          .map(({ id: log }) => [log]);
      },
      ours: ({ call }) => call('list_logs', { ...ours, sort: 'cost', limit: 3 }),
      async theirs({ call }, links) {
        const { data } = await call('create_log_export', {
          workspace_id: id,
          time_min: window.time_of_generation_min,
          time_max: window.time_of_generation_max,
          requested_fields: ['id', 'created_at', 'cost', 'ai_model'],
        });
        const export_id = data.id ?? data.export_id;
        await call('start_log_export', { export_id });
        await call('get_log_export', { export_id });
        const { data: made } = await call('download_log_export', { export_id });
        // A link alone: whoever can fetch it has the rows.
        links.push(made.signed_url ?? made.url);
      },
    },
  ];
}

/** The same slip for both; a name that only one of them has stands in its own form. */
function slipsOf(window) {
  const good = { workspace_slug: workspace, ...window };
  const cost = (given) => ['get_cost_analytics', { ...good, ...given }];
  const both = (says, given) => ({ says, ours: cost(given), theirs: cost(given) });
  return [
    both('the name of an argument misspelt', { virtual_key_slug: ['openai-prod'] }),
    both('a workspace that there is not', { workspace_slug: 'ws-marketing' }),
    both('a window that ends before it begins', {
      time_of_generation_min: window.time_of_generation_max,
      time_of_generation_max: window.time_of_generation_min,
    }),
    both('a time that is none', { time_of_generation_min: 'last week' }),
    both('a text for a number', { cost_min: 'abc' }),
    both('a provider that there is not', { virtual_key_slugs: ['openai-prd'] }),
    both('a config that there is not', { config_slugs: ['pc-nothing'] }),
    both('a model that nobody called', { provider_models: ['openai__gpt-9'] }),
    {
      says: 'an API key that there is not',
      ours: cost({ api_key_ids: ['nwsletter-bot'] }),
      theirs: cost({ api_key_ids: 'nwsletter-bot' }),
    },
  ];
}

async function becomes({ call, take }, [name, given]) {
  const { text, isRefused } = await call(name, given);
  take();
  if (isRefused) return /did you mean/.test(text) ? 'refused, with the nearest name' : 'refused';
  const isSaid = /"No (?:\w+|call of this window went to model) \\"/.test(text);
  return isSaid ? 'answered, and says that there is none' : 'answered';
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const count = (number) => number.toLocaleString('en');
const workshop = openWorkshop();
try {
  workshop.install([`${other.name}@${other.version}`]);
  const { ask, env } = await workshop.startEmulator();
  const { data: workspaces } = await ask('/admin/workspaces');
  const { id } = workspaces.find(({ slug }) => slug === workspace);
  const at = (past) => new Date(Date.now() - past * 24 * 3_600_000).toISOString();
  const window = { time_of_generation_min: at(days), time_of_generation_max: at(0) };
  const cwd = workshop.folder;
  const theirFile = workshop.commandOf(other.name, other.name);
  const theirEnv = { ...env, PORTKEY_ALLOW_INSECURE_HTTP: 'true', PORTKEY_ALLOW_PRIVATE_BASE_URL: 'true' };
  const sides = {
    ours: openSide(await connectPipes(cli, ['mcp'], { cwd, env })),
    theirs: openSide(await connectPipes(theirFile, [], { cwd, env: theirEnv })),
  };
  const confined = await connectPipes(theirFile, [], { cwd, env: { ...theirEnv, PORTKEY_TOOL_DOMAINS: domains } });
  const lists = [];
  for (const [who, client] of [
    ['tollgate', sides.ours.client],
    [other.name, sides.theirs.client],
    [`${other.name}, with the sets for these questions alone`, confined],
  ]) {
    const { tools } = await client.listTools();
    lists.push([who, count(tools.length), count(bytesOf(JSON.stringify(tools)))]);
  }
  await confined.close();

  const answers = [];
  for (const question of questionsOf({ ask, window, id })) {
    const links = [];
    const heard = {};
    for (const who of ['theirs', 'ours']) {
      await question[who](sides[who], links);
      heard[who] = sides[who].take();
    }
    const facts = await question.facts(links);
    if (facts.some((spellings) => spellings.some((one) => /undefined|null/.test(one)))) {
      throw new Error(`${question.asks}: the script itself could not read what is so`);
    }
    const cells = ['ours', 'theirs'].map((who) => {
      const text = heard[who].join('\n');
      const missing = facts.filter((spellings) => !spellings.some((one) => text.includes(one)));
      const told = missing.length === 0 ? 'yes' : `no: ${facts.length - missing.length} of ${facts.length} facts`;
      return `${told}; ${heard[who].length} ${heard[who].length === 1 ? 'call' : 'calls'}, ${count(bytesOf(text))} bytes`;
    });
    answers.push([question.asks, ...cells]);
  }

  const slips = [];
  for (const { says, ours, theirs } of slipsOf(window)) {
    slips.push([says, await becomes(sides.ours, ours), await becomes(sides.theirs, theirs)]);
  }
  const heads = ['tollgate', `${other.name} ${other.version}`];
  console.log(
    `${other.name} ${other.version}, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}\n`,
  );
  console.log(`${table(['server', 'tools', 'bytes of the list'], lists)}\n`);
  console.log(`${table(['question', ...heads], answers)}\n`);
  console.log(table(['slip', ...heads], slips));
  await Promise.all(Object.values(sides).map(({ client }) => client.close()));
} finally {
  await workshop.close();
}
