import { z } from 'zod';
import { answerProposal, type ProposalData, proposalOutput, showProposal } from './proposal-answer.ts';
import { asTool, proposalInput, wishedTarget, wishedWorkspace } from './proposal-input.ts';
import { defineTool } from './tool.ts';

const input = () => z.strictObject({ ...proposalInput });

export const importUnmanagedTool = defineTool<z.infer<ReturnType<typeof input>>, ProposalData>({
  name: 'import_unmanaged',
  twin: 'propose import',
  toolset: 'propose',
  effect: 'propose',
  purpose: 'Proposes to declare what is live as it is.',
  hints: 'One target or all; see list_policies. Needs the same.',
  input,
  output: proposalOutput,
  run: (wish, context) =>
    asTool(async () => {
      const workspace = await wishedWorkspace(wish, context);
      const target = wish.target === undefined ? null : await wishedTarget(wish, workspace, context, true);
      return answerProposal({ action: 'import', target }, workspace, wish, context);
    }),
  show: showProposal,
});
