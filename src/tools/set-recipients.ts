import { z } from 'zod';
import { missing, ProposalRefusal } from '../importing/proposal.ts';
import { answerProposal, type ProposalData, proposalOutput, showProposal } from './proposal-answer.ts';
import { asTool, proposalInput, wishedTarget, wishedWorkspace } from './proposal-input.ts';
import { defineTool } from './tool.ts';

const input = () =>
  z.strictObject({ ...proposalInput, recipients: z.array(z.string().min(1).max(320)).min(1).max(50).optional() });

export const setRecipientsTool = defineTool<z.infer<ReturnType<typeof input>>, ProposalData>({
  name: 'set_recipients',
  twin: 'propose recipients',
  toolset: 'propose',
  effect: 'propose',
  purpose: 'Proposes who gets mail: of a key, else of all.',
  hints: 'Or [none]. Needs what create_policy needs.',
  input,
  output: proposalOutput,
  run: (wish, context) =>
    asTool(async () => {
      const workspace = await wishedWorkspace(wish, context);
      const target = wish.target === undefined ? null : await wishedTarget(wish, workspace, context);
      if (target !== null && target.kind !== 'key') {
        throw new ProposalRefusal('invalid_input', `a ${target.kind} has no recipients: name a key, or no target`);
      }
      const { recipients } = wish;
      if (recipients === undefined) throw missing('recipients', 'addresses, or none', ['none']);
      return answerProposal({ action: 'recipients', target, recipients }, workspace, wish, context);
    }),
  show: showProposal,
});
