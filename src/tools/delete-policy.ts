import { z } from 'zod';
import { proposalInput, urgentInput, wishedTarget } from './proposal-input.ts';
import { defineProposal } from './proposal-tool.ts';

export const deletePolicyTool = defineProposal({
  name: 'delete_policy',
  twin: 'propose delete',
  purpose: 'Proposes to take an entry out.',
  hints: 'A default of its name takes its place, but for skip_defaults. Needs what create_policy needs.',
  input: () => z.strictObject({ ...proposalInput, ...urgentInput, skip_defaults: z.boolean().optional() }),
  wish: async (given, workspace, context) => {
    const target = await wishedTarget(given, workspace, context);
    return { action: 'delete', target, skipDefaults: given.skip_defaults ?? false };
  },
});
