import { z } from 'zod';
import { readProposals } from '../importing/read-proposals.ts';
import { asTool } from './proposal-input.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () => z.strictObject({ pull_request: z.number().int().min(1).optional() });

const output = () =>
  z.object({
    answer: z.string(),
    proposals: z.array(
      z.object({
        number: z.number().nullable(),
        url: z.string().nullable(),
        branch: z.string(),
        state: z.string(),
        urgent: z.boolean(),
        approvals: z.number().nullable(),
        untrusted: untrustedSchema('title'),
      }),
    ),
    commands: z.array(z.string()),
    notes: z.array(z.string()),
  });

export const getProposalTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'get_proposal',
  twin: 'propose show',
  toolset: 'propose',
  effect: 'read',
  purpose: 'Tells what became of a proposal, or which are open.',
  hints: 'Of create_policy and the like. Needs a token of GitHub.',
  input,
  output,
  run: ({ pull_request: number }, { options, session }) =>
    asTool(async () => {
      const { proposals: found, notes, commands } = await readProposals(number ?? null, options, session);
      const count = found.length;
      const [first] = found;
      return {
        answer:
          number !== undefined && first !== undefined
            ? `Pull request #${number} is ${first.state}.`
            : `${count} ${count === 1 ? 'proposal is' : 'proposals are'} open${notes.length === 0 ? '' : ', as far as branches tell'}.`,
        commands: [...commands],
        proposals: found.map(({ title, ...rest }) => ({ ...rest, untrusted: { title } })),
        notes: [
          ...notes,
          ...(found.some(({ approvals, state }) => approvals === null && state !== 'branch')
            ? ['Some reviews could not be read.']
            : []),
        ],
      };
    }),
  show: ({ answer, proposals, commands }) => [
    { text: answer },
    {
      columns: [{ head: 'pull request' }, { head: 'state' }, { head: 'approvals', align: 'right' }, { head: 'title' }],
      rows: proposals.map(({ url, branch, state, approvals, untrusted }) => [
        url ?? branch,
        state,
        approvals,
        untrusted.title,
      ]),
    },
    { lines: commands },
  ],
});
