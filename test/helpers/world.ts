/** A control plane, a record and policy files, to plan and apply against: the emulator behind the real client, in this process. */

import { applyPlan } from '../../src/apply/apply-plan.ts';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { type Client, createClient } from '../../src/client/client.ts';
import type { Timeouts } from '../../src/client/request.ts';
import { createEmulator, type Emulator, type ListenOptions, startEmulator } from '../../src/emulator/server.ts';
import { CancelledError } from '../../src/errors.ts';
import { settingsLines as findSettingsLines } from '../../src/guards/settings-lines.ts';
import type { Backend } from '../../src/live/backend.ts';
import { readLive } from '../../src/live/read-live.ts';
import { type AppliedRecord, recordVersion } from '../../src/plan/applied-record.ts';
import { buildPlan, type PlanResult } from '../../src/plan/build-plan.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import { filterPlan, type PlanFilter } from '../../src/plan/mode.ts';
import { doubtsOf, nextWorkspaces, toClaimedChange, toRecordedOutcome } from '../../src/plan/next-record.ts';
import { noSettings, settingsOf } from '../../src/plan/settings.ts';
import { settleClaim } from '../../src/plan/settle-claim.ts';
import type { Outcome, Plan } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { DriftMode } from '../../src/resources/review-settings.ts';
import { createInProcessDispatcher } from './in-process.ts';
import type { Museum } from './museum.ts';
import { testNow } from './session.ts';

export const organisationId = '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10';
export const adminKey = 'test-admin-key';

/** Text of an organisation file; `rest` is YAML below the head. */
export function orgFile(rest = ''): string {
  return `version: 1\nkind: org\nenvironment: production\norganisation: ${organisationId}\n${rest}`;
}

/** For `orgFile`: somebody is told of the alerts of policies, where a test is about something else. */
export const chatChannel =
  'channels:\n  chat:\n    type: slack\n    host: hooks.slack.com\n    url_env: TOLLGATE_NOTIFY_CHAT\n';

/** For `orgFile`: raising and removing limits is no matter of the guards, where a test is about something else. */
export const spendMayRise = 'review:\n  guards:\n    spend_up: off\n';

/** Text of a workspace file; `rest` is YAML below the head. */
export function workspaceFile(workspace: string, rest = ''): string {
  return `version: 1\nkind: workspace\nworkspace: ${workspace}\nowner: platform\n${rest}`;
}

/** What of a plan is carried out; drift is put back unless told otherwise. */
export type WorldFilter = Partial<PlanFilter> & { readonly drift?: DriftMode };

export interface World {
  readonly emulator: Emulator;
  readonly client: Client;
  readonly backend: Backend;
  /** The record as the last apply left it. */
  record: AppliedRecord | null;
  plan(files: Readonly<Record<string, string>>, filter?: WorldFilter): Promise<PlanResult>;
  /** Throws when the files or names have an error. */
  planOk(files: Readonly<Record<string, string>>, filter?: WorldFilter): Promise<Plan>;
  apply(files: Readonly<Record<string, string>>, filter?: WorldFilter): Promise<readonly Outcome[]>;
  /** Claims, then stops: what a killed apply leaves. The changes named run, the others do not. */
  crash(files: Readonly<Record<string, string>>, carriedOut: (id: string) => boolean): Promise<void>;
  /** Claims, then dies after so many writes, in the middle of a replacement too. */
  crashAfter(files: Readonly<Record<string, string>>, writes: number): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions extends ListenOptions {
  /** Answers in the place of the emulator, see museum.ts; in this process only. */
  readonly museum?: Museum;
  /** Default: without sockets; faults that break a connection look the same to the client. False: over loopback. */
  readonly inProcess?: boolean;
  /** The emulator's clock moves with the sleeping of the run. Default: it stands still. */
  readonly movingClock?: boolean;
  /** Of the client, in real milliseconds. */
  readonly timeouts?: Partial<Timeouts>;
}

export async function startWorld({
  inProcess = true,
  movingClock = false,
  timeouts,
  museum,
  ...options
}: WorldOptions = {}): Promise<World> {
  let time = testNow;
  const now = options.now ?? (() => new Date(movingClock ? time : testNow));
  const listen = { acceptKeys: adminKey, now, ...options };
  const detached = inProcess ? createEmulator(listen) : undefined;
  const emulator: Emulator =
    detached === undefined
      ? await startEmulator(listen)
      : { ...detached, url: 'http://127.0.0.1:9/v1', port: 9, close: async () => {} };
  const sleep = async (milliseconds: number): Promise<void> => {
    time += milliseconds;
  };
  const client = createClient({
    baseUrl: emulator.url,
    apiKey: adminKey,
    timeouts,
    dispatcher:
      detached === undefined ? undefined : createInProcessDispatcher(museum?.wrap(detached.app) ?? detached.app),
    timing: { now: () => time, random: () => 0.5, sleep },
  });
  const backend = createApiBackend(client);
  const clock = { now: () => time, sleep };

  const compile = (files: Readonly<Record<string, string>>) => {
    const { desired, diagnostics } = compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text })));
    if (desired === null) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
    return desired;
  };
  const filterOf = ({ drift: _, ...filter }: WorldFilter = {}): PlanFilter => ({
    mode: 'sync',
    only: [],
    workspaces: [],
    ...filter,
  });
  const documentOf = (files: Readonly<Record<string, string>>, plan: Plan): AppliedRecord => ({
    version: recordVersion,
    tool: 'test',
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: 'test',
    appliedAt: new Date(testNow).toISOString(),
    run: 'test',
    digest: plan.digest,
    way: 'by-hand',
    settings: noSettings,
    workspaces: [],
    outcomes: [],
    files: { ...files },
  });

  /** The record with a claim over what an earlier claim came to, as the apply command writes it. */
  const claim = (plan: Plan, settled: AppliedRecord | null): AppliedRecord => ({
    ...(settled ?? documentOf({}, plan)),
    claim: {
      run: 'local:elsewhere:1:0',
      by: 'test',
      startedAt: new Date(testNow).toISOString(),
      leaseUntil: new Date(testNow).toISOString(),
      digest: plan.digest,
      changes: plan.changes.map(toClaimedChange),
    },
  });

  const prepare = async (files: Readonly<Record<string, string>>, drift?: DriftMode) => {
    const desired = compile(files);
    const live = await readLive(backend, desired.organisation, needsOf(desired, world.record));
    const settled = world.record === null ? null : settleClaim(world.record, live);
    const settingsLines = settled === null ? [] : findSettingsLines(settled.settings, settingsOf(desired));
    return { result: buildPlan({ desired, live, record: settled, now: now(), drift, settingsLines }), settled };
  };
  const prepareOk = async (files: Readonly<Record<string, string>>) => {
    const { result, settled } = await prepare(files);
    if (result.plan === null) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
    return { plan: result.plan, settled };
  };

  const world: World = {
    emulator,
    client,
    backend,
    record: null,
    async plan(files, filter) {
      const { result } = await prepare(files, filter?.drift);
      return result.plan === null ? result : { ...result, plan: filterPlan(result.plan, filterOf(filter)) };
    },
    async planOk(files, filter) {
      const { plan, diagnostics } = await world.plan(files, filter);
      if (plan === null) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
      return plan;
    },
    async apply(files, filter) {
      const result = await world.plan(files, filter);
      if (result.plan === null) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
      const { plan } = result;
      const outcomes = await applyPlan(plan, { backend, clock });
      world.record = {
        ...documentOf(files, plan),
        settings: settingsOf(compile(files)),
        workspaces: nextWorkspaces(result.recordSteps, outcomes, { filter: filterOf(filter), past: world.record }),
        outcomes: outcomes.map(toRecordedOutcome),
        ...doubtsOf(outcomes),
      };
      return outcomes;
    },
    async crash(files, carriedOut) {
      const { plan, settled } = await prepareOk(files);
      const changes = plan.changes.filter(({ id }) => carriedOut(id)).map((change) => ({ ...change, dependsOn: [] }));
      world.record = claim(plan, settled);
      await applyPlan({ ...plan, changes }, { backend, clock });
    },
    async crashAfter(files, writes) {
      const { plan, settled } = await prepareOk(files);
      world.record = claim(plan, settled);
      await applyPlan(plan, { backend: mortalBackend(backend, writes), clock });
    },
    async close() {
      await client.close();
      await emulator.close();
    },
  };
  return world;
}

/** A backend that dies once it has made so many writes: nothing gets through any more, as when the process is killed. */
function mortalBackend(backend: Backend, writes: number): Backend {
  let left = writes;
  const isWrite = (name: string): boolean => /^(create|update|delete|set)/.test(name);
  return new Proxy(backend, {
    get(target, name: keyof Backend) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return async (...parameters: unknown[]) => {
        if (left === 0) throw new CancelledError('killed');
        if (isWrite(name)) left -= 1;
        return Reflect.apply(member, target, parameters);
      };
    },
  });
}
