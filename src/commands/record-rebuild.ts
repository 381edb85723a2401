import { actorOf, runId } from '../checkout/this-run.ts';
import { dayOf } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { keptPathOf } from '../extended-file.ts';
import { readLive } from '../live/read-live.ts';
import { type AppliedRecord, recordVersionOf } from '../plan/applied-record.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { needsOf } from '../plan/live-needs.ts';
import { nextWorkspaces } from '../plan/next-record.ts';
import { toRecordedFiles } from '../plan/same-files.ts';
import { settingsOf } from '../plan/settings.ts';
import type { RecordStep } from '../plan/types.ts';
import { compilePolicies } from '../policy/compile.ts';
import type { RebuildDocument } from '../render/documents/record.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import type { Desired } from '../resources/types.ts';
import { firstDay, hasCome } from '../resources/until.ts';
import { dayBefore } from '../resources/until-text.ts';
import { findAdminKey } from '../run/find-admin-key.ts';
import { type OpenBackend, openBackend } from '../run/open-backend.ts';
import { folderOf, openRecord, requireCheckoutOf } from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';

export interface RecordRebuildOptions extends CommonOptions {
  /** The commit that was applied last: any name Git knows. */
  readonly from: string;
  /** Replace a record that is there. */
  readonly yes: boolean;
  /** What whoever runs it calls themselves, for the record. */
  readonly as?: string | undefined;
}

/**
 * A record of what a commit's files declare and live has: the memory of removals as if that commit had just been applied.
 * Live is only read.
 */
export async function runRecordRebuild(options: RecordRebuildOptions, session: Session): Promise<CommandResult> {
  const folder = await folderOf(options, session);
  const checkout = await requireCheckoutOf(options, session, 'so there is no commit to take the files from');
  const commit = await checkout.resolveCommit(options.from);
  const found = await checkout.readFilesAtCommit(commit, folder);
  if (found.length === 0) {
    const shown = checkout.directoryOf(folder) || 'the top of the repository';
    throw new UserError(`commit ${commit.slice(0, 12)} has no policy files in ${shown}`, {
      hint: 'Where the directory had another name then, give it with --dir: it need not be there now.',
    });
  }
  const directory = checkout.directoryOf(folder) ?? '';
  const files = found.map(({ path, text }) => ({
    path: `${options.dir}/${path}`,
    text,
    relative: keptPathOf(directory, path),
  }));
  const leaks = findAdminKey(files, session.env.PORTKEY_API_KEY);
  if (leaks.length > 0) return refuseFor(leaks, options.format, session);
  const { desired, diagnostics } = compilePolicies(files);
  if (desired === null) return refuseFor(diagnostics, options.format, session);

  const { store } = await openRecord(options, desired, session);
  const token = await store.readToken();
  if (token !== null && !options.yes) {
    throw new UserError(`there is a record already: ${store.description}`, { hint: 'Add --yes to replace it.' });
  }
  const open = await openBackend(options, session);
  try {
    const rebuilt = await planWithoutRecord(desired, open, session);
    if (rebuilt.plan === null) return refuseFor(rebuilt.diagnostics, options.format, session);
    const { plan, workspaces } = rebuilt;
    const settings = settingsOf(desired);
    const record: AppliedRecord = {
      version: recordVersionOf(settings),
      tool: session.version,
      environment: desired.environment,
      organisation: desired.organisation,
      baseUrl: open.backend.baseUrl,
      directory: checkout.directoryOf(folder),
      commit,
      dirty: false,
      appliedBy: actorOf(session, options.as),
      appliedAt: nowOf(session).toISOString(),
      run: runId(session),
      digest: plan.digest,
      way: 'by-hand',
      settings,
      workspaces,
      outcomes: [],
      files: toRecordedFiles(files),
    };
    await store.write(record, token, `rebuild from ${commit.slice(0, 12)}`);
    const count = workspaces.reduce((sum, { entries }) => sum + entries.length, 0);
    return {
      exit: exitCodes.ok,
      output:
        options.format === 'json'
          ? renderJson<RebuildDocument>({ version: jsonVersion, ok: true, commit, entries: count })
          : `Recorded ${count === 1 ? '1 entry' : `${count} entries`} of commit ${commit.slice(0, 12)} in ${store.description}.\n`,
    };
  } finally {
    await open.close();
  }
}

/**
 * What live has of the declared objects, whether or not its values are as declared: that is drift, not absence. Of a date that is over live
 * may have what held before: then its return has not been applied, and is due.
 */
async function planWithoutRecord(desired: Desired, open: OpenBackend, session: Session) {
  const reading = readLive(open.backend, desired.organisation, needsOf(desired, null));
  const live = await session.waiting(`reading ${open.backend.baseUrl}`, reading);
  const now = nowOf(session);
  const day = dayOf(open.backend.serviceNow() ?? now.getTime());
  const planOn = (asOf: string) => buildPlan({ desired, live, record: null, now, day: asOf });
  const result = planOn(day);
  if (result.plan === null) return { plan: null, diagnostics: result.diagnostics };
  const isOver = desired.entries.some(({ until }) => until !== undefined && hasCome(until, day));
  const before = isOver ? planOn(firstDay) : result;
  const owed = before === result ? [] : before.recordSteps.flatMap((step) => asBeforeDate(step, day));
  const replaced = new Set(owed.map(placeOfStep));
  const steps = [...result.recordSteps.filter((step) => !replaced.has(placeOfStep(step))), ...owed];
  const workspaces = nextWorkspaces(
    steps.map((step) => ({ ...step, changeId: null })),
    [],
    { filter: { only: [], workspaces: [] }, past: null },
  );
  return { plan: result.plan, workspaces: workspaces.map(({ absent: _absent, ...workspace }) => workspace) };
}

/** What live has as it was to be until a date that is over: nothing has to be done for that. */
function asBeforeDate(step: RecordStep, day: string): RecordStep[] {
  const until = step.next?.until;
  if (step.next === null || until === undefined || !hasCome(until, day) || step.changeId !== null) return [];
  return [{ ...step, next: { ...step.next, until: { ...until, day: dayBefore(until.date) } } }];
}

function placeOfStep(step: RecordStep): string {
  const { kind, name } = step.next ?? step.previous ?? {};
  return JSON.stringify([step.workspaceId, kind, name]);
}

/** As a record of these files would have them. */
export async function rebuildWorkspaces(
  desired: Desired,
  open: OpenBackend,
  session: Session,
): Promise<AppliedRecord['workspaces']> {
  const rebuilt = await planWithoutRecord(desired, open, session);
  if (rebuilt.plan !== null) return rebuilt.workspaces;
  const problem = rebuilt.diagnostics.find(({ severity }) => severity === 'error');
  throw new UserError(`the files do not fit what is live: ${problem?.message ?? 'unknown problem'}`);
}
