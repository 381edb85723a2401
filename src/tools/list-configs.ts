import { z } from 'zod';
import { describeConfigWays, strategyModes } from '../plan/config-ways.ts';
import { readConfigs } from '../run/read-configs.ts';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

/** A list shows no contents: each is a request. */
const mostConfigs = 100;

const input = () => z.strictObject({ workspace_slug: z.string().min(1).max(200), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    configs: z.array(
      z.object({
        slug: z.string(),
        strategy: z.enum(strategyModes),
        targets: z.number(),
        retry: z.object({ attempts: z.number().nullable(), codes: z.array(z.number()).nullable() }).nullable(),
        cache: z.enum(['simple', 'semantic']).nullable(),
        falls_back_on_412: z.boolean(),
        falls_back_on_429: z.boolean(),
        flags: z.array(z.string()),
        untrusted: untrustedSchema('name'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const listConfigsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_configs',
  twin: 'configs',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Lists the active configs of a workspace: strategy, retries, cache, and whether a call goes on after a limit refused it.',
  hints:
    'One that goes on after 412 (budget) or 429 (rate) is a way round limits that bind some providers or models only. For what is called with a config use get_request_analytics with config_slugs. Needs configs.list and configs.read. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'configs',
  async run({ workspace_slug: wanted }, { reads, workspaces }) {
    const workspace = workspaceNamed(wanted, await workspaces());
    const limits = { perWorkspace: mostConfigs, inAll: mostConfigs, reader: 'this list' };
    const read = (await readConfigs(reads, [workspace], limits)).get(workspace.id);
    const { configs = [], unread = null } = read ?? {};
    const listed = await reads.ask('listConfigs', workspace.id);
    if ('unknown' in listed) {
      throw new ToolRefusal('unavailable', `configs of ${workspace.slug} cannot be read: ${listed.unknown}`, {
        hint: 'The key needs the scopes configs.list and configs.read.',
      });
    }
    const rows = configs
      .map((config) => ({ config, ways: describeConfigWays(config) }))
      .sort((a, b) => (a.config.slug < b.config.slug ? -1 : 1))
      .map(({ config, ways }) => ({
        slug: config.slug,
        strategy: ways.strategy,
        targets: ways.targets,
        retry:
          ways.retry === null
            ? null
            : { attempts: ways.retry.attempts, codes: ways.retry.codes && [...ways.retry.codes] },
        cache: ways.cache,
        falls_back_on_412: ways.fallsBackOn[412],
        falls_back_on_429: ways.fallsBackOn[429],
        flags: [
          ...(ways.fallsBackOn[412] ? ['a spent budget falls through to the next target'] : []),
          ...(ways.fallsBackOn[429] ? ['a call over its rate falls through to the next target'] : []),
          ...(ways.cache === null
            ? []
            : ['cached answers are served past limits of policies, providers and integrations, and are not counted']),
        ],
        untrusted: { name: config.name },
      }));
    const passing = rows.filter((row) => row.falls_back_on_412).length;
    const unsaid = listed.value.length - rows.length;
    return {
      answer:
        `${listed.value.length} active ${listed.value.length === 1 ? 'config' : 'configs'} in ${workspace.slug}; ` +
        `${passing} ${passing === 1 ? 'goes' : 'go'} on to the next target after a spent budget (412).`,
      workspace: workspace.slug,
      configs: rows,
      page: wholePage,
      notes:
        unread === null && unsaid === 0
          ? []
          : [`Of ${unsaid} it is not known what they do: ${unread ?? 'they were not read'}.`],
    };
  },
  show: ({ answer, configs }) => [
    {
      columns: [
        { head: 'slug' },
        { head: 'name' },
        { head: 'strategy' },
        { head: 'targets', align: 'right' },
        { head: 'retries', align: 'right' },
        { head: 'cache' },
        { head: 'on 412' },
        { head: 'on 429' },
      ],
      rows: configs.map((row) => [
        row.slug,
        row.untrusted.name,
        row.strategy,
        row.targets,
        row.retry === null ? 'none' : row.retry.attempts,
        row.cache ?? 'none',
        row.falls_back_on_412 ? 'goes on' : 'stops',
        row.falls_back_on_429 ? 'goes on' : 'stops',
      ]),
    },
    { text: answer },
  ],
});
