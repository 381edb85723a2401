/** Import into a directory that has policy files: adds what nobody declares, or accepts what drifted, by text edits. */

import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { requireWorkspaces } from '../live/named-workspaces.ts';
import { readEverything } from '../live/read-everything.ts';
import { isSelected } from '../plan/mode.ts';
import { settleClaim } from '../plan/settle-claim.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import { writeFileAtomic } from '../policy/named-files.ts';
import { renderAcceptance, renderAdded } from '../render/import.ts';
import { loadPolicies } from '../run/load-policies.ts';
import { openBackend } from '../run/open-backend.ts';
import { openCheckoutOf, openRecord, requireOwnRecord } from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import { preparePlan } from '../run/prepare.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { acceptDrift } from './accept-drift.ts';
import { addUnmanaged, mergeFiles } from './add-unmanaged.ts';
import { declareEmpty } from './declare-empty.ts';

export interface ImportExistingOptions extends CommonOptions {
  /** Checked against the organisation file where it is given. */
  readonly environment?: string | undefined;
}

/** Adds live objects that neither files nor record know, and a file for each workspace without one. What is declared is never touched. */
export async function runImportExisting(options: ImportExistingOptions, session: Session): Promise<CommandResult> {
  const { desired, files, diagnostics } = await loadPolicies(options, session);
  if (desired === null) return refuseFor(diagnostics, options.format, session);
  if (options.environment !== undefined && options.environment !== desired.environment) {
    throw new UserError(
      `--environment ${options.environment}: the files in ${options.dir} are for ${desired.environment}`,
      {
        hint: 'Leave the flag out to add to them, or name another directory with --dir.',
      },
    );
  }
  const open = await openBackend(options, session);
  try {
    const { backend } = open;
    const live = await session.waiting(`reading ${backend.baseUrl}`, readEverything(backend, []));
    if (live.organisationId.toLowerCase() !== desired.organisation.toLowerCase()) {
      throw new UserError(
        `the files are for organisation ${desired.organisation}, but PORTKEY_API_KEY belongs to ${live.organisationId}`,
        { hint: 'Use a key of that organisation, or name another directory with --dir.' },
      );
    }
    requireWorkspaces(options.workspace, live.workspaces);
    const record = await readRecord(options, desired, session);
    if (record !== null) {
      requireOwnRecord(record, desired, backend.baseUrl);
    }
    const input = {
      desired,
      files,
      directory: directoryOf(files, options.dir),
      live,
      record: record === null ? null : settleClaim(record, live),
      now: nowOf(session),
      workspaces: options.workspace,
    };
    const added = addUnmanaged(input);
    if ('diagnostics' in added) return refuseFor(added.diagnostics, options.format, session);
    const { files: more, ...empty } = declareEmpty(input, added);
    await writeTogether(files, [...added.files, ...more], session);
    const report = { ...added, ...empty, unreadable: live.unreadable ?? [] };
    return { exit: exitCodes.ok, output: renderAdded(report, options.format) };
  } finally {
    await open.close();
  }
}

/** Writes live values over what drifted. What no file can say stays drift and is listed; then the exit code is 2. */
export async function runAcceptDrift(options: ImportExistingOptions, session: Session): Promise<CommandResult> {
  // What `review.drift` leaves is accepted like the rest.
  const all = {
    ...options,
    mode: 'sync',
    only: [],
    allow: [],
    impact: false,
    revertDrift: true,
    isWhole: true,
  } as const;
  const prepared = await preparePlan(all, session);
  if (prepared.plan === null) return refuseFor(prepared.diagnostics, options.format, session);
  const { plan, filter, desired, files, live, settled, open } = prepared;
  await open.close();
  const changes = [...plan.changes, ...plan.withheld].filter(({ key }) => isSelected(key, filter));
  const acceptance = acceptDrift({ changes, desired, files, live, record: settled, now: nowOf(session) });
  await writeTogether(files, acceptance.files, session);
  const exit: ExitCode = acceptance.refused.length > 0 ? exitCodes.changes : exitCodes.ok;
  return { exit, output: renderAcceptance(acceptance, plan.names, options.format) };
}

/** @throws UserError before anything is written, when the files do not compile together */
async function writeTogether(
  files: readonly PolicyFile[],
  changed: readonly PolicyFile[],
  session: Session,
): Promise<void> {
  const all = mergeFiles(files, changed);
  const { desired, diagnostics } = compilePolicies(all);
  if (desired === null) {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    throw new UserError(
      `the files would not compile, so nothing was written: ${problem?.message ?? 'unknown problem'}`,
    );
  }
  for (const { path, text } of changed) {
    try {
      await writeFileAtomic(resolve(session.cwd, path), text);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
      throw new UserError(`cannot write ${path} (${code})`, { cause });
    }
  }
}

/** Outside Git there may be no place for a record: then nothing is recorded. */
async function readRecord(
  options: CommonOptions,
  desired: Parameters<typeof openRecord>[1],
  session: Session,
): Promise<Parameters<typeof requireOwnRecord>[0] | null> {
  const hasPlace =
    options.recordFile !== undefined ||
    options.backend === 'emulator' ||
    (await openCheckoutOf(options, session)) !== null;
  if (!hasPlace) return null;
  const { store } = await openRecord(options, desired, session);
  return (await session.waiting('reading the applied record', store.read()))?.record ?? null;
}

/** As it stands in the paths of the files. */
function directoryOf(files: readonly { readonly path: string; readonly relative: string }[], shown: string): string {
  const [first] = files;
  if (first === undefined) return shown;
  return first.path.slice(0, -first.relative.length).replace(/\/$/, '');
}
