import { z } from 'zod';
import { limitInput, proposalInput, urgentInput, wishedFields, wishedTarget } from './proposal-input.ts';
import { defineProposal } from './proposal-tool.ts';

export const createPolicyTool = defineProposal({
  name: 'create_policy',
  twin: 'propose create',
  purpose: 'Proposes a new policy or new limits as a pull request.',
  hints:
    'match {api_key, virtual_key, model, metadata.x: values}, per: workspace_id shares one counter, api_key one each. update_limits changes what there is. Needs an admin key.',
  input: () => z.strictObject({ ...proposalInput, ...urgentInput, ...limitInput }),
  wish: async (given, workspace, context) => {
    const target = await wishedTarget(given, workspace, context, true);
    return { action: 'create', target, fields: wishedFields(given) };
  },
});
