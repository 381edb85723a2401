import { join, relative, resolve, sep } from 'node:path';
import { schemasAddress } from '../addresses.ts';
import type { WrittenCi } from '../ci-systems.ts';
import { ServiceError, UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { buildFirstFiles, noOrganisation } from '../importing/first-files.ts';
import { readOrganisationId } from '../live/read-everything.ts';
import { isThere } from '../policy/files.ts';
import { listNamesIn, writeNewFiles } from '../policy/named-files.ts';
import { patterns } from '../policy/patterns.ts';
import { findFolder, findRealPath, findTop } from '../real-path.ts';
import { type InitView, renderInit } from '../render/init.ts';
import { openBackend } from '../run/open-backend.ts';
import { openCheckoutOf } from '../run/open-record.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';
import { commandOf } from '../shell-words.ts';

export interface InitOptions extends Pick<CommonOptions, 'dir' | 'backend' | 'state' | 'quiet'> {
  readonly format: 'text' | 'json';
  readonly ci: WrittenCi;
  readonly environment: string;
  /** Default: that of the key. */
  readonly organisation?: string | undefined;
  readonly dryRun: boolean;
}

/** The first files, at the top of a repository. What is there already is never replaced: then nothing is written at all. */
export async function runInit(options: InitOptions, session: Session): Promise<CommandResult> {
  const { environment, organisation: given, dir, ci, dryRun } = options;
  if (!patterns.environment.test(environment)) {
    throw new UserError(`--environment ${environment}: write letters, digits, dashes and underscores`);
  }
  if (given !== undefined && !patterns.uuid.test(given)) {
    throw new UserError(`--organisation ${given}: write its id, such as ${noOrganisation}`);
  }
  const { top, directory, inGit } = await findPlace(dir, session);
  const asked = given === undefined ? await askOrganisation(options, session) : { organisation: given, problem: null };
  const defaultBranch = inGit && ci !== 'none' ? await findDefaultBranch(options, session) : null;
  const files = buildFirstFiles({
    directory,
    environment,
    organisation: asked.organisation,
    schemas: schemasAddress,
    ci,
    defaultBranch,
  });
  for (const { path } of files) await requireFree(top, path);
  if (!dryRun) {
    await writeNewFiles(files.map(({ path, text }) => ({ path: join(top, path), shown: path, text })));
  }
  const where = directory === 'policies' ? [] : ['--dir', directory === '' ? '.' : directory];
  const first = inGit ? [] : ['git init'];
  const steps = asked.organisation === null ? ['doctor', 'import', 'plan'] : ['import', 'validate', 'plan'];
  const commands = [...first, ...steps.map((step) => commandOf('tollgate', step, ...where))].slice(0, 3);
  const view: InitView = {
    files: files.map(({ path }) => path),
    organisation: asked.organisation,
    problem: asked.problem,
    ci,
    isBranchKnown: defaultBranch !== null,
    isDryRun: dryRun,
    commands,
  };
  return { exit: exitCodes.ok, output: renderInit(view, options.format, session.style) };
}

/** Where CI systems look for their files, so nothing is begun in the middle of a repository, nor in another one behind a link. */
async function findPlace(dir: string, { cwd }: Session) {
  const top = await findRealPath(cwd);
  const repository = await findTop(top);
  if (repository !== null && repository !== top) {
    throw new UserError(`this folder is in the middle of the Git repository ${repository}`, {
      hint: `Run it there if the policies are to live in that repository; else make one here first: \`git init\`.`,
    });
  }
  const place = await findRealPath(resolve(cwd, dir));
  const way = relative(top, place).split(sep).join('/');
  if (way === '..' || way.startsWith('../')) {
    throw new UserError(`${dir} is outside this folder: ${place}`, {
      hint: 'Run it at the top of the repository that is to hold the policies.',
    });
  }
  if (way.split('/').some((part) => part.startsWith('.') || part === 'node_modules')) {
    throw new UserError(`--dir ${dir}: a folder that starts with a dot, or \`node_modules\`, is never read`, {
      hint: 'Name another one, such as `policies`.',
    });
  }
  if ((await findTop(await findFolder(place))) !== repository) {
    throw new UserError(`${dir} is in a Git repository of its own, inside this one`, { hint: 'Run it in that one.' });
  }
  const names = await listNamesIn(place);
  if (names === null) throw new UserError(`${dir} is a file, not a directory`);
  const others = names.filter((name) => name !== '.git').sort();
  if (others.length > 0) {
    const some = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}`;
    throw new UserError(`${dir} is not empty (${some}): nothing was written`, {
      hint: 'What is live is added to policy files that are there by `tollgate import`; another directory is named with --dir.',
    });
  }
  return { top, directory: way, inGit: repository !== null };
}

/** @throws UserError where something is there, a link included, or is reached through one */
async function requireFree(top: string, path: string): Promise<void> {
  const file = join(top, path);
  if (await isThere(file)) {
    throw new UserError(`${path} is there already: nothing was written`, {
      hint: 'Take what you want into it by hand, or leave it out with `--ci none`.',
    });
  }
  const real = await findRealPath(file);
  if (real !== file) throw new UserError(`${path} would be written through a link, to ${real}: nothing was written`);
}

/** Who has no key yet begins all the same. */
async function askOrganisation(
  options: InitOptions,
  session: Session,
): Promise<{ readonly organisation: string | null; readonly problem: string | null }> {
  const key = session.env.PORTKEY_API_KEY ?? '';
  if (options.backend === 'portkey' && key.trim() === '') {
    return { organisation: null, problem: 'PORTKEY_API_KEY is not set' };
  }
  try {
    const open = await openBackend({ ...options, concurrency: 1 }, session, { tries: 2 });
    try {
      const reading = readOrganisationId(open.backend);
      return { organisation: await session.waiting(`reading ${open.backend.baseUrl}`, reading), problem: null };
    } finally {
      await open.close();
    }
  } catch (error) {
    if (!(error instanceof UserError) && !(error instanceof ServiceError)) throw error;
    return { organisation: null, problem: error.message };
  }
}

/** Null where there is no remote, or it cannot be asked. */
async function findDefaultBranch({ dir }: InitOptions, session: Session): Promise<string | null> {
  const checkout = await openCheckoutOf({ dir }, session);
  if (checkout === null || checkout.remote === null) return null;
  try {
    return await session.waiting(`asking ${checkout.remote}`, checkout.readDefaultBranch());
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
