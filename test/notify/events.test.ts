/** What is told beside budgets: each once while it holds, to whom asked for it. */

import { beforeEach, expect, it } from 'vitest';
import { onClose } from '../client/loopback.ts';
import { type Ran, type Rig, startRig } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { keyRow, smallState, teamA, teamB, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { type MailServer, startMailServer } from './channels/mail-server.ts';

const long = { created_at: '2026-01-01T00:00:00.000Z' };
const policyId = uuid(101);
let mail: MailServer;
let rig: Rig;
let pid = 500;
/** By the service's clock. */
let now = testNow;

const org = (also: string) =>
  orgFile(`alerts: { recipients: [finance@example.com], also: [${also}] }
channels:
  post: { type: mail, host: 127.0.0.1, port: ${mail.port}, security: none, from: tollgate@example.com }
${spendMayRise}`);
const team = workspaceFile(
  'ws-team-a',
  'alerts: { recipients: [a@example.com] }\npolicies: { spend: { budget: $100, reset: monthly, per: workspace_id, alert: 80% } }\n',
);

async function begin(also: string): Promise<void> {
  now = testNow;
  rig = await startRig({
    now: () => new Date(now),
    state: {
      ...smallState(),
      workspaces: [workspaceRow('ws-team-a', teamA, long), workspaceRow('ws-team-b', teamB, long)],
      apiKeys: [
        keyRow('batch', uuid(12), teamA, { ...long, expires_at: '2026-11-25T00:00:00.000Z' }),
        keyRow('later', uuid(13), teamA, { ...long, expires_at: '2027-11-25T00:00:00.000Z' }),
      ],
      providers: [],
      integrations: [],
      usagePolicies: [usagePolicyRow('spend', policyId, teamA, long)],
      ratePolicies: [],
      requestLogs: [],
    },
    files: { 'org.yaml': org(also), 'a.yaml': team },
  });
  onClose(() => rig.close());
  expect(await rig.apply()).toMatchObject({ exit: 0 });
}

const notify = (): Promise<Ran> => rig.notify({}, { pid: ++pid, now });
const subjects = (): (string | undefined)[] => mail.got.map(({ mail: { subject } }) => subject);

beforeEach(async () => {
  mail = await startMailServer(null);
});

it('a key about to expire, and not one that does so in a year', async () => {
  await begin('expiring');
  await notify();
  expect(subjects()).toEqual(['key batch expires in 5 days (ws-team-a)']);
  expect(mail.got[0]?.to).toEqual(['a@example.com', 'finance@example.com']);
  expect((await notify()).stdout).toBe('Nothing to tell.\n');
});

it('nobody who did not ask', async () => {
  await begin('digest');
  const before = rig.emulator.requests.total;
  await notify();
  expect(subjects()).not.toContain('key batch expires in 5 days (ws-team-a)');
  expect(rig.emulator.requests.total).toBeGreaterThan(before);
});

it('a limit that was loosened by hand, once, and anew when it is loosened again', async () => {
  await begin('loosened');
  expect((await notify()).stdout).toBe('Nothing to tell.\n');
  const policy = rig.emulator.store.find('usagePolicies', policyId);
  if (policy === undefined) throw new Error('no policy');
  policy.credit_limit = 900;
  await notify();
  expect(subjects()).toEqual(['1 limit was loosened by hand (ws-team-a)']);
  expect(mail.got[0]?.mail.text).toContain('spend (ws-team-a): $100 → $900');
  await notify();
  expect(mail.got).toHaveLength(1);
  policy.credit_limit = 100;
  await notify();
  policy.credit_limit = 900;
  await notify();
  expect(mail.got).toHaveLength(2);
});

it('limits that are in no file, all of a workspace in one message', async () => {
  await begin('undeclared');
  await notify();
  const { state } = rig.emulator.store;
  state.usagePolicies.push(
    usagePolicyRow('by-hand', uuid(120), teamA, long),
    usagePolicyRow('[click](https://evil.example)', uuid(121), teamA, long),
  );
  const told = mail.got.length;
  await notify();
  expect(mail.got.length - told).toBe(1);
  expect(subjects().at(-1)).toBe('2 limits are in no file (ws-team-a)');
  await notify();
  expect(mail.got.length - told).toBe(1);
});

it('a limit of a workspace that no file is about', async () => {
  await begin('undeclared');
  await notify();
  const told = mail.got.length;
  rig.emulator.store.state.usagePolicies.push(usagePolicyRow('elsewhere', uuid(122), teamB, long));
  await notify();
  expect(subjects().slice(told)).toEqual(['1 limit is in no file (ws-team-b)']);
  expect(mail.got.at(-1)?.mail.text).toContain('elsewhere');
});

const aboutB = 'No file is about a workspace (ws-team-b)';
const toldOfB = (): (string | undefined)[] => subjects().filter((subject) => subject?.includes('No file'));

it.each(['names', 'counts'])('a workspace that no file is about, with what it spent, once (%s)', async (people) => {
  await begin('undeclared');
  rig.write({
    'org.yaml': org('undeclared').replace('review:\n', `review:\n  show_people: ${people}\n`),
    'a.yaml': team,
  });
  expect(await rig.apply()).toMatchObject({ exit: 0 });
  await notify();
  await notify();
  expect(toldOfB()).toEqual([aboutB]);
  const text = mail.got.map(({ mail: { text } }) => text).find((one) => one?.includes('no default reaches it'));
  expect(text).toContain('$0 in 30 days, NOTHING LIMITS IT');
});

it('a workspace that no file is about anew, where one was and is gone again', async () => {
  await begin('undeclared');
  await notify();
  const files = { 'org.yaml': org('undeclared'), 'a.yaml': team };
  rig.write({ ...files, 'b.yaml': workspaceFile('ws-team-b') });
  await notify();
  expect(toldOfB()).toEqual([aboutB]);
  rig.write(files);
  await notify();
  expect(toldOfB()).toEqual([aboutB, aboutB]);
});

it('an apply of which something failed, from the record', async () => {
  await begin('failed-apply');
  const record = rig.readRecord();
  if (record === null) throw new Error('no record');
  const failed = {
    kind: 'usage-policy' as const,
    workspace: 'ws-team-a',
    name: 'spend',
    action: 'update' as const,
    fingerprint: 'f',
    status: 'failed' as const,
    detail: 'PUT /policies/usage-limits answered 500',
    before: null,
    after: null,
  };
  rig.writeRecord({ ...record, outcomes: [failed] });
  await notify();
  expect(subjects()).toEqual(['1 change of the last apply was not carried out']);
  expect(mail.got[0]?.mail.text).toContain('answered 500');
  expect((await notify()).stdout).toBe('Nothing to tell.\n');
});

it('a digest once a week: the organisation all of it, a workspace its own part', async () => {
  await begin('digest');
  await notify();
  const sent = mail.got.map(({ to, mail: { subject } }) => [to, subject]);
  expect(sent).toEqual([
    [['finance@example.com'], 'Budgets of all workspaces: 0 used up or nearly'],
    [['a@example.com'], 'Budgets of ws-team-a: 0 used up or nearly'],
  ]);
  expect(String(mail.got[0]?.mail.html)).toContain('Spend against limits');
  now = testNow + 86_400_000;
  await notify();
  expect(mail.got).toHaveLength(2);
  // The next Monday.
  now = Date.UTC(2026, 10, 23, 1);
  await notify();
  expect(mail.got).toHaveLength(4);
});

it('a run of one workspace makes no digest of everything, and leaves it to the next one', async () => {
  await begin('digest');
  await rig.notify({ workspace: ['ws-team-a'] }, { pid: ++pid, now: testNow });
  expect(subjects()).toEqual(['Budgets of ws-team-a: 0 used up or nearly']);
  await notify();
  expect(subjects()).toEqual([
    'Budgets of ws-team-a: 0 used up or nearly',
    'Budgets of all workspaces: 0 used up or nearly',
  ]);
});

it('an address in a name is nothing that a reader of a digest can click', async () => {
  await begin('digest');
  const policy = rig.emulator.store.find('usagePolicies', policyId);
  if (policy === undefined) throw new Error('no policy');
  policy.name = 'https://evil.example.com/x';
  await notify();
  const html = String(mail.got[0]?.mail.html);
  expect(html).toContain('https[://]evil');
  expect(html).not.toContain('https://evil');
});

it('a limit with a date, three days before it comes down, once; and anew with another date', async () => {
  await begin('digest');
  const dated = (date: string) => team.replace('alert: 80%', () => `alert: 80%, until: { date: ${date}, then: $60 }`);
  rig.write({ 'org.yaml': org('failed-apply'), 'a.yaml': dated('2026-11-24') });
  expect(await rig.apply()).toMatchObject({ exit: 0 });
  expect((await notify()).stdout).toBe('Nothing to tell.\n');
  now = testNow + 12 * 3_600_000;
  await notify();
  expect(subjects()).toEqual(['The limit of spend ends in 3 days: then $60 (ws-team-a)']);
  expect(mail.got[0]?.to).toEqual(['a@example.com', 'finance@example.com']);
  expect((await notify()).stdout).toBe('Nothing to tell.\n');
  rig.write({ 'org.yaml': org('failed-apply'), 'a.yaml': dated('2026-11-23') });
  expect(await rig.apply()).toMatchObject({ exit: 0 });
  await notify();
  expect(subjects()[1]).toBe('The limit of spend ends in 2 days: then $60 (ws-team-a)');
});
