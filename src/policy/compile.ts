/** All policy files → desired state, or every problem in them. Pure. */

import type { Advice, Diagnostic } from '../diagnostics.ts';
import { compareText, hasErrors, sortDiagnostics } from '../diagnostics.ts';
import { nearestName } from '../nearest-name.ts';
import type { Desired } from '../resources/types.ts';
import { desiredOn } from '../resources/until.ts';
import { example, exampleOf, say, textOfPhrase, writeValue } from './advice.ts';
import { ExtendedFiles } from './extended-files.ts';
import { fileKinds } from './file-keys.ts';
import type { Keys } from './forms.ts';
import type { FieldNode, MapNode, Node, SourceRange } from './nodes.ts';
import { normalize } from './normalize.ts';
import type { OrgFile } from './org.ts';
import { readOrg } from './org.ts';
import { parsePolicyFile } from './parse.ts';
import { quote } from './quote.ts';
import { expectScalar, readMap, readWord, type Written } from './reader.ts';
import { collectInto, type Report, startOf } from './report.ts';
import { grammarChecks } from './rules.ts';
import type { WorkspaceFile } from './workspace.ts';
import { readWorkspace } from './workspace.ts';

export interface PolicyFile {
  /** For messages: relative to the working directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Compiled {
  /** Null if any diagnostic is an error. */
  readonly desired: Desired | null;
  /** Sorted. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What texts were read as; null: there is an error in it. Kept by whoever reads several versions of much the same files, since reading
 * YAML is most of the work.
 */
export type KnownTexts = Map<string, ReadFile | null>;

/**
 * The same files in any order give the same bytes.
 *
 * @param known a file of a text that is known and right is not read again, and keeps the place that it had there; what is read is added
 * @param day what holds on it of entries with `until:`, such as `2026-12-15`. Default: what holds before their dates; a plan asks for its
 *   own day again, so that no text that is kept and no file that is compiled before the day is known brings another day into it
 */
export function compilePolicies(files: readonly PolicyFile[], known: KnownTexts = new Map(), day?: string): Compiled {
  // Of two files of this run that are alike, each has its own place.
  const before: ReadonlyMap<string, ReadFile | null> = new Map(known);
  const diagnostics: Diagnostic[] = [];
  const report = collectInto(diagnostics);
  const orgs: OrgFile[] = [];
  const workspaces: WorkspaceFile[] = [];
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const extended = new ExtendedFiles(files);
  for (const file of sorted) {
    const read = before.get(extended.keyOf(file)) ?? readInto(known, file, diagnostics, extended);
    if (read?.kind === 'org') orgs.push(read.org);
    else if (read?.kind === 'workspace') workspaces.push(read.workspace);
    else if (read !== undefined) extended.checkUse(file, report);
  }
  const [org, ...others] = orgs;
  for (const other of others) {
    const said = `\`kind: org\` stands in ${org?.at.source.file} already: one directory describes one organisation, so delete the one that is a copy`;
    report('duplicate-org-file', other.at, said);
  }
  const [first] = sorted;
  if (org === undefined && first !== undefined && !sawOrg(diagnostics)) {
    const said = 'no file says `kind: org`: write `org.yaml` with `environment:` and `organisation:`';
    report('missing-org-file', startOf(first.path), said);
  }
  if (org === undefined) return { desired: null, diagnostics: sortDiagnostics(diagnostics) };
  // Of a file that was copied everything would be there twice: that is one mistake, and reported as one.
  const whole = normalize({ org, workspaces: firstOfEach(workspaces) }, report);
  const desired = day === undefined ? whole : desiredOn(whole, day);
  for (const rule of grammarChecks) rule({ org, workspaces, desired }, report);
  const unique = dropRepeated(sortDiagnostics(diagnostics));
  if (hasErrors(unique)) return { desired: null, diagnostics: unique };
  return { desired, diagnostics: unique };
}

/** Files as written, one by one: defaults are copied nowhere, and a file with an error takes no other one along. */
export interface WrittenFiles {
  /** Null: there is none that can be read. */
  readonly org: OrgFile | null;
  readonly workspaces: readonly WorkspaceFile[];
  /** Paths of files that say nothing that can be read, or what another one says as well. */
  readonly broken: readonly string[];
}

export function readWritten(files: readonly PolicyFile[], known: KnownTexts): WrittenFiles {
  const broken: string[] = [];
  const orgs: OrgFile[] = [];
  const workspaces = new Map<string, WorkspaceFile>();
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const extended = new ExtendedFiles(files);
  for (const file of sorted) {
    const key = extended.keyOf(file);
    if (!known.has(key)) readInto(known, file, [], extended);
    const read = known.get(key);
    if (read?.kind === 'defaults') continue;
    if (read?.kind === 'org' && orgs.length === 0) orgs.push(read.org);
    else if (read?.kind === 'workspace' && !workspaces.has(read.workspace.ref)) {
      workspaces.set(read.workspace.ref, read.workspace);
    } else broken.push(file.path);
  }
  return { org: orgs[0] ?? null, workspaces: [...workspaces.values()], broken };
}

function readInto(known: KnownTexts, file: PolicyFile, diagnostics: Diagnostic[], extended: ExtendedFiles) {
  const own: Diagnostic[] = [];
  const read = readFile(file, own, extended);
  diagnostics.push(...own);
  known.set(extended.keyOf(file), read === undefined || hasErrors(own) ? null : read);
  return read;
}

/** What has to be known before anything but the files is read. */
export type PolicyHead = Pick<Desired, 'environment' | 'organisation' | 'recordRef' | 'orgFile'>;

/** From the organisation's file alone. Null when it is not found at a glance or anything is wrong with it. */
export function compileHead(files: readonly PolicyFile[]): PolicyHead | null {
  const file = files.find(({ text }) => /^kind: *org\b/m.test(text));
  const diagnostics: Diagnostic[] = [];
  // Nothing of it can stand in another file.
  const read = file === undefined ? undefined : readFile(file, diagnostics, null);
  if (read?.kind !== 'org' || hasErrors(diagnostics)) return null;
  const { environment, organisation, recordRef } = read.org;
  const orgFile = read.org.at.source;
  return { environment, organisation, orgFile, ...(recordRef === undefined ? {} : { recordRef }) };
}

function firstOfEach(workspaces: readonly WorkspaceFile[]): readonly WorkspaceFile[] {
  const byRef = new Map<string, WorkspaceFile>();
  for (const workspace of workspaces) {
    const ref = workspace.ref.toLowerCase();
    if (!byRef.has(ref)) byRef.set(ref, workspace);
  }
  return [...byRef.values()];
}

/** A default that is copied into ten workspaces has one problem, not ten. */
function dropRepeated(sorted: readonly Diagnostic[]): Diagnostic[] {
  return sorted.filter((diagnostic, index) => JSON.stringify(diagnostic) !== JSON.stringify(sorted[index - 1]));
}

/** A file that could not be read on may be the organisation's: then nothing is said about a missing one. */
function sawOrg(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(
    (diagnostic) => /(?:^|\/)org\.ya?ml$/.test(diagnostic.source.file) && diagnostic.severity === 'error',
  );
}

export type ReadFile =
  | { readonly kind: 'org'; readonly org: OrgFile }
  | { readonly kind: 'workspace'; readonly workspace: WorkspaceFile }
  | { readonly kind: 'defaults' };

/** @param extended null: what the file extends is not looked at */
function readFile(file: PolicyFile, diagnostics: Diagnostic[], extended: ExtendedFiles | null): ReadFile | undefined {
  const parsed = parsePolicyFile(file.text, file.path);
  diagnostics.push(...parsed.diagnostics);
  const report = collectInto(diagnostics);
  const root = withoutOwnKeys(parsed.root);
  if (root === null) {
    if (parsed.diagnostics.length > 0) return undefined;
    const said = 'the file is empty: write `kind: workspace` or `kind: org`, or delete it';
    report('missing-kind', startOf(file.path), said);
    return undefined;
  }
  if (root.type !== 'map') {
    report('not-a-map', root.at, 'the file is not a map: start with `version: 1` and `kind: workspace`');
    return undefined;
  }
  const kindField = findLikely(root, 'kind');
  if (kindField === undefined) {
    const kinds = root.fields.some((field) => field.key === 'workspace') ? ['workspace'] : ['workspace', 'org'];
    const ways = kinds.map((word) => inFile(`kind: ${word}`));
    report('missing-kind', root.at, say`the file does not say what it is: write ${ways}`);
    return undefined;
  }
  const kind = readWord(kindField, ['org', 'workspace', 'defaults'], report);
  if (kind === undefined) return undefined;
  checkVersion(root, report);
  const whole = kind === 'org' && extended !== null ? extended.layBeneath(root, file, report) : root;
  const top: FieldNode = { key: 'file', at: root.at, node: whole };
  const written = readMap(top, fileKinds[kind].keys, fileKinds[kind].what, report) ?? new Map<string, FieldNode>();
  checkRequired(kind, written, kindField.at, report);
  // Shared defaults are read where they are laid beneath a file.
  if (kind === 'defaults') return { kind };
  if (kind === 'org') return { kind, org: readOrg(kindField.at, written, report) };
  const workspace = readWorkspace(written, report);
  return workspace === undefined ? undefined : { kind, workspace };
}

/** But for those that say what kind of file it is, without which it is not read. */
function checkRequired(kind: keyof typeof fileKinds, written: Written, at: SourceRange, report: Report): void {
  const { keys, what }: { keys: Keys; what: string } = fileKinds[kind];
  for (const [name, { isRequired, expected }] of Object.entries(keys)) {
    if (isRequired !== true || expected === undefined || written.has(name)) continue;
    report(`missing-${name}`, at, `${what} needs \`${name}:\`: write ${textOfPhrase(expected)}`);
  }
}

/** Keys `x-…` at the top are the author's own, a place for what is shared by alias. */
function withoutOwnKeys(root: Node | null): Node | null {
  return root?.type === 'map' ? { ...root, fields: root.fields.filter(({ key }) => !key.startsWith('x-')) } : root;
}

/** A field, or what is misspelt for it, which is reported where all keys are read. */
function findLikely(root: MapNode, key: string): FieldNode | undefined {
  const near = (field: FieldNode) => nearestName(field.key, [key]) !== undefined;
  return root.fields.find((field) => field.key === key) ?? root.fields.find(near);
}

/** A line more of the file. */
function inFile(write: string): Advice {
  return exampleOf({ write, instead: 'beside' });
}

function checkVersion(root: MapNode, report: Report): void {
  const field = findLikely(root, 'version');
  if (field === undefined) {
    const said = say`the file does not say which grammar it is written in: write ${inFile('version: 1')}`;
    report('missing-version', root.at, said);
    return;
  }
  const node = expectScalar(field, say`${example('1')}`, report);
  if (node !== undefined && node.value !== 1) {
    report(
      'unknown-version',
      node.at,
      node.value === '1'
        ? say`\`version\` is a number: write ${writeValue('1')}, without quotes`
        : say`\`version\`: ${quote(node.text)} is not known to this tollgate: write ${writeValue('1')}, or use a newer one`,
    );
  }
}
