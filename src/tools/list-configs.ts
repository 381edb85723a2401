import { z } from 'zod';
import { configConductOf } from '../rules/config-rules.ts';
import { readConfigs } from '../run/read-configs.ts';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({ workspace: z.string().max(200).optional().describe('slug, id or name; all'), ...pageInput });

const rowSchema = () =>
  z.object({
    slug: z.string(),
    workspace: z.string(),
    targets: z.number(),
    retry_attempts: z.number().nullable(),
    falls_back_on_412: z.boolean(),
    falls_back_on_429: z.boolean(),
    flags: z.array(z.string()),
    untrusted: untrustedSchema('name', 'strategy', 'cache'),
  });

const output = () =>
  z.object({ answer: z.string(), configs: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

export const listConfigsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_configs',
  twin: 'configs',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Lists the active configs of the gateway with strategy, retries and cache, and whether a spent budget (412) or a rate (429) falls through to another target.',
  hints:
    '20 configs of a workspace and 100 in all are read. For the limits they may pass see list_policies. Needs configs.list and configs.read. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'configs',
  async run({ workspace }, context) {
    const all = await context.workspaces();
    const places = workspace === undefined ? all : [workspaceNamed(workspace, all)];
    const read = await readConfigs(context.reads, places);
    const configs = places
      .flatMap(({ id, slug: place }) => (read.get(id)?.configs ?? []).map((config) => ({ place, config })))
      .map(({ place, config }) => {
        const conduct = configConductOf(config);
        return {
          slug: config.slug,
          workspace: place,
          targets: conduct.targets,
          retry_attempts: conduct.retries,
          falls_back_on_412: conduct.fallsBackOn[412],
          falls_back_on_429: conduct.fallsBackOn[429],
          flags: [
            ...(conduct.fallsBackOn[412] ? ['a spent budget falls through to the next target'] : []),
            ...(conduct.fallsBackOn[429] ? ['a rate limit falls through to the next target'] : []),
            ...(conduct.takesEveryFailure ? ['a fallback without codes takes every failure'] : []),
          ],
          untrusted: { name: config.name, strategy: conduct.strategies.join(', ') || 'single', cache: conduct.cache },
        };
      })
      .sort((a, b) => b.flags.length - a.flags.length || (a.workspace + a.slug < b.workspace + b.slug ? -1 : 1));
    const flagged = configs.filter(({ flags }) => flags.length > 0).length;
    const gaps = places.flatMap(({ id, slug }) => {
      const unread = read.get(id)?.unread ?? null;
      return unread === null ? [] : [`Configs of ${slug} are not all known: ${unread}.`];
    });
    return {
      answer: `${configs.length} ${configs.length === 1 ? 'config' : 'configs'}; ${flagged} let a refused call go on.`,
      configs,
      page: wholePage,
      notes: gaps,
    };
  },
  show: ({ answer, configs }) => [
    {
      columns: [
        { head: 'workspace' },
        { head: 'config' },
        { head: 'name' },
        { head: 'strategy' },
        { head: 'retries', align: 'right' },
        { head: 'cache' },
        { head: 'look at' },
      ],
      rows: configs.map(({ workspace, slug, retry_attempts: retries, flags, untrusted }) => [
        workspace,
        slug,
        untrusted.name,
        untrusted.strategy,
        retries,
        untrusted.cache ?? 'none',
        flags.join('; '),
      ]),
    },
    { text: answer },
  ],
});
