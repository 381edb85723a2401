import { z } from 'zod';
import { missing, proposedFields } from '../importing/proposal.ts';
import { answerProposal, type ProposalData, proposalOutput, showProposal } from './proposal-answer.ts';
import {
  asTool,
  limitInput,
  proposalInput,
  urgentInput,
  wishedFields,
  wishedTarget,
  wishedWorkspace,
} from './proposal-input.ts';
import { defineTool } from './tool.ts';

const input = () => z.strictObject({ ...proposalInput, ...urgentInput, ...limitInput });

export const updateLimitsTool = defineTool<z.infer<ReturnType<typeof input>>, ProposalData>({
  name: 'update_limits',
  twin: 'propose set',
  toolset: 'propose',
  effect: 'propose',
  purpose: 'Proposes other limits of an entry.',
  hints: 'What is not given stays; none takes away. Needs what create_policy needs.',
  input,
  output: proposalOutput,
  run: (wish, context) =>
    asTool(async () => {
      const workspace = await wishedWorkspace(wish, context);
      const target = await wishedTarget(wish, workspace, context);
      const fields = wishedFields(wish);
      if (fields.size === 0) throw missing('budget', `what is to change: ${proposedFields.join(', ')}`, []);
      return answerProposal({ action: 'set', target, fields }, workspace, wish, context);
    }),
  show: showProposal,
});
