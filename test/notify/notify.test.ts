/** `tollgate notify` from the files to a mailbox: applied settings, an emulated service, a mail server and a webhook. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { EntityRow, UsagePolicyRow } from '../../src/emulator/store.ts';
import { onClose, type Seen, serve } from '../client/loopback.ts';
import { parseOutput, type Ran, type Rig, startRig } from '../helpers/rig.ts';
import { keyRow, requestRow, smallState, teamA, teamB, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type MailServer, startMailServer } from './channels/mail-server.ts';

const long = { created_at: '2026-01-01T00:00:00.000Z' };
const monthStart = '2026-11-01T00:00:00.000Z';
const policyId = uuid(101);

function entity(usage: number, id = 700): EntityRow {
  const flags = { is_threshold_alerts_sent: false, is_exhausted_alerts_sent: false };
  return { id: uuid(id), current_usage: usage, status: usage >= 10_000 ? 'exhausted' : 'active', ...flags };
}

let rig: Rig;
let mail: MailServer;
let hooks: readonly Seen[];
let hookAnswers = 200;
let pid = 100;

/** Of the first counter of the policy, in cents. */
function use(cents: number): void {
  const policy = rig.emulator.store.find('usagePolicies', policyId);
  if (policy !== undefined) policy.entities = { [`workspace_id:${teamA}`]: entity(cents) };
}

const org = (more = '') =>
  orgFile(`alerts: { recipients: [finance@example.com] }
channels:
  post: { type: mail, host: 127.0.0.1, port: ${mail.port}, security: none, from: tollgate@example.com }
${more}`);
const policy = (more: string) => `policies: { spend: { budget: $100, reset: monthly, per: workspace_id, ${more} } }\n`;

async function begin(files: () => Record<string, string>, row: Partial<UsagePolicyRow> = {}): Promise<void> {
  rig = await startRig({
    state: {
      ...smallState(),
      workspaces: [workspaceRow('ws-team-a', teamA, long), workspaceRow('ws-team-b', teamB, long)],
      apiKeys: [keyRow('app', uuid(11), teamA, long)],
      providers: [],
      integrations: [],
      usagePolicies: [
        usagePolicyRow('spend', policyId, teamA, {
          ...long,
          last_reset_at: monthStart,
          entities: { [`workspace_id:${teamA}`]: entity(1_000) },
          ...row,
        }),
      ],
      ratePolicies: [],
      requestLogs: [requestRow({ id: uuid(801), created_at: '2026-11-02T00:00:00.000Z', cost: 1_000 })],
    },
    files: files(),
  });
  onClose(() => rig.close());
  expect(await rig.apply()).toMatchObject({ exit: 0 });
}

const notify = (options: Parameters<Rig['notify']>[0] = {}): Promise<Ran> => rig.notify(options, { pid: ++pid });
const subjects = (): string[] => mail.got.map(({ mail: { subject } }) => subject ?? '');

beforeEach(async () => {
  mail = await startMailServer(null);
  hookAnswers = 200;
  const hook = await serve((_seen, response) => void response.writeHead(hookAnswers).end());
  hooks = hook.seen;
  hookPort = hook.port;
});
let hookPort = 0;
const hookLine = () =>
  `  desk: { type: webhook, url: "http://127.0.0.1:${hookPort}/tell", secret_env: TOLLGATE_NOTIFY_DESK }\n`;
const env = { TOLLGATE_NOTIFY_DESK: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };

describe('a counter for each key', () => {
  const of = (key: number, cents: number, id: number) => ({ [`api_key:${uuid(key)}`]: entity(cents, id) });

  it('a threshold is told with the use of those that passed it, not of one that is used up already', async () => {
    const perKey = policy('alert: 80%').replace('per: workspace_id', 'per: api_key');
    await begin(() => ({ 'org.yaml': org(), 'a.yaml': workspaceFile('ws-team-a', perKey) }), {
      group_by: [{ key: 'api_key' }],
      entities: { ...of(11, 10_400, 701), ...of(12, 9_500, 702), ...of(13, 1_000, 703) },
    });
    expect(await notify()).toMatchObject({ exit: 0 });
    const [usedUp, passed] = [/is used up/, /past 80 %/].map((one) =>
      mail.got.find(({ mail: { subject } }) => one.test(subject ?? '')),
    );
    expect(mail.got).toHaveLength(2);
    expect(passed?.mail.subject).toContain('95 % used, past 80 % ($80)');
    expect(passed?.mail.text).toContain('$95 of $100 (95 %)');
    expect(passed?.mail.text).toContain('Of these counters nothing is refused yet; 1 other is used up');
    expect(passed?.mail.text).not.toContain('are refused');
    expect(usedUp?.mail.text).toContain('Requests that these counters count are refused until the reset');
  });
});

describe('what could not be looked at', () => {
  beforeEach(() => begin(() => ({ 'org.yaml': org(), 'a.yaml': workspaceFile('ws-team-a', policy('alert: 80%')) })));

  it('is not nothing to tell: a list of declared limits that is refused ends with another code', async () => {
    use(8_500);
    rig.emulator.setFaults([{ path: '/policies/usage-limits', fault: { kind: 'status', status: 403 } }]);
    expect(await notify()).toMatchObject({ exit: 6 });
    expect(mail.got).toEqual([]);
    rig.emulator.setFaults([]);
    expect(await notify()).toMatchObject({ exit: 0 });
    expect(subjects()).toHaveLength(1);
  });
});

describe('a threshold', () => {
  beforeEach(() =>
    begin(() => ({
      'org.yaml': org(),
      'a.yaml': workspaceFile(
        'ws-team-a',
        `alerts: { recipients: [a@example.com] }\n${policy('alert: [50%, { at: 80%, recipients: [boss@example.com] }]')}`,
      ),
    })),
  );

  it('is told once, to everybody in force', async () => {
    expect((await notify()).stdout).toBe('Nothing to tell.\n');
    use(5_000);
    const first = await notify();
    expect(first).toMatchObject({ exit: 0 });
    expect(first.stdout).toContain('told by post (a@example.com, finance@example.com)');
    expect(mail.got).toHaveLength(1);
    expect(mail.got[0]?.to).toEqual(['a@example.com', 'finance@example.com']);
    expect(subjects()).toEqual([expect.stringContaining('50 % used, past 50 % ($50)')]);
    expect((await notify()).stdout).toBe('Nothing to tell.\n');
    expect(mail.got).toHaveLength(1);
  });

  it('that was passed with a lower one is told alone, and the lower one is not told later', async () => {
    use(8_500);
    await notify();
    expect(subjects()).toEqual([expect.stringContaining('85 % used, past 80 % ($80)')]);
    expect(mail.got[0]?.to).toEqual(['a@example.com', 'boss@example.com', 'finance@example.com']);
    expect((await notify()).stdout).toBe('Nothing to tell.\n');
    use(10_000);
    await notify();
    expect(subjects()[1]).toContain('the budget of $100 is used up');
    expect(await notify()).toMatchObject({ exit: 0, stdout: 'Nothing to tell.\n' });
  });

  it('is told anew after somebody reset the counter by hand', async () => {
    use(8_500);
    await notify();
    use(0);
    expect((await notify()).stdout).toBe('Nothing to tell.\n');
    use(5_100);
    await notify();
    expect(subjects()).toHaveLength(2);
    expect(subjects()[1]).toContain('past 50 %');
  });

  it('is told in the window of the service, whatever the clock of the machine says', async () => {
    use(8_500);
    await notify();
    // Weeks ahead: by that clock November is over, and its marks are old enough to be dropped.
    for (const now of ['2026-12-03', '2026-12-20', '2026-10-03']) {
      expect((await rig.notify({}, { pid: ++pid, now: Date.parse(now) })).stdout).toBe('Nothing to tell.\n');
    }
    expect((await notify()).stdout).toBe('Nothing to tell.\n');
    expect(mail.got).toHaveLength(1);
  });

  it('of which nothing is known is neither told nor forgotten', async () => {
    use(5_000);
    await notify();
    rig.emulator.setFaults([{ path: '/policies/usage-limits/*', fault: { kind: 'status', status: 403 } }]);
    const blind = await notify();
    expect(blind.stdout).toContain('Not known: the use of 1 limit: ');
    rig.emulator.setFaults([]);
    await notify();
    expect(mail.got).toHaveLength(1);
  });

  it('is said by a dry run, which sends and remembers nothing', async () => {
    use(5_000);
    const dry = await notify({ dryRun: true, format: 'json' });
    expect(parseOutput(dry)).toMatchObject({ ok: true, tellings: [{ state: 'due', channel: 'post' }] });
    expect(mail.got).toHaveLength(0);
    await notify();
    expect(mail.got).toHaveLength(1);
  });
});

describe('a channel', () => {
  beforeEach(() =>
    begin(() => ({ 'org.yaml': org(hookLine()), 'a.yaml': workspaceFile('ws-team-a', policy('alert: 80%')) })),
  );

  it('that is down keeps no other from telling, and is tried again in the next run', async () => {
    use(8_000);
    hookAnswers = 500;
    const first = await rig.notify({}, { pid: ++pid, env });
    expect(first.exit).toBe(5);
    expect(first.stdout).toContain('not told by desk');
    expect(mail.got).toHaveLength(1);
    hookAnswers = 200;
    const before = hooks.length;
    const second = await rig.notify({}, { pid: ++pid, env });
    expect(second.exit).toBe(0);
    expect(hooks.length - before).toBe(1);
    expect(mail.got).toHaveLength(1);
    const [one, other] = [hooks[0], hooks.at(-1)].map((seen) => seen?.headers['webhook-id']);
    expect(other).toBe(one);
  });

  it('without its secret says so, and says which variable is missing', async () => {
    use(8_000);
    const ran = await notify();
    expect(ran.exit).toBe(5);
    expect(ran.stdout).toContain('TOLLGATE_NOTIFY_DESK is not set');
  });

  it('is tested by itself', async () => {
    expect(await notify({ test: 'post' })).toMatchObject({ exit: 0 });
    expect(subjects()).toEqual(['This is a test of the channel post']);
    expect(await notify({ test: 'post', dryRun: true })).toMatchObject({ exit: 1 });
    expect(mail.got).toHaveLength(1);
    const wrong = await notify({ test: 'poste' });
    expect(wrong).toMatchObject({ exit: 1 });
    expect(wrong.stderr).toContain('Did you mean post?');
  });

  it('that only the files name is not used: those of the last apply are in force', async () => {
    const thief = await startMailServer(null);
    rig.write({
      'org.yaml': org(hookLine()).replace(`port: ${mail.port}`, `port: ${thief.port}`),
      'a.yaml': workspaceFile('ws-team-a', policy('alert: 10%')),
    });
    use(8_000);
    await rig.notify({}, { pid: ++pid, env });
    expect(thief.got).toHaveLength(0);
    expect(mail.got).toHaveLength(1);
  });
});

it('without channels in force nobody is told, and that is said', async () => {
  await begin(() => ({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', policy('alert: 80%')) }));
  expect(await notify()).toMatchObject({ exit: 0, stdout: expect.stringContaining('No channel is in force') });
  rig.write({ 'org.yaml': org(), 'a.yaml': workspaceFile('ws-team-a', policy('alert: 80%')) });
  expect(await notify()).toMatchObject({ exit: 0, stdout: expect.stringContaining('not in force yet') });
});
