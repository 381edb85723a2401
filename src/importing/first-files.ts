/** What `init` writes: the least that is a directory of policies, and the workflow of a CI system, fitted to the repository. Pure. */

import ciFiles from '../ci-files.json' with { type: 'json' };
import type { WrittenCi } from '../ci-systems.ts';
import { renderYaml } from '../policy/yaml-text.ts';

export interface FirstFiles {
  /** From the top of the repository, with forward slashes; `''`: the top itself. */
  readonly directory: string;
  readonly environment: string;
  /** Null: nobody knows it yet. */
  readonly organisation: string | null;
  /** Address of the schemas, for editors. */
  readonly schemas: string;
  readonly ci: WrittenCi;
  /** Null: nobody knows it; the workflow is for `main` then. */
  readonly defaultBranch: string | null;
}

export interface FirstFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Stands where an organisation's id belongs: every file of it is refused for any real organisation. */
export const noOrganisation = '00000000-0000-0000-0000-000000000000';

export function buildFirstFiles(input: FirstFiles): readonly FirstFile[] {
  const { directory, organisation, ci } = input;
  const below = (path: string): string => (directory === '' ? path : `${directory}/${path}`);
  const org = { path: below('org.yaml'), text: organisationFile(input) };
  // Where the account can be asked, `import` writes files of the workspaces that there are.
  const workspaces =
    organisation === null
      ? [{ path: below('workspaces/example.yaml'), text: schemaLine(input.schemas, 'workspace') + workspaceFile }]
      : [];
  return [org, ...workspaces, ...(ci === 'none' ? [] : [{ path: ciFiles[ci].path, text: workflow(input, ci) }])];
}

function organisationFile({ environment, organisation, schemas }: FirstFiles): string {
  const id = organisation === null ? `${noOrganisation} # write the id of yours` : organisation;
  return `${schemaLine(schemas, 'org')}# What holds for the whole organisation.
version: 1
kind: org
environment: ${renderYaml(environment).trim()} # names the applied record; another environment is another directory
organisation: ${id}
`;
}

/** As in the files that `import` writes. */
function schemaLine(schemas: string, kind: 'org' | 'workspace'): string {
  return `# yaml-language-server: $schema=${schemas}/${kind}.schema.json\n`;
}

const workspaceFile = `# One file for each workspace; what the file is called is up to you.
version: 1
kind: workspace
workspace: example # slug or id of a workspace that there is

# Nothing is limited until the marks below are taken away.
#
# policies:
#   monthly-spend:
#     budget: $500
#     reset: monthly
#     alert: 80%
#     per: workspace_id # one counter for all; \`api_key\`: one for each key
#
# keys:
#   ci-runner:
#     budget: $50
#     reset: monthly
`;

function workflow({ directory, defaultBranch }: FirstFiles, ci: Exclude<WrittenCi, 'none'>): string {
  const text = `${ciFiles[ci].lines.join('\n')}\n`;
  const onBranch =
    defaultBranch === null ? text : text.replace('branches: [main]', `branches: [${JSON.stringify(defaultBranch)}]`);
  if (directory === 'policies') return onBranch;
  return onBranch.replace(
    /^( +)command: \w+$/gm,
    `$&\n$1directory: ${JSON.stringify(directory === '' ? '.' : directory).replaceAll('$', '$$$$')}`,
  );
}
