/** Telling from clones: what was told stands on a ref of the remote, and what tells is what was applied from its history. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { startApplied } from '../action/scene.ts';
import { onClose } from '../client/loopback.ts';
import { makePolicyRemote, nobody, type PolicyRemote } from '../helpers/policy-remote.ts';
import { budgetRows, budgetsFile, type Rig, startRig, writeIn } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { type MailServer, startMailServer } from './channels/mail-server.ts';

const ref = 'refs/tollgate-notify/production';
const readKey = 'test-reading-key';
let mail: MailServer;
let emulator: Emulator;
let origin: PolicyRemote;
let pid = 900;

const org = (port: number) =>
  orgFile(`alerts: { recipients: [finance@example.com] }
channels: { post: { type: mail, host: 127.0.0.1, port: ${port}, security: none, from: tollgate@example.com } }
`);

function use(controls: Emulator, name: string, cents: number): void {
  const row = controls.store.list('usagePolicies').find((one) => one.name === name);
  if (row === undefined) throw new Error(`no policy ${name}`);
  const entity = {
    id: uuid(700),
    current_usage: cents,
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  };
  row.entities = {
    [`workspace_id:${row.workspace_id}`]: { ...entity, status: cents >= 10_000 ? 'exhausted' : 'active' },
  };
}

function rigIn(folder: string, env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  return startRig({ emulator, folder, recordFile: null, env: { ...nobody(), ...env } });
}

describe('from clones', () => {
  beforeEach(async () => {
    mail = await startMailServer(null);
    const reads = ['workspaces', 'policies', 'api_keys', 'providers', 'integrations', 'analytics'];
    emulator = await startEmulator({
      acceptKeys: [
        { key: adminKey, kind: 'organisation-service' },
        {
          key: readKey,
          kind: 'organisation-service',
          scopes: [
            ...reads.flatMap((what) => [`${what}.list`, `${what}.read`, `${what}.view`]),
            'organisation_service_api_keys.list',
            'workspace_service_api_keys.list',
            'workspace_user_api_keys.list',
            'organisation_integrations.list',
            'organisation_integrations.read',
          ],
        },
      ],
      now: () => new Date(testNow),
      state: smallState({ usagePolicies: budgetRows({ p1: 100 }, teamA) }),
    });
    onClose(() => emulator.close());
    origin = makePolicyRemote({ 'org.yaml': org(mail.port), 'a.yaml': budgetsFile({ p1: 100 }) });
    const rig = await rigIn(origin.clone());
    expect(await rig.apply()).toMatchObject({ exit: 0 });
    use(emulator, 'p1', 10_000);
  });

  it('two machines at once tell once, with a key that only reads', async () => {
    const machines = await Promise.all([1, 2, 3].map(() => rigIn(origin.clone(), { PORTKEY_API_KEY: readKey })));
    const ran = await Promise.all(machines.map((rig) => rig.notify({}, { pid: ++pid, host: `host-${pid}` })));
    expect(ran.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    expect(mail.got).toHaveLength(1);
    expect(origin.git('rev-list', '--count', ref)).toBe('1');
    const told = origin.git('show', `${ref}:told.json`);
    expect(told).not.toMatch(/finance|example|p1|ws-team/);
    expect(JSON.parse(told)).toMatchObject({ claims: [] });
    const later = await (await rigIn(origin.clone())).notify({}, { pid: ++pid });
    expect(later.stdout).toBe('Nothing to tell.\n');
    expect(emulator.requests.recent.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('a branch that names another server is not believed', async () => {
    const thief = await startMailServer(null);
    const folder = origin.clone();
    git(folder, 'checkout', '--quiet', '-b', 'proposal');
    writeIn(folder, 'policies/org.yaml', org(thief.port));
    git(folder, 'commit', '--quiet', '-am', 'channels');
    const rig = await rigIn(folder);
    expect((await rig.notify({}, { pid: ++pid })).exit).toBe(0);
    expect(thief.got).toHaveLength(0);
    expect(mail.got).toHaveLength(1);
  });

  it.each([
    ['its settings', 0],
    ['the commit that it was applied from', 1],
  ])('nor is a record in which somebody forged %s', async (_what, exit) => {
    const thief = await startMailServer(null);
    const work = origin.clone();
    git(work, 'checkout', '--quiet', '-b', 'proposal');
    writeIn(work, 'policies/org.yaml', org(thief.port));
    git(work, 'commit', '--quiet', '-am', 'channels');
    const forged = git(work, 'rev-parse', 'HEAD');
    git(work, 'push', '--quiet', 'origin', 'HEAD');
    git(work, 'fetch', '--quiet', 'origin', 'refs/tollgate/production');
    git(work, 'checkout', '--quiet', 'FETCH_HEAD');
    const text = git(work, 'show', 'HEAD:record.json').replaceAll(`"port": ${mail.port}`, `"port": ${thief.port}`);
    expect(text).toContain(String(thief.port));
    const moved = exit === 0 ? text : text.replace(/"commit": "[0-9a-f]+"/, `"commit": "${forged}"`);
    writeIn(work, 'record.json', `${moved}\n`);
    git(work, 'commit', '--quiet', '-am', 'forged');
    git(work, 'push', '--quiet', 'origin', 'HEAD:refs/tollgate/production');
    const ran = await (await rigIn(origin.clone())).notify({}, { pid: ++pid });
    expect(thief.got).toHaveLength(0);
    // Settings are read from the files of the commit that was applied, wherever else they stand.
    expect([ran.exit, mail.got.length]).toEqual(exit === 0 ? [0, 1] : [1, 0]);
    if (exit !== 0) expect(ran.stderr).toContain('cannot be proven');
  });
});

describe('the Action', () => {
  it('tells from the scheduled job, once, and its summary names no address', async () => {
    mail = await startMailServer(null);
    const scene = await startApplied({ org: org(mail.port).replace(orgFile(), '') });
    use(scene.emulator, 'alpha', 10_000);
    const tell = () => scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'notify' } });
    const ran = await tell();
    expect([ran.exit, ran.failure], ran.text).toEqual([0, null]);
    expect(ran.summary).toContain('### 1 told.');
    expect(ran.summary).toContain('(1 address)');
    expect(ran.text).not.toContain('finance@');
    expect(mail.got).toHaveLength(1);
    expect((await tell()).summary).toContain('Nothing to tell.');
    expect(mail.got).toHaveLength(1);
  });
});
