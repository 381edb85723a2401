import { z } from 'zod';
import { missing, proposedFields } from '../importing/proposal.ts';
import { limitInput, proposalInput, urgentInput, wishedFields, wishedTarget } from './proposal-input.ts';
import { defineProposal } from './proposal-tool.ts';

export const updateLimitsTool = defineProposal({
  name: 'update_limits',
  twin: 'propose set',
  purpose: 'Proposes other limits of an entry.',
  hints: 'What is not given stays; none takes away. Needs what create_policy needs.',
  input: () => z.strictObject({ ...proposalInput, ...urgentInput, ...limitInput }),
  wish: async (given, workspace, context) => {
    const target = await wishedTarget(given, workspace, context);
    const fields = wishedFields(given);
    if (fields.size === 0) throw missing('budget', `what is to change: ${proposedFields.join(', ')}`, []);
    return { action: 'set', target, fields };
  },
});
