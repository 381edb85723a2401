import { z } from 'zod';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const output = () =>
  z.object({
    answer: z.string(),
    workspaces: z.array(
      z.object({
        id: z.string(),
        slug: z.string(),
        has_file: z.boolean().nullable(),
        untrusted: untrustedSchema('name'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const listWorkspacesTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_workspaces',
  twin: 'workspaces',
  toolset: 'usage',
  effect: 'read',
  purpose: 'Lists the active workspaces with id and slug, and says which of them have a policy file.',
  hints:
    'Every analytics tool needs one of these slugs. Archived workspaces are left out. For budgets of a workspace use list_policies. Needs the scope workspaces.list. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'workspaces',
  async run(_input, context) {
    const [live, desired] = await Promise.all([context.workspaces(), context.desired()]);
    const declared = desired === null ? null : new Set(desired.workspaces.map(({ ref }) => ref.toLowerCase()));
    const workspaces = [...live]
      .sort((a, b) => (a.slug < b.slug ? -1 : 1))
      .map(({ id, slug, name }) => ({
        id,
        slug,
        has_file: declared === null ? null : declared.has(slug.toLowerCase()) || declared.has(id.toLowerCase()),
        untrusted: { name },
      }));
    const withFile = workspaces.filter(({ has_file: has }) => has === true).length;
    const files = declared === null ? 'no policy files are at hand' : `${withFile} have a policy file`;
    return {
      answer: `${workspaces.length} active ${workspaces.length === 1 ? 'workspace' : 'workspaces'}; ${files}.`,
      workspaces,
      page: wholePage,
      notes: [],
    };
  },
  show: ({ answer, workspaces }) => [
    {
      columns: [{ head: 'slug' }, { head: 'name' }, { head: 'id' }, { head: 'policy file' }],
      rows: workspaces.map(({ slug, id, has_file: has, untrusted }) => [
        slug,
        untrusted.name,
        id,
        has === null ? null : has ? 'yes' : 'no',
      ]),
    },
    { text: answer },
  ],
});

function input() {
  return z.strictObject({ ...pageInput });
}
