import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { type Compiled, compileHead, compilePolicies, type KnownTexts, type PolicyHead } from '../policy/compile.ts';
import { type FoundFile, readPolicyFiles } from '../policy/files.ts';
import type { Desired } from '../resources/types.ts';
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

/** @throws UserError when there is no such directory, or no policy file in it */
export async function startLoading(
  { dir, source }: Pick<CommonOptions, 'dir' | 'source'>,
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
    return { desired: hasError ? null : compiled.desired, files, texts, diagnostics: all };
  };
  const isQuick = files.reduce((sum, { text }) => sum + text.length, 0) < quick;
  const head = isQuick || session.compileAside === undefined ? null : compileHead(files);
  if (head === null || session.compileAside === undefined) {
    const texts: KnownTexts = new Map();
    return { head: null, files, policies: Promise.resolve(toPolicies({ ...compilePolicies(files, texts), texts })) };
  }
  const policies = session.compileAside(files.map(({ path, text }) => ({ path, text }))).then(toPolicies);
  // A run that ends before it asks for them has something else to say.
  policies.catch(() => {});
  return { head, files, policies };
}
