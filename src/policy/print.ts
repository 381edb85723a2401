/**
 * Resources → policy files: the inverse of compile. What cannot be written as it is, is found by `explainUnprintable` and left out
 * by the caller.
 */

import { compareText } from '../diagnostics.ts';
import type { Desired, Kind } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import { compilePolicies } from './compile.ts';
import { entryKeys } from './entry-keys.ts';
import { mapOf, type PrintedEntry } from './print-values.ts';
import { quote } from './quote.ts';
import { type PrintedValue, renderYaml } from './yaml-text.ts';

export interface PrintedWorkspace {
  readonly slug: string;
  /** What people call it, for a comment. */
  readonly title?: string;
  readonly owner?: string;
  readonly entries: readonly PrintedEntry[];
}

export interface PrintedOrganisation {
  readonly environment: string;
  /** UUID. */
  readonly organisation: string;
  readonly gateway?: Desired['gateway'];
  /** The organisation's own keys, and integrations for new workspaces. */
  readonly entries: readonly PrintedEntry[];
}

export interface PrintedFile {
  /** Relative to the policies directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** @param schemas where the JSON Schemas are: an address, or a path seen from the policies directory */
export function printPolicies(
  input: PrintedOrganisation & { readonly workspaces: readonly PrintedWorkspace[] },
  schemas = '../schemas',
): readonly PrintedFile[] {
  const workspaces = [...input.workspaces].sort((a, b) => compareText(a.slug, b.slug));
  return [
    { path: 'org.yaml', text: printOrgFile(input, schemas) },
    ...workspaces.map((workspace) => ({
      path: `workspaces/${workspace.slug}.yaml`,
      text: printWorkspaceFile(workspace, below(schemas)),
    })),
  ];
}

/** The same place, seen from a folder below. */
export function below(schemas: string): string {
  return /^[a-z]+:/.test(schemas) ? schemas : `../${schemas}`;
}

function printOrgFile(organisation: PrintedOrganisation, schemas = '../schemas'): string {
  const { gateway = {}, entries } = organisation;
  const [gifts, prices] = [sectionOf(entries, 'integration-limits'), sectionOf(entries, 'integration-prices')];
  const names = [...new Set([...(gifts?.keys() ?? []), ...(prices?.keys() ?? [])])].sort(compareText);
  return renderFile(`${schemas}/org.schema.json`, [
    ['version', 1],
    ['kind', 'org'],
    ['environment', organisation.environment],
    ['organisation', organisation.organisation],
    [
      'gateway',
      mapOf([
        ['deployment', gateway.deployment],
        ['version', gateway.version],
        ['backend', gateway.backend],
        ['usage_unit', gateway.usageUnit],
      ]),
    ],
    ['keys', sectionOf(entries, 'key-limits')],
    [
      'integrations',
      mapOf(
        names.map((name) => [
          name,
          mapOf([
            ['new_workspaces', gifts?.get(name)],
            ['prices', prices?.get(name)],
          ]),
        ]),
      ),
    ],
  ]);
}

export function printWorkspaceFile(workspace: PrintedWorkspace, schemas = '../../schemas'): string {
  const { entries } = workspace;
  const limits = entries.find((entry) => entry.kind === 'workspace-limits');
  const { slug, title = slug } = workspace;
  const called = title === slug ? '' : `\n The workspace ${quote(title)}.`;
  const lines: Parameters<typeof mapOf>[0] = [
    ['version', 1],
    ['kind', 'workspace'],
    ['workspace', workspace.slug],
    ['owner', workspace.owner],
    ['policies', sectionOf(entries, 'usage-policy', 'rate-policy')],
    ['limits', limits === undefined ? undefined : printEntry(limits)],
    ['keys', sectionOf(entries, 'key-limits')],
    ['providers', sectionOf(entries, 'provider-limits')],
    ['integrations', sectionOf(entries, 'integration-limits')],
  ];
  return renderFile(`${schemas}/workspace.schema.json`, lines, called);
}

/** One entry as written, without its key. */
export function printEntry(entry: PrintedEntry): ReadonlyMap<string, PrintedValue> | undefined {
  return mapOf(Object.entries(entryKeys[entry.kind]).map(([name, { print }]) => [name, print?.(entry)]));
}

/**
 * Why an entry cannot stand in a file as it is (then it stays unmanaged), or null.
 *
 * @param workspace null for the organisation's own
 */
export function explainUnprintable(entry: PrintedEntry, workspace: string | null): string | null {
  const organisation = '00000000-0000-0000-0000-000000000000';
  const own = workspace === null ? [entry] : [];
  const org = printOrgFile({ environment: 'import', organisation, entries: own });
  const files = [
    { path: 'org.yaml', text: org },
    ...(workspace === null
      ? []
      : [{ path: 'workspace.yaml', text: printWorkspaceFile({ slug: workspace, entries: [entry] }) }]),
  ];
  const { desired, diagnostics } = compilePolicies(files);
  const problem = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  if (problem !== undefined) return problem.message;
  const compiled = desired?.entries.find((candidate) => candidate.kind === entry.kind && candidate.name === entry.name);
  if (compiled !== undefined && canonicalJson(compiled.fields) === canonicalJson(entry.fields)) return null;
  return 'what it holds cannot be written in a policy file';
}

function sectionOf(
  entries: readonly PrintedEntry[],
  ...of: readonly Kind[]
): ReadonlyMap<string, PrintedValue> | undefined {
  const mine = entries.filter((entry) => of.includes(entry.kind)).sort((a, b) => compareText(a.name, b.name));
  return mapOf(mine.map((entry) => [entry.name, printEntry(entry)]));
}

const sections = ['policies', 'keys', 'providers', 'integrations'];

function renderFile(schema: string, lines: Parameters<typeof mapOf>[0], more = ''): string {
  return renderYaml(mapOf(lines) ?? null, {
    comment: ` yaml-language-server: $schema=${schema}${more}`,
    apart: sections,
  });
}
