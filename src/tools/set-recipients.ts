import { z } from 'zod';
import { missing, ProposalRefusal } from '../importing/proposal.ts';
import { proposalInput, wishedTarget } from './proposal-input.ts';
import { defineProposal } from './proposal-tool.ts';

export const setRecipientsTool = defineProposal({
  name: 'set_recipients',
  twin: 'propose recipients',
  purpose: 'Proposes who gets mail: of a key, else of all.',
  hints: 'Or [none]. Needs what create_policy needs.',
  input: () =>
    z.strictObject({ ...proposalInput, recipients: z.array(z.string().min(1).max(320)).min(1).max(50).optional() }),
  wish: async (given, workspace, context) => {
    const target = given.target === undefined ? null : await wishedTarget(given, workspace, context);
    if (target !== null && target.kind !== 'key') {
      throw new ProposalRefusal('invalid_input', `a ${target.kind} has no recipients: name a key, or no target`);
    }
    const { recipients } = given;
    if (recipients === undefined) throw missing('recipients', 'addresses, or none', ['none']);
    return { action: 'recipients', target, recipients };
  },
});
