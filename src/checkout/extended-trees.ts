/** Trees of the policies' directory together with what they extend outside of it: a change of the shared file is one of each directory. */

import { type ExtendedOutside, extendedPath, extendingFiles, findOutside } from '../extended-file.ts';
import type { ReadObjects } from './git-objects.ts';
import { type PolicyTree, readPolicyTrees, readTexts } from './policy-trees.ts';

/** `<tree>` as it is, or `<tree> <blob> <file> <path>`; `-` for a blob that is not there. */
export async function withExtended(
  read: ReadObjects,
  trees: ReadonlyMap<string, string | null>,
  directory: string,
): Promise<Map<string, string | null>> {
  const unique = [...new Set(trees.values())].filter((tree) => tree !== null);
  const names = unique.flatMap((tree) => extendingFiles.map((file) => `${tree}:${file}`));
  const texts = await readTexts(read, names);
  const found = new Map<string, ExtendedOutside & { readonly file: string }>();
  for (const tree of unique) {
    for (const file of extendingFiles) {
      const outside = findOutside(directory, file, texts.get(`${tree}:${file}`) ?? '');
      if (outside !== null) found.set(tree, { file, ...outside });
    }
  }
  const asked = [...trees].flatMap(([commit, tree]) => {
    const extended = found.get(tree ?? '');
    return extended === undefined ? [] : [{ commit, tree, ...extended }];
  });
  if (asked.length === 0) return new Map(trees);
  const objects = await read(asked.map(({ commit, place }) => `${commit}:${place}`));
  const keys = asked.map(({ commit, tree, file, written }, index) => {
    const object = objects[index] ?? null;
    const blob = object?.type === 'blob' ? object.oid : '-';
    return [commit, `${tree} ${blob} ${extendedPath(file, written)}`] as const;
  });
  return new Map([...trees, ...keys]);
}

export async function readKeyedTrees(
  read: ReadObjects,
  keys: readonly string[],
): Promise<ReadonlyMap<string, PolicyTree>> {
  const parts = keys.map((key) => {
    const [tree = '', blob, ...path] = key.split(' ');
    return { key, tree, blob, path: path.join(' ') };
  });
  const trees = await readPolicyTrees(
    read,
    parts.map(({ tree }) => tree),
  );
  const texts = await readTexts(
    read,
    parts.flatMap(({ blob }) => blob ?? []),
  );
  return new Map(
    parts.map(({ key, tree, blob, path }) => {
      const found = trees.get(tree) ?? { files: [], unreadable: ['.'] };
      if (blob === undefined) return [key, found];
      const text = texts.get(blob) ?? null;
      // Without it nobody can tell what the organisation file says.
      if (text === null) return [key, { ...found, unreadable: [...found.unreadable, path] }];
      return [key, { ...found, files: [...found.files, { path, text }] }];
    }),
  );
}
