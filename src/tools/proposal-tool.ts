/** A tool that proposes: what it is asked for differs, and all that becomes of it is the same. */

import type { z } from 'zod';
import type { Proposal } from '../importing/proposal.ts';
import type { WorkspaceHandle } from './names.ts';
import { answerProposal, type ProposalData, proposalOutput, showProposal } from './proposal-answer.ts';
import { asTool, type WishInput, wishedWorkspace } from './proposal-input.ts';
import { defineTool, type Tool, type ToolContext } from './tool.ts';

interface ProposalTool<Input extends WishInput> extends Pick<Tool, 'name' | 'twin' | 'purpose' | 'hints'> {
  readonly input: () => z.ZodType<Input>;
  /** @throws ProposalRefusal with what could be said, where something is missing */
  readonly wish: (given: Input, workspace: WorkspaceHandle, context: ToolContext) => Promise<Proposal>;
}

export function defineProposal<Input extends WishInput>({ wish, ...words }: ProposalTool<Input>): Tool {
  return defineTool<Input, ProposalData>({
    ...words,
    toolset: 'propose',
    effect: 'propose',
    output: proposalOutput,
    run: (given, context) =>
      asTool(async () => {
        const workspace = await wishedWorkspace(given, context);
        return answerProposal(await wish(given, workspace, context), workspace, given, context);
      }),
    isDenied: ({ status }) => status === 'conflict' || status === 'rejected_before',
    show: showProposal,
  });
}
