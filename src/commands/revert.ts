import { relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { fromKeptPath } from '../extended-file.ts';
import { findUnreverted } from '../importing/prove-revert.ts';
import { type RevertedFile, type RevertInput, revertFiles } from '../importing/revert-files.ts';
import type { RecordedApply } from '../plan/applied-record.ts';
import { toRecordedFiles } from '../plan/same-files.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import type { FoundFile } from '../policy/files.ts';
import { removeNamedFile, requireWritable, writeFileAtomic } from '../policy/named-files.ts';
import { isSafePath } from '../record/record-tree.ts';
import type { RecordStore } from '../record/store.ts';
import { describePlaced } from '../render/describe-change.ts';
import { type RevertView, renderRevert } from '../render/revert.ts';
import { loadPolicies } from '../run/load-policies.ts';
import { findApply, findApplyBefore } from '../run/open-history.ts';
import { openRecord } from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';
import { commandOf } from '../shell-words.ts';

export interface RevertOptions extends Omit<CommonOptions, 'format'> {
  readonly format: 'text' | 'json';
  /** `latest`, `~1`, a token or its first digits. */
  readonly record: string;
  readonly dryRun: boolean;
  /** Also files with changes that no commit holds. */
  readonly allowDirty: boolean;
}

/** Writes the edit that takes one apply back, all of it or nothing, and says how to commit it. Nothing live is touched. */
export async function runRevert(options: RevertOptions, session: Session): Promise<CommandResult> {
  const { desired, files, diagnostics } = await loadPolicies(options, session);
  if (desired === null) return refuseFor(diagnostics, options.format, session);
  const { store, checkout, folder } = await openRecord(options, desired, session);
  const apply = await findApply(store, options.record, session);
  if (apply.problem !== null) throw new UserError(apply.problem);
  if (apply.state === 'claim') {
    throw new UserError('that apply was claimed and never ended', {
      hint: 'What became of it the next apply has found out and recorded: take that one back.',
    });
  }
  const before = await findApplyBefore(store, apply, session);
  const versions = {
    before: await readFilesOf(store, before, session),
    applied: await readFilesOf(store, apply, session),
  };
  const reversal = revertFiles({ ...versions, present: files });
  const shown = (path: string): string => nameFile(path, files, options.dir);
  const conflicts = reversal.conflicts.map(({ relative: path, ...one }) => ({ file: shown(path), ...one }));
  const view: RevertView = {
    apply,
    files: reversal.files.map(({ relative: path, text, isNew }) => ({
      file: shown(path),
      change: text === null ? 'deleted' : isNew ? 'created' : 'edited',
    })),
    conflicts,
    isDryRun: options.dryRun,
    commands: [],
  };
  const finish = (whole: RevertView): CommandResult => ({
    exit: whole.conflicts.length > 0 ? exitCodes.invalid : exitCodes.ok,
    output: renderRevert(whole, options.format, session.style),
  });
  if (conflicts.length > 0 || reversal.files.length === 0) return finish(view);
  requireSound(versions, files, reversal.files, shown);
  if (!options.allowDirty && checkout !== null) {
    const extended = files.flatMap((file) => fromKeptPath(file.relative) ?? []);
    const dirty = new Set(
      (await checkout.uncommittedPolicyFiles(folder, extended)).map((path) => resolve(checkout.root, path)),
    );
    const mine = reversal.files.filter(({ relative: path }) => dirty.has(placeOf(path, folder, checkout.root)));
    if (mine.length > 0) {
      throw new UserError(`not committed: ${mine.map(({ relative: path }) => shown(path)).join(', ')}`, {
        hint: 'Commit or stash your own changes first, or add --allow-dirty to have both in one.',
      });
    }
  }
  if (!options.dryRun) await writeAll(reversal.files, shown, session);
  const git = checkout === null ? null : placeOfGit(checkout.root, session.cwd);
  const commands = git === null ? [] : commitCommands(view, git, checkout?.remote ?? null, session);
  return finish({ ...view, commands });
}

async function readFilesOf(
  store: RecordStore,
  { token }: RecordedApply,
  session: Session,
): Promise<Readonly<Record<string, string>>> {
  const stored = await session.waiting(`reading ${store.description}`, store.readAt(token));
  if (stored === null) throw new UserError(`${store.description} has moved while it was read`, { hint: 'Try again.' });
  const { files } = stored.record;
  // What is recorded was pushed by somebody: no path of it is trusted.
  const odd = Object.keys(files).find((path) => !isSafePath(path) || !/\.ya?ml$/i.test(path));
  if (odd === undefined) return files;
  throw new UserError(`the record names a file ${JSON.stringify(odd)}, which is not a path for a policy file`);
}

/** As messages name it, and as it is written. */
function nameFile(path: string, files: readonly FoundFile[], dir: string): string {
  const found = files.find((file) => file.relative === path);
  return found?.path ?? (dir === '.' ? path : `${dir.replace(/[/\\]+$/, '')}/${path}`);
}

function placeOf(path: string, folder: string, top: string): string {
  const outside = fromKeptPath(path);
  return outside === null ? resolve(folder, path) : resolve(top, outside);
}

/** @throws UserError before anything is written */
function requireSound(
  versions: Pick<RevertInput, 'before' | 'applied'>,
  files: readonly FoundFile[],
  reverted: readonly RevertedFile[],
  shown: (path: string) => string,
): void {
  const outside = reverted.find(({ relative: path, isNew }) => isNew && fromKeptPath(path) !== null);
  if (outside !== undefined) {
    throw new UserError(`${fromKeptPath(outside.relative)} lies outside the directory and is gone: write it by hand`, {
      hint: '`tollgate show RECORD --files DIR` writes it as it was.',
    });
  }
  const byPath = new Map<string, PolicyFile>(files.map((file) => [file.relative, file]));
  for (const { relative: path, text } of reverted) {
    if (text === null) byPath.delete(path);
    else byPath.set(path, { path: shown(path), text });
  }
  const { diagnostics } = compilePolicies([...byPath.values()]);
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  if (problem === undefined) {
    const reverted = Object.fromEntries([...byPath].map(([path, { text }]) => [path, text]));
    const [left] = findUnreverted({ ...versions, present: toRecordedFiles(files), reverted });
    if (left === undefined) return;
    throw new UserError(
      `${describePlaced(left)} would not mean what it did before that apply, so nothing was written`,
      {
        hint: 'Write it by hand: `tollgate show RECORD --files DIR` has the files as they were.',
      },
    );
  }
  const { file, line } = problem.source;
  throw new UserError(
    `what came since rests on that apply, so nothing was written: ${file}:${line}: ${problem.message}`,
    { hint: 'Take the later applies back first, the latest before the others, or edit the files by hand.' },
  );
}

async function writeAll(
  files: readonly RevertedFile[],
  shown: (path: string) => string,
  { cwd }: Session,
): Promise<void> {
  for (const { relative: path, isNew } of files)
    if (!isNew) await requireWritable(resolve(cwd, shown(path)), shown(path));
  for (const { relative: path, text } of files) {
    const file = resolve(cwd, shown(path));
    if (text === null) await removeNamedFile(file, shown(path));
    else await writeFileAtomic(file, text);
  }
}

/** Git where this runs, or where the clone is. */
function placeOfGit(root: string, cwd: string): { readonly words: readonly string[]; readonly from: string } {
  const way = relative(root, cwd);
  const isInside = way !== '..' && !way.startsWith(`..${sep}`);
  return isInside ? { words: ['git'], from: cwd } : { words: ['git', '-C', root], from: root };
}

function commitCommands(
  { apply, files }: RevertView,
  { words, from }: ReturnType<typeof placeOfGit>,
  remote: string | null,
  { cwd }: Session,
): readonly string[] {
  const token = apply.token.slice(0, 12);
  const branch = `revert-${token}`;
  const when = apply.at === null ? '' : ` of ${apply.at.slice(0, 16).replace('T', ' ')} UTC`;
  const paths = files.map(({ file }) => relative(from, resolve(cwd, file)).split(sep).join('/'));
  return [
    commandOf(...words, 'switch', '--create', branch),
    commandOf(...words, 'add', '--all', '--', ...paths),
    commandOf(...words, 'commit', '--message', `Revert the apply${when} (record ${token})`),
    ...(remote === null ? [] : [commandOf(...words, 'push', '--set-upstream', remote, branch)]),
  ];
}
