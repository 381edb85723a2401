import { z } from 'zod';
import { proposalInput, wishedTarget } from './proposal-input.ts';
import { defineProposal } from './proposal-tool.ts';

export const importUnmanagedTool = defineProposal({
  name: 'import_unmanaged',
  twin: 'propose import',
  purpose: 'Proposes to declare what is live as it is.',
  hints: 'One target or all; see list_policies. Needs the same.',
  input: () => z.strictObject({ ...proposalInput }),
  wish: async (given, workspace, context) => {
    const target = given.target === undefined ? null : await wishedTarget(given, workspace, context, true);
    return { action: 'import', target };
  },
});
