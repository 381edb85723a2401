import { resolve } from 'node:path';
import { dayOf } from '../consumption/windows.ts';
import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import {
  type Compiled,
  compileHead,
  compilePolicies,
  type KnownTexts,
  type PolicyFile,
  type PolicyHead,
} from '../policy/compile.ts';
import { type FoundFile, readPolicyFiles } from '../policy/files.ts';
import { collectTexts, type KeptTexts, openTexts, recallTexts, sealTexts } from '../policy/kept-texts.ts';
import type { Desired } from '../resources/types.ts';
import { desiredOn } from '../resources/until.ts';
import { findAdminKey } from './find-admin-key.ts';
import type { CommonOptions, Session } from './session.ts';

export interface LoadedPolicies {
  /** Null when there is an error among the diagnostics. */
  readonly desired: Desired | null;
  readonly files: readonly FoundFile[];
  /** What they were read as, for whoever reads other versions of them. */
  readonly texts: KnownTexts;
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws UserError when there is no such directory, or no policy file in it */
export async function loadPolicies(
  options: Pick<CommonOptions, 'dir' | 'source'>,
  session: Session,
): Promise<LoadedPolicies> {
  return (await startLoading(options, session)).policies;
}

/** For commands that can do without: null where there are no files, which is said. Files with errors are not files that can be done without. */
export async function loadPoliciesIfAny(
  options: Pick<CommonOptions, 'dir' | 'source' | 'quiet'>,
  session: Session,
): Promise<LoadedPolicies | null> {
  try {
    return await loadPolicies(options, session);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!options.quiet) session.say(`${error.message}: going on without policy files\n`);
    return null;
  }
}

export interface LoadingPolicies {
  /** Stands for the files until they are compiled; null where that is done already, or where they have to be heard first. */
  readonly head: PolicyHead | null;
  readonly files: readonly FoundFile[];
  readonly policies: Promise<LoadedPolicies>;
}

/** Characters of all files below which compiling them takes no longer than a request or two. */
const quick = 200_000;

function isQuick(files: readonly PolicyFile[]): boolean {
  return files.reduce((sum, { text }) => sum + text.length, 0) < quick;
}

/** @throws UserError when there is no such directory, or no policy file in it */
export async function startLoading(
  {
    dir,
    source,
    mayRecall = false,
  }: Pick<CommonOptions, 'dir' | 'source'> & { readonly mayRecall?: boolean | undefined },
  session: Session,
): Promise<LoadingPolicies> {
  const { files, diagnostics } =
    source === undefined ? await readPolicyFiles(dir, session.cwd) : { files: source.files, diagnostics: [] };
  const leaks = findAdminKey(files, session.env.PORTKEY_API_KEY);
  // Nothing else is said of these files: another message might quote the key.
  if (leaks.length > 0)
    return {
      head: null,
      files,
      policies: Promise.resolve({ desired: null, files, texts: new Map(), diagnostics: leaks }),
    };
  const toPolicies = ({ texts = new Map(), ...compiled }: Compiled & { texts?: KnownTexts }): LoadedPolicies => {
    // Of a file that could not be had its absence is not a second problem.
    const unread = new Set(diagnostics.map(({ source }) => source.file));
    const isNews = (one: Diagnostic): boolean => one.code !== 'extends-nothing' || !unread.has(one.source.file);
    const all = sortDiagnostics([...diagnostics, ...compiled.diagnostics.filter(isNews)]);
    const hasError = all.some(({ severity }) => severity === 'error');
    // As of this machine's day, until the service has said which one it is.
    const desired =
      hasError || compiled.desired === null ? null : desiredOn(compiled.desired, dayOf(session.clock.now()));
    return { desired, files, texts, diagnostics: all };
  };
  const compileHere = (texts: KnownTexts) => ({ ...compilePolicies(files, texts), texts });
  const head = isQuick(files) || session.compileAside === undefined ? null : compileHead(files);
  if (head === null || session.compileAside === undefined) {
    return { head: null, files, policies: Promise.resolve(toPolicies(compileHere(new Map()))) };
  }
  const kept = source === undefined && mayRecall ? await readKept(resolve(session.cwd, dir), session) : null;
  const known = kept === null ? new Map() : recallTexts(files, kept.texts);
  const unknown = files.filter(({ text }) => !known.has(text));
  const compiling = isQuick(unknown)
    ? Promise.resolve().then(() => compileHere(known))
    : session.compileAside(files.map(({ path, text }) => ({ path, text })));
  const policies = compiling.then(toPolicies);
  if (kept !== null && unknown.length > 0) {
    // Beside the run, which does not depend on it.
    void compiling.then(({ diagnostics, texts }) => texts && kept.write(collectTexts(files, { diagnostics, texts })));
  }
  // A run that ends before it asks for them has something else to say.
  policies.catch(() => {});
  return { head, files, policies };
}

/** Null where nothing is kept. */
async function readKept(directory: string, { keptFiles }: Session) {
  if (keptFiles === undefined) return null;
  const { secret, build } = keptFiles;
  const bytes = await keptFiles.read(directory);
  const texts = bytes === null ? null : openTexts(bytes, { secret, build, directory });
  return {
    texts: texts ?? new Map<string, never>(),
    write: (next: KeptTexts) => keptFiles.write(directory, sealTexts(next, { secret, build, directory })),
  };
}
