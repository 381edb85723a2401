import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type CheckView, type DoctorView, failedChecks, renderDoctor } from '../render/doctor.ts';
import type { Desired, Kind } from '../resources/types.ts';
import { type OpenBackend, openBackend } from '../run/open-backend.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { type ApprovalsOptions, checkApprovals } from './doctor/check-approvals.ts';
import { checkChannels } from './doctor/check-channels.ts';
import { checkOrganisation, checkPolicies, checkRecord, type DirectoryCheck } from './doctor/check-directory.ts';
import { checkStores } from './doctor/check-stores.ts';
import { checkVersion } from './doctor/check-version.ts';
import { explainKey, explainReads, explainStatuses, explainWrites } from './doctor/explain.ts';
import { judgeCommands } from './doctor/judge-commands.ts';
import { noteGateway } from './doctor/note-gateway.ts';
import { type Survey, surveyService } from './doctor/probe-service.ts';

export type DoctorOptions = CommonOptions & ApprovalsOptions;

/** One more try where an answer was lost; five would make a dead service a wait of minutes. */
const tries = 2;

/**
 * Which features this key and this control plane allow, each with the request that proved it. Reads only, files and record
 * included. Exit 0 when what tollgate needs works; 1 for files, record or environment; 6 for the service.
 *
 * @throws CancelledError
 */
export async function runDoctor(options: DoctorOptions, session: Session): Promise<CommandResult> {
  const policies = await checkPolicies(options, session);
  const { desired } = policies;
  const opened = await tryOpen(options, session);
  const open = 'backend' in opened ? opened : null;
  try {
    const found = open === null ? null : await survey(open, options, desired, session);
    const baseUrl = open?.backend.baseUrl ?? null;
    const record = await checkRecord(options, policies, baseUrl, session);
    const isTelling = record.some((check) => check.record?.settings?.alerts !== undefined);
    const organisation = checkOrganisation(desired, found?.organisation ?? null);
    const directory = [
      ...('view' in opened ? [opened] : []),
      policies,
      ...(organisation === null ? [] : [organisation]),
      ...record,
    ];
    const kinds = desired === null ? null : kindsOf(desired);
    const checks: CheckView[] = [
      ...(found === null ? [] : explainReads({ survey: found, kinds })),
      ...(found === null ? [] : checkVersion(found, desired?.gateway ?? {})),
      ...(found === null ? [] : noteGateway(kinds)),
      ...(found === null ? [] : explainWrites({ survey: found, kinds })),
      ...directory.map(({ view }) => view),
      // Before there are policy files there is nothing to approve.
      ...(policies.view.state === 'note' ? [] : await checkApprovals(options, desired, session)),
      ...(await checkChannels(options, desired, isTelling, session)),
      ...(await checkStores(desired, open, session)),
    ];
    const view: DoctorView = {
      baseUrl,
      key:
        found === null
          ? { kind: null, how: 'nothing could be asked', name: null, userId: null, scopes: null, expiresAt: null }
          : explainKey(found),
      workspace: found?.workspace ?? null,
      checks,
      commands: judgeCommands(checks, found?.conduct ?? 'unknown'),
      explanations: explainStatuses(checks),
      requests: checks.filter(({ request }) => request !== null).length,
    };
    return { exit: exitOf(view, directory), output: renderDoctor(view, options.format, session.style) };
  } finally {
    await open?.close();
  }
}

/** Without a key, or with a base URL that cannot be used, what is on this disk is still looked at. */
async function tryOpen(options: CommonOptions, session: Session): Promise<OpenBackend | DirectoryCheck> {
  try {
    return await openBackend(options, session, { tries });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const base = { id: 'environment', group: 'repository', title: 'environment', needed: true } as const;
    const nothing = { scopes: [], request: null } as const;
    const said = { state: 'broken', detail: error.message, advice: error.hint ?? null } as const;
    return { view: { ...base, ...nothing, ...said }, exit: error.exit };
  }
}

function survey(open: OpenBackend, options: CommonOptions, desired: Desired | null, session: Session): Promise<Survey> {
  const declared = desired?.workspaces.map(({ ref }) => ref) ?? [];
  const integrations = (desired?.entries ?? []).filter(({ kind }) => kind === 'integration-limits');
  const asking = surveyService({
    probe: open.probe,
    // The emulator's own key is not an object of its organisation.
    apiKey: options.backend === 'emulator' ? '' : (session.env.PORTKEY_API_KEY ?? ''),
    wanted: options.workspace.length > 0 ? options.workspace : declared,
    insists: options.workspace.length > 0,
    organisation: desired?.organisation ?? null,
    integrations: integrations.map(({ name }) => name),
    now: nowOf(session),
  });
  return session.waiting('asking the control plane', asking);
}

function kindsOf({ entries }: Desired): ReadonlySet<Kind> {
  return new Set(entries.map(({ kind }) => kind));
}

/** 1 before anything: without files, record or environment in order, what the service says helps nobody. */
function exitOf(view: DoctorView, directory: readonly DirectoryCheck[]): ExitCode {
  const exits = directory.flatMap(({ exit }) => (exit === null ? [] : [exitCodes[exit]]));
  if (exits.includes(exitCodes.invalid)) return exitCodes.invalid;
  const service = failedChecks(view).some(({ group }) => group === 'reading');
  return exits[0] ?? (service ? exitCodes.unreachable : exitCodes.ok);
}
