/** What a tool is: a question about the gateway with one answer, for people at a command line and for agents alike. */

import type { z } from 'zod';
import type { Reads } from '../consumption/ask.ts';
import type { AnswerBlock } from '../render/answer.ts';
import type { Desired } from '../resources/types.ts';
import type { OpenBackend } from '../run/open-backend.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import type { WorkspaceHandle } from './names.ts';

/** What a server can be confined to. */
export const toolsets = ['usage', 'keys', 'policies', 'logs', 'propose', 'feedback'] as const;
export type Toolset = (typeof toolsets)[number];

/** What a call has of the world. Made anew for each call: one look at the control plane. */
export interface ToolContext {
  /** A person waits as long as it takes, and writes where they say; an agent has twenty seconds, and one folder. */
  readonly asker: 'person' | 'agent';
  /** Of a server: who its caller is by the token, and what the client calls itself; null: not known. */
  readonly caller: ToolCaller;
  /** Each question is asked once a call. */
  readonly reads: Reads;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What the policy files ask for; null: there are none. Read when first asked for. */
  readonly desired: () => Promise<Desired | null>;
  /** Active workspaces. Read when first asked for. */
  readonly workspaces: () => Promise<readonly WorkspaceHandle[]>;
  /** For what is a whole run: a plan, a drift. It asks what was asked already no more, and is not closed by a run. */
  readonly open: OpenBackend;
  readonly options: CommonOptions;
  readonly session: Session;
}

export interface ToolCaller {
  /** Named beside the token in the server's own file: nothing that a client can say. */
  readonly name: string | null;
  readonly client: string | null;
}

/** Every answer begins with a paragraph that is made of the rest. */
export interface ToolData {
  readonly answer: string;
  /** What could not be read and why, and what the numbers do not cover. */
  readonly notes: readonly string[];
}

/**
 * `read`: GET requests alone. `job`: it also makes the service begin a job, such as an export. `propose`: it leaves a branch and a
 * pull request, the same for the same wish. `write`: it leaves something.
 */
export type ToolEffect = 'read' | 'job' | 'propose' | 'write';

export interface Tool<Input = unknown, Data extends ToolData = ToolData> {
  readonly name: string;
  /** The command that asks the same: `usage cost`. */
  readonly twin: string;
  readonly toolset: Toolset;
  readonly effect: ToolEffect;
  /** One sentence: what it answers. */
  readonly purpose: string;
  /** What it does not tell, the tool for something near it, what key or plan it needs. */
  readonly hints: string;
  /** Schemas are made when they are asked for: no other command waits for them. */
  readonly input: () => z.ZodType<Input>;
  readonly output: () => z.ZodType<Data>;
  /** The member of the answer that is given in pages, for some by what was asked; missing: it has no list that grows. */
  readonly list?: string | ((input: Input) => string);
  run(input: Input, context: ToolContext): Promise<Data>;
  /** Whether the answer is that what was asked is not done, which a command ends with 1 for. Missing: it never is. */
  isDenied?(data: Data): boolean;
  /** For people. */
  show(data: Data): readonly AnswerBlock[];
}

/** A tool among others: what it takes was checked by its own schema before. */
export function defineTool<Input, Data extends ToolData>(tool: Tool<Input, Data>): Tool {
  return {
    ...tool,
    list: (input) => listMemberOf(tool, input as Input) ?? '',
    run: (input, context) => tool.run(input as Input, context),
    ...(tool.isDenied === undefined ? {} : { isDenied: (data: ToolData) => tool.isDenied?.(data as Data) === true }),
    show: (data) => tool.show(data as Data),
  };
}

/** The member of an answer that is a list. */
export function listMemberOf<Input>({ list }: Pick<Tool<Input>, 'list'>, input: Input): string | undefined {
  return typeof list === 'function' ? list(input) : list;
}
