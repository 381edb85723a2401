/** Names that policy files declare, for completion: read however broken the files are, and nothing else of them. Pure. */

import { compareText } from '../diagnostics.ts';
import type { Kind } from '../resources/types.ts';
import type { PolicyFile } from './compile.ts';
import type { MapNode, Node } from './nodes.ts';
import { parsePolicyFile } from './parse.ts';
import { patterns } from './patterns.ts';

export interface DeclaredName {
  readonly kind: Kind;
  /** As the file names it; null: the organisation's. */
  readonly workspace: string | null;
  readonly name: string;
}

export interface DeclaredNames {
  readonly workspaces: readonly string[];
  readonly entries: readonly DeclaredName[];
  readonly channels: readonly string[];
}

/** UTF-16 code units that are read as YAML, which at the press of a key may take no time; of what is beyond, workspaces are known. */
const most = 1_000_000;

export function listDeclaredNames(files: readonly PolicyFile[]): DeclaredNames {
  const workspaces = new Set<string>();
  const entries: DeclaredName[] = [];
  const channels: string[] = [];
  let read = 0;
  for (const { path, text } of files) {
    const [, slug] = /^workspace:[ \t]*["']?([^\s"'#]+)/m.exec(text) ?? [];
    if (slug !== undefined && patterns.slug.test(slug)) workspaces.add(slug);
    read += text.length;
    if (read > most) continue;
    const { root } = parsePolicyFile(text, path);
    if (root === null || root.type !== 'map') continue;
    entries.push(...entriesOf(root, slug ?? null));
    channels.push(...namesBelow(root, 'channels').map(({ name }) => name));
  }
  return {
    workspaces: [...workspaces].sort(compareText),
    entries,
    channels: [...new Set(channels)].sort(compareText),
  };
}

function entriesOf(root: MapNode, workspace: string | null): DeclaredName[] {
  const policies = namesBelow(root, 'policies').map(({ name, node }): DeclaredName => {
    const kind = below(node, 'rate') === undefined ? 'usage-policy' : 'rate-policy';
    return { kind, workspace, name };
  });
  const ofSection = (kind: Kind, section: string) =>
    namesBelow(root, section).map(({ name }) => ({ kind, workspace, name }));
  return [
    ...policies,
    ...(below(root, 'limits') === undefined
      ? []
      : [{ kind: 'workspace-limits', workspace, name: workspace ?? '' } as const]),
    ...ofSection('key-limits', 'keys').filter(({ name }) => name !== '*'),
    ...ofSection('provider-limits', 'providers'),
    ...ofSection('integration-limits', 'integrations'),
    ...namesBelow(root, 'integrations')
      .filter(({ node }) => workspace === null && below(node, 'prices') !== undefined)
      .map(({ name }): DeclaredName => ({ kind: 'integration-prices', workspace: null, name })),
  ];
}

/** The entries of a section, by their live names. */
function namesBelow(root: MapNode, section: string): { readonly name: string; readonly node: Node }[] {
  const map = below(root, section);
  if (map?.type !== 'map') return [];
  return map.fields.map(({ key, node }) => {
    const live = below(node, 'name');
    return { name: live?.type === 'scalar' ? live.text : key, node };
  });
}

function below(node: Node, key: string): Node | undefined {
  return node.type === 'map' ? node.fields.find((field) => field.key === key)?.node : undefined;
}
