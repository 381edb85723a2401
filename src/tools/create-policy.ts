import { z } from 'zod';
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

export const createPolicyTool = defineTool<z.infer<ReturnType<typeof input>>, ProposalData>({
  name: 'create_policy',
  twin: 'propose create',
  toolset: 'propose',
  effect: 'propose',
  purpose: 'Proposes a new policy or new limits as a pull request.',
  hints:
    'match {api_key, virtual_key, model, metadata.x: values}, per: workspace_id shares one counter, api_key one each. update_limits changes what there is. Needs an admin key.',
  input,
  output: proposalOutput,
  run: (wish, context) =>
    asTool(async () => {
      const workspace = await wishedWorkspace(wish, context);
      const target = await wishedTarget(wish, workspace, context, true);
      return answerProposal({ action: 'create', target, fields: wishedFields(wish) }, workspace, wish, context);
    }),
  show: showProposal,
});
