/**
 * A working directory with policy files, a record file and an emulator on loopback: what a command finds around it. Commands
 * run in this process, through the functions that the command line calls.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ApplyCommandOptions, runApply } from '../../src/commands/apply.ts';
import { type DoctorOptions, runDoctor } from '../../src/commands/doctor.ts';
import { runDrift } from '../../src/commands/drift.ts';
import { type EstimateOptions, runEstimate } from '../../src/commands/estimate.ts';
import { type ImportOptions, runImport } from '../../src/commands/import.ts';
import { type NotifyOptions, runNotify } from '../../src/commands/notify.ts';
import { type PlanCommandOptions, runPlan } from '../../src/commands/plan.ts';
import { type RecordMoveOptions, runRecordMove } from '../../src/commands/record-move.ts';
import { type RecordRebuildOptions, runRecordRebuild } from '../../src/commands/record-rebuild.ts';
import { runStatus, type StatusOptions } from '../../src/commands/status.ts';
import { runValidate } from '../../src/commands/validate.ts';
import { type Emulator, type ListenOptions, startEmulator } from '../../src/emulator/server.ts';
import { CancelledError, ServiceError, UserError } from '../../src/errors.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { renderFailure } from '../../src/render/failure.ts';
import type { CheckFormat, CommandResult, CommonOptions, StatusFormat } from '../../src/run/session.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { checkDocument, DocumentProblem } from './check-document.ts';
import { createInProcessDispatcher } from './in-process.ts';
import { type TestSession, type TestSessionOptions, testNow, testSession } from './session.ts';
import { usagePolicyRow, uuid } from './state.ts';
import { adminKey, workspaceFile } from './world.ts';

type AnyFormat = CheckFormat | StatusFormat;

/** What a run left behind, whether it returned or threw. */
export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  /** What was said on the way, and the message of a failure. */
  readonly stderr: string;
  readonly session: TestSession;
}

export interface RigOptions extends ListenOptions {
  /** Policy files by their path below `policies/`. */
  readonly files?: Readonly<Record<string, string>>;
  /** The working directory; default: a new one. */
  readonly folder?: string;
  /** An emulator that is there already; it is not closed with the rig. */
  readonly emulator?: Emulator;
  /** Where requests go; default: to the emulator. */
  readonly baseUrl?: string;
  /** Default: a file beside the policies; null: the Git ref. Without it Git is not asked, unless there is a repository. */
  readonly recordFile?: string | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Rig {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly recordFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaces all policy files. */
  write(files: Readonly<Record<string, string>>): void;
  /** The record file's content; null: there is none. */
  readRecord(): AppliedRecord | null;
  writeRecord(record: AppliedRecord): void;
  validate(options?: Partial<Parameters<typeof runValidate>[0]>, session?: TestSessionOptions): Promise<Ran>;
  plan(options?: Partial<PlanCommandOptions>, session?: TestSessionOptions): Promise<Ran>;
  /** With `--yes` unless told otherwise. */
  apply(options?: Partial<ApplyCommandOptions>, session?: TestSessionOptions): Promise<Ran>;
  drift(options?: Partial<CommonOptions>, session?: TestSessionOptions): Promise<Ran>;
  doctor(options?: Partial<DoctorOptions>, session?: TestSessionOptions): Promise<Ran>;
  status(options?: Partial<StatusOptions>, session?: TestSessionOptions): Promise<Ran>;
  notify(options?: Partial<NotifyOptions>, session?: TestSessionOptions): Promise<Ran>;
  import(options?: Partial<ImportOptions>, session?: TestSessionOptions): Promise<Ran>;
  rebuild(options: Partial<RecordRebuildOptions>, session?: TestSessionOptions): Promise<Ran>;
  /** With `--yes` unless told otherwise. */
  move(options?: Partial<RecordMoveOptions>, session?: TestSessionOptions): Promise<Ran>;
  estimate(options?: Partial<EstimateOptions>, session?: TestSessionOptions): Promise<Ran>;
  close(): Promise<void>;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { files, folder = makeFolder(), emulator: given, baseUrl, recordFile, env: more, ...listen } = options;
  const emulator = given ?? (await startEmulator({ acceptKeys: adminKey, now: () => new Date(testNow), ...listen }));
  const file = recordFile ?? join(folder, 'record.json');
  const dispatcher = createInProcessDispatcher(emulator.app, new URL(emulator.url).origin);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    PORTKEY_BASE_URL: baseUrl ?? emulator.url,
    PORTKEY_API_KEY: adminKey,
    ...more,
  };
  const common: CommonOptions = {
    dir: 'policies',
    workspace: [],
    format: 'text',
    backend: 'portkey',
    recordFile: recordFile === null ? undefined : file,
    concurrency: 4,
    quiet: false,
    verbose: false,
  };
  const planned = { ...common, mode: 'sync' as const, only: [], allow: [], impact: true };

  function run<Options extends { readonly format: AnyFormat }>(
    command: (options: Options, session: TestSession) => Promise<CommandResult>,
    defaults: Options,
    name: string,
  ) {
    return async (changed: Partial<Options> = {}, session: TestSessionOptions = {}): Promise<Ran> => {
      const made = testSession({ cwd: folder, ...session, env: { ...env, ...session.env } });
      const chosen = { ...defaults, ...changed };
      const isClone = recordFile === null || made.cwd !== folder || existsSync(join(folder, '.git'));
      const surroundings = { dispatcher, ...(isClone ? {} : { checkout: null }) };
      return capture(chosen.format, made, () => command(chosen, { ...made, surroundings }), name);
    };
  }

  const rig: Rig = {
    emulator,
    folder,
    recordFile: file,
    env,
    write(wanted) {
      rmSync(join(folder, 'policies'), { recursive: true, force: true });
      for (const [path, text] of Object.entries(wanted)) writeIn(folder, join('policies', path), text);
    },
    readRecord: () => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AppliedRecord) : null),
    writeRecord: (record) => writeFileSync(file, JSON.stringify(record)),
    validate: run(runValidate, common, 'validate'),
    plan: run(runPlan, { ...planned, detailedExitcode: false }, 'plan'),
    apply: run(runApply, { ...planned, yes: true, plan: [] }, 'apply'),
    drift: run(runDrift, common, 'drift'),
    doctor: run<DoctorOptions>(runDoctor, common, 'doctor'),
    status: run<StatusOptions>(runStatus, { ...common, since: 0 }, 'status'),
    notify: run<NotifyOptions>(runNotify, { ...common, dryRun: false }, 'notify'),
    import: run(runImport, { ...common, environment: 'production' }, 'import'),
    rebuild: run<RecordRebuildOptions>(runRecordRebuild, { ...common, from: 'HEAD', yes: false }, 'record rebuild'),
    move: run<RecordMoveOptions>(runRecordMove, { ...common, yes: true }, 'record move'),
    estimate: run<EstimateOptions>(
      runEstimate,
      {
        ...common,
        model: ['@openai/gpt-4o'],
        budget: '10M tokens',
        integration: [],
        offline: false,
      },
      'estimate',
    ),
    async close() {
      if (given === undefined) await emulator.close();
    },
  };
  if (files !== undefined) rig.write(files);
  return rig;
}

/** As the entry file does: one message, the exit code of the family of the error. */
export async function capture(
  format: AnyFormat,
  session: TestSession,
  command: () => Promise<CommandResult>,
  name: string,
): Promise<Ran> {
  try {
    const { exit, output } = await command();
    // Of every command that a test runs.
    if (format === 'json') checkDocument(name, output, exit);
    return { exit, stdout: output, stderr: session.said(), session };
  } catch (error) {
    // What the check of a document says is the test's own failure.
    if (error instanceof DocumentProblem) throw error;
    const { message, output } = renderFailure(error, format === 'json' ? format : 'text');
    if (format === 'json') checkDocument(name, output, exitOfFailure(error));
    return { exit: exitOfFailure(error), stdout: output, stderr: session.said() + message, session };
  }
}

function exitOfFailure(error: unknown): number {
  if (error instanceof UserError) return exitCodes[error.exit];
  return error instanceof ServiceError || error instanceof CancelledError ? exitCodes.unreachable : exitCodes.invalid;
}

export function writeIn(folder: string, path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A document on stdout; members are looked at by the test that knows them. */
export function parseOutput({ stdout }: { readonly stdout: string }): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** For steps that are not what a test is about. @throws with all that was said */
export async function succeed(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.exit !== 0) throw new Error(`ended with ${ran.exit}:\n${ran.stdout}${ran.stderr}`);
  return ran;
}

/** Name and status of every outcome of `apply --format json`. */
export function outcomesOf(ran: { readonly stdout: string }): [name: string, status: string][] {
  const { outcomes } = parseOutput(ran) as { outcomes: { name: string; status: string }[] };
  return outcomes.map(({ name, status }) => [name, status]);
}

/** Policies `p1`, `p2`, … of workspace team-a: monthly budgets in dollars. */
export function budgetsFile(dollars: Readonly<Record<string, number>>, workspace = 'ws-team-a'): string {
  const entries = Object.entries(dollars).map(
    ([name, amount]) => `  ${name}:\n    budget: $${amount}\n    reset: monthly\n    per: workspace_id\n`,
  );
  return workspaceFile(workspace, entries.length === 0 ? '' : `policies:\n${entries.join('')}`);
}

/** The live policies that `budgetsFile` declares: `p1` has the id `uuid(101)`, `p2` `uuid(102)`, … */
export function budgetRows(dollars: Readonly<Record<string, number>>, workspaceId: string) {
  return Object.entries(dollars).map(([name, amount], index) =>
    usagePolicyRow(name, uuid(101 + index), workspaceId, { credit_limit: amount }),
  );
}
