/** Files for workspaces that none is about, and in which nothing is live that one could hold: from then on somebody reviews what they may spend. Pure. */

import { compareText, type Diagnostic } from '../diagnostics.ts';
import type { LiveWorkspace } from '../live/live.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import { type Added, type AddInput, freePath, mergeFiles, newFile, writtenRef } from './add-unmanaged.ts';
import { isOfWorkspace } from './declared-entries.ts';

export interface DeclaredEmpty {
  readonly files: readonly PolicyFile[];
  readonly declared: readonly { readonly file: string; readonly workspace: string }[];
  /** With whose file the files would have an error. */
  readonly undeclared: readonly { readonly workspace: string; readonly why: string }[];
}

export function emptyFile(
  workspace: Pick<LiveWorkspace, 'id' | 'slug'>,
  input: Pick<AddInput, 'files' | 'directory' | 'desired'>,
  texts: ReadonlyMap<string, string> = new Map(),
): PolicyFile {
  const written = writtenRef(workspace);
  return { path: freePath(input, written, texts), text: newFile(input, written) };
}

/** Without defaults, as every file that `import` writes: declaring a workspace changes nothing in it. */
export function declareEmpty(input: AddInput, added: Pick<Added, 'files'>): DeclaredEmpty {
  const { desired, live, workspaces: named } = input;
  const except = desired.settings.undeclared?.except ?? [];
  const files = mergeFiles(input.files, added.files);
  const known = compilePolicies(files).desired?.workspaces ?? desired.workspaces;
  const texts = new Map<string, string>();
  const wanted = live.workspaces
    .filter(({ id, slug }) => {
      const [isNamed, isExcepted] = [named, except].map((list) => list.includes(slug) || list.includes(id));
      // Who names it means it.
      return named.length === 0 ? isExcepted !== true : isNamed === true;
    })
    .filter((workspace) => !known.some(({ ref }) => isOfWorkspace(ref, workspace)))
    .toSorted((a, b) => compareText(a.slug, b.slug))
    .map((workspace) => {
      const { path, text } = emptyFile(workspace, { ...input, files }, texts);
      texts.set(path, text);
      return { workspace: workspace.slug, path, text };
    });
  const errorsBeside = (some: readonly PolicyFile[]): readonly Diagnostic[] =>
    some.length === 0
      ? []
      : compilePolicies(mergeFiles(files, some)).diagnostics.filter(({ severity }) => severity === 'error');
  const whyNot = new Map(errorsBeside(wanted).map(({ source, message }) => [source.file, message]));
  const kept = wanted.filter(({ path }) => !whyNot.has(path));
  // An error elsewhere, such as two groups that then mean one of them, tells of none which it is.
  const [other] = errorsBeside(kept);
  const declared = other === undefined ? kept : [];
  return {
    files: declared.map(({ path, text }) => ({ path, text })),
    declared: declared.map(({ path, workspace }) => ({ file: path, workspace })),
    undeclared: wanted
      .filter((one) => !declared.includes(one))
      .map(({ path, workspace }) => ({ workspace, why: whyNot.get(path) ?? other?.message ?? '' })),
  };
}
