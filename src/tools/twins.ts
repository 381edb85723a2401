/** Commands that ask what a tool answers: words and flags alone, as every start of the command line reads them. */

export interface Twin {
  readonly tool: string;
  /** Words of the command: `usage cost`. */
  readonly command: string;
  readonly does: string;
  readonly arguments?: readonly TwinArgument[];
  readonly flags: readonly TwinFlag[];
  readonly formats: readonly TwinFormat[];
}

export type TwinFormat = 'text' | 'json' | 'csv';

interface TwinArgument {
  /** `<log>` or `[key]`. */
  readonly name: string;
  readonly does: string;
  readonly input: string;
}

export interface TwinFlag {
  readonly flags: string;
  readonly does: string;
  /** The member of the tool's input. */
  readonly input: string;
  /**
   * `pairs`: `key=value`, several, an object. `user`: the pair `_user=…` of it. `days`: `7d`, the window that ends now.
   * `switch`: on where it is given.
   */
  readonly as: 'text' | 'number' | 'list' | 'pairs' | 'user' | 'days' | 'switch';
  readonly choices?: readonly string[];
  readonly isRequired?: true;
  readonly otherwise?: string;
}

const pages: readonly TwinFlag[] = [
  { flags: '--limit <rows>', does: 'rows at most', input: 'limit', as: 'number', otherwise: 'all; in JSON 50' },
  { flags: '--cursor <cursor>', does: 'where the page before ended', input: 'cursor', as: 'text' },
];

const ofWorkspace: TwinFlag = {
  flags: '--workspace <slug>',
  does: 'slug, id or name of the workspace',
  input: 'workspace_slug',
  as: 'text',
  isRequired: true,
};

export const twins: readonly Twin[] = [
  {
    tool: 'list_workspaces',
    command: 'workspaces',
    does: 'list the active workspaces, and which have a policy file',
    flags: pages,
    formats: ['text', 'json'],
  },
  {
    tool: 'list_log_exports',
    command: 'logs exports',
    does: 'list the log exports of a workspace: state, rows, who',
    flags: [ofWorkspace, ...pages],
    formats: ['text', 'json'],
  },
];
