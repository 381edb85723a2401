import { z } from 'zod';
import { answerProposal, type ProposalData, proposalOutput, showProposal } from './proposal-answer.ts';
import { asTool, proposalInput, urgentInput, wishedTarget, wishedWorkspace } from './proposal-input.ts';
import { defineTool } from './tool.ts';

const input = () => z.strictObject({ ...proposalInput, ...urgentInput, skip_defaults: z.boolean().optional() });

export const deletePolicyTool = defineTool<z.infer<ReturnType<typeof input>>, ProposalData>({
  name: 'delete_policy',
  twin: 'propose delete',
  toolset: 'propose',
  effect: 'propose',
  purpose: 'Proposes to take an entry out.',
  hints: 'A default of its name takes its place, but for skip_defaults. Needs what create_policy needs.',
  input,
  output: proposalOutput,
  run: (wish, context) =>
    asTool(async () => {
      const workspace = await wishedWorkspace(wish, context);
      const target = await wishedTarget(wish, workspace, context);
      const { skip_defaults: skipDefaults = false } = wish;
      return answerProposal({ action: 'delete', target, skipDefaults }, workspace, wish, context);
    }),
  show: showProposal,
});
