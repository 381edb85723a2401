import { type Compiled, compilePolicies } from '../../src/policy/compile.ts';
import type { Desired, DesiredEntry } from '../../src/resources/types.ts';

export const orgHead = `version: 1
kind: org
environment: production
organisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10
`;
export const workspaceHead = 'version: 1\nkind: workspace\nworkspace: ws-one\n';

/** The body of one workspace file, and what the organisation file says beside its head. */
export function compileWorkspace(body: string, org = ''): Compiled {
  return compilePolicies([
    { path: 'org.yaml', text: orgHead + org },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ]);
}

export function desiredOf(compiled: Compiled): Desired {
  if (compiled.desired === null) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  return compiled.desired;
}

export function entryNamed(compiled: Compiled, name: string): DesiredEntry {
  const entry = desiredOf(compiled).entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`no entry ${name}`);
  return entry;
}

/** `line:column code`, with the severity in front of the code unless it is an error. */
export function summarize(compiled: Pick<Compiled, 'diagnostics'>): string[] {
  return compiled.diagnostics.map(({ source, severity, code }) => {
    return `${source.line}:${source.column} ${severity === 'error' ? '' : `${severity} `}${code}`;
  });
}
