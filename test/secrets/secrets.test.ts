/** A planted key appears in no output, file, record, ref or log, at any verbosity. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runDrift } from '../../src/commands/drift.ts';
import { runHistory } from '../../src/commands/history.ts';
import { runShow } from '../../src/commands/show.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { renderFailure } from '../../src/render/failure.ts';
import type { CommandResult, CommonOptions, Format, Session } from '../../src/run/session.ts';
import { parseOutput, type Ran, type Rig, type RigOptions, startRig, succeed } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import {
  keyA1,
  keyRow,
  providerRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';
import { bareEnvironment, makeFolder } from '../record/git-fixture.ts';
import { startGitRig } from '../stories/git-rig.ts';
import { keys, policies } from '../stories/harness.ts';
import { type Echo, expectNowhere, readAll, shapes, startEcho } from './planted.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(options: RigOptions): Promise<Rig> {
  const rig = await startRig(options);
  open.push(rig);
  return rig;
}

const formats: readonly Format[] = ['text', 'json', 'markdown'];

/** Names and descriptions into which somebody pasted the key. */
function strewn(key: string): Partial<StoreState> {
  return smallState({
    workspaces: [
      workspaceRow('ws-team-a', teamA, { name: `Team A ${key}`, description: key }),
      workspaceRow('ws-team-b', teamB, { name: key }),
    ],
    apiKeys: [
      keyRow('app', keyA1, teamA, { description: `the key is ${key}` }),
      keyRow(`old ${key}`, uuid(12), teamA, {
        usage_limits: { type: 'cost', credit_limit: 5, periodic_reset: 'monthly' },
      }),
    ],
    providers: [providerRow('openai-a', uuid(21), teamA, { name: key, note: key })],
    usagePolicies: [
      usagePolicyRow('spend', uuid(41), teamA, { description: `ask for ${key}` }),
      usagePolicyRow(`limit of ${key}`, uuid(42), teamA, { conditions: [{ key: 'metadata.token', value: key }] }),
      usagePolicyRow(key, uuid(43), teamB),
    ],
  });
}

const declared =
  policies({ spend: { budget: '$100', description: 'agreed with finance' }, more: {} }) + keys({ '"*"': {} });
const files = {
  'org.yaml': orgFile(),
  'a.yaml': workspaceFile('ws-team-a', declared),
  'b.yaml': workspaceFile('ws-team-b', ''),
};

/** A command that the rig does not hold, with its outcome as the entry file tells it. */
async function run(
  rig: Rig,
  format: Format,
  env: Readonly<Record<string, string>>,
  command: (options: CommonOptions, session: Session) => Promise<CommandResult>,
): Promise<string> {
  const session = testSession({ cwd: rig.folder, env: { ...rig.env, ...env }, now: testNow + 60_000 });
  const options: CommonOptions = {
    dir: 'policies',
    workspace: [],
    format,
    backend: 'portkey',
    recordFile: rig.recordFile,
    concurrency: 4,
    quiet: false,
    verbose: true,
  };
  try {
    const { output } = await command(options, session);
    return output + session.said();
  } catch (error) {
    const { message, output } = renderFailure(error, format);
    return output + session.said() + message;
  }
}

describe.each(shapes)('the admin key, %s', (key) => {
  const planted = { PORTKEY_API_KEY: key };
  const said: Record<string, string> = {};
  const hear = (name: string, { stdout, stderr }: Ran): void => {
    said[name] = stdout + stderr;
  };

  it('is in nothing that any command says or writes', async () => {
    const rig = await start({ state: strewn(key), acceptKeys: key, env: planted, files });
    hear('validate', await rig.validate());
    for (const format of formats) {
      for (const verbose of [false, true])
        hear(`plan ${format} ${verbose}`, await rig.plan({ format, verbose, out: `${format}.json` }));
      hear(`validate ${format}`, await rig.validate({ format }));
    }
    const first = await rig.apply({ verbose: true });
    expect(first.exit).toBe(0);
    hear('apply', first);
    const [policy] = rig.emulator.store.state.usagePolicies;
    if (policy !== undefined) Object.assign(policy, { description: `moved: ${key}`, credit_limit: 900 });
    for (const format of formats) {
      said[`drift ${format}`] = await run(rig, format, planted, runDrift);
      hear(`plan drifted ${format}`, await rig.plan({ format, verbose: true }));
      said[`history ${format}`] = await run(rig, format, planted, (options, session) =>
        runHistory({ ...options, limit: 10 }, session),
      );
      said[`show ${format}`] = await run(rig, format, planted, (options, session) =>
        runShow({ ...options, record: 'latest', files: `shown-${format}` }, session),
      );
      hear(`status ${format}`, await rig.status({ format, since: 30 }));
      hear(`doctor ${format}`, await rig.doctor({ format }));
      hear(`import ${format}`, await rig.import({ format, dir: `imported-${format}`, environment: 'production' }));
    }
    hear('import beside', await rig.import({ environment: 'production' }));
    hear('import --accept-drift', await rig.import({ acceptDrift: true }));
    const estimated = { pricing: '.', model: ['@openai-prod/x'], integration: ['openai-prod'] };
    for (const format of formats) {
      hear(`estimate ${format}`, await rig.estimate({ ...estimated, format }));
    }
    rig.write(files);
    hear('apply json', await rig.apply({ format: 'json' }));
    expect(Object.keys(said).length).toBeGreaterThan(25);
    expect(said['drift text']).toContain('$100 → $900');
    expectNowhere(key, { ...said, ...readAll(rig.folder) });
  });

  it('is in no commit of the record', async () => {
    const rig = await startGitRig({
      state: strewn(key),
      acceptKeys: key,
      env: { ...planted, GITHUB_ACTOR: 'release-bot' },
    });
    open.push(rig);
    rig.commit(files);
    await succeed(rig.apply());
    const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch', '--unordered'], {
      cwd: rig.remote,
      env: bareEnvironment(rig.folder),
    });
    expect(objects.toString('utf8')).toContain('agreed with finance');
    expectNowhere(key, { remote: objects.toString('latin1'), ...readAll(rig.folder) });
  });

  it('is in no message about answers that repeat it', async () => {
    const bodies: readonly (readonly [string, number, (text: string) => string])[] = [
      [
        'application/json',
        401,
        (text) => JSON.stringify({ success: false, message: `Invalid key ${text}`, errorCode: text }),
      ],
      ['application/json', 403, (text) => JSON.stringify({ error: { message: `no scope for ${text}`, code: 'AB03' } })],
      [
        'application/json',
        400,
        (text) =>
          JSON.stringify({ message: `${encodeURIComponent(text)} and ${Buffer.from(text).toString('base64')}` }),
      ],
      ['text/html', 502, (text) => `<html><body>upstream ${text}</body></html>`],
      ['text/plain', 500, (text) => `x-portkey-api-key: ${text}`],
      ['application/json', 200, (text) => `{"data": [${text}`],
    ];
    for (const [index, [type, status, body]] of bodies.entries()) {
      const rig = await start({ state: smallState(), acceptKeys: key, env: planted, files });
      const echo = await startEcho(rig.emulator.url, () => (text) => ({ status, type, body: body(text) }));
      open.push(echo);
      const env = { PORTKEY_BASE_URL: echo.url };
      for (const format of formats) {
        const ran = await rig.apply({ format, verbose: true }, { env });
        expect(ran.exit).toBe(6);
        hear(`echo ${index} apply ${format}`, ran);
        said[`echo ${index} drift ${format}`] = await run(rig, format, { ...planted, ...env }, runDrift);
        hear(
          `echo ${index} import ${format}`,
          await rig.import({ format, dir: 'elsewhere', environment: 'production' }, { env }),
        );
      }
      expectNowhere(key, { ...said, ...readAll(rig.folder) });
    }
  });

  it('is in no outcome, and not in the record, where a write was refused with it', async () => {
    const rig = await start({ state: smallState(), acceptKeys: key, env: planted, files });
    const echo: Echo = await startEcho(rig.emulator.url, (method) =>
      method === 'GET'
        ? null
        : (text) => ({ status: 400, type: 'application/json', body: JSON.stringify({ message: `refused ${text}` }) }),
    );
    open.push(echo);
    const env = { PORTKEY_BASE_URL: echo.url };
    const ran = await rig.apply({ format: 'json' }, { env });
    expect(ran.stdout).toContain('refused [key]');
    hear('refused json', ran);
    hear('refused text', await rig.apply({ verbose: true }, { env }));
    expect(JSON.stringify(rig.readRecord())).toContain('refused [key]');
    expectNowhere(key, { ...said, ...readAll(rig.folder) });
  });
});

describe('the admin key in a policy file', () => {
  const key = shapes[1];
  const body = (text: string): Record<string, string> => ({
    'org.yaml': orgFile(),
    'a.yaml': workspaceFile('ws-team-a', text),
  });
  const places: readonly (readonly [string, string, string])[] = [
    ['a description', policies({ spend: { description: `"use ${key}"` } }), '10:23'],
    ['a comment', `# ${key}\n${policies({ spend: {} })}`, '5:3'],
    ['a name', policies({ [key]: {} }), '6:3'],
    ['a match', policies({ spend: { match: `{metadata.token: ${key}}` } }), '10:29'],
    ['an unknown key', `${key}: 1\n`, '5:1'],
    ['an amount', policies({ spend: { budget: key } }), '7:13'],
    ['a file that is no YAML', `policies: [${key}\n`, '5:12'],
  ];

  it.each(places)('%s: refused with file and line before anything is asked', async (_place, text, place) => {
    const rig = await start({
      state: smallState(),
      acceptKeys: key,
      env: { PORTKEY_API_KEY: `${key}\n` },
      files: body(text),
    });
    const said: Record<string, string> = {};
    for (const format of formats) {
      for (const command of ['validate', 'plan', 'apply'] as const) {
        const ran = await rig[command]({ format, verbose: true });
        expect(ran.exit).toBe(1);
        said[`${command} ${format}`] = ran.stdout + ran.stderr;
      }
    }
    said.drift = await run(rig, 'text', { PORTKEY_API_KEY: key }, runDrift);
    expect(said['plan text']).toContain(`policies/a.yaml:${place}`);
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'admin-key-in-file', severity: 'error', file: 'policies/a.yaml' }],
    });
    expect(rig.emulator.requests.total).toBe(0);
    expect(rig.readRecord()).toBeNull();
    expectNowhere(key, said);
  });

  it('names every line of every file', async () => {
    const rig = await start({
      state: smallState(),
      env: { PORTKEY_API_KEY: key },
      files: { 'org.yaml': `${orgFile()}# ${key}\n`, 'a.yaml': workspaceFile('ws-team-a', `# ${key}\n# ${key}\n`) },
    });
    const { diagnostics } = parseOutput(await rig.validate({ format: 'json' })) as {
      diagnostics: { file: string; line: number }[];
    };
    expect(diagnostics.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'policies/a.yaml:5',
      'policies/a.yaml:6',
      'policies/org.yaml:5',
    ]);
  });

  it('of a commit from which a record is to be made', async () => {
    const rig = await startGitRig({ state: smallState(), acceptKeys: key, env: { PORTKEY_API_KEY: key } });
    open.push(rig);
    rig.commit(body(`# ${key}\n`));
    const ran = await rig.rebuild({ recordFile: undefined });
    expect([ran.exit, ran.stdout]).toEqual([1, expect.stringContaining('policies/a.yaml:5:3')]);
    expectNowhere(key, { said: ran.stdout + ran.stderr });
    expect(() => rig.history()).toThrow();
  });

  it('is not looked for where none is set, nor a word that is too short to be one', async () => {
    const rig = await start({ state: smallState(), files: body(policies({ spend: {} })) });
    for (const short of ['', 'spend']) {
      expect((await rig.validate({}, { env: { PORTKEY_API_KEY: short } })).exit).toBe(0);
    }
  });
});

describe('what looks like a secret in a policy file', () => {
  it.each([
    'sk-proj-Zk39dkLs02MdkeLw93kdLs',
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'AKIAIOSFODNN7EXAMPLE1234',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0',
    '0123456789abcdef0123456789abcdef',
    'Zq8Xv2Lm9Kp4Rt7Wy1Bn6Hc3',
  ])('%s is given as its length wherever it stands', async (secret) => {
    const places = [
      policies({ spend: { budget: secret } }),
      policies({ spend: { reset: secret } }),
      policies({ spend: { per: secret } }),
      policies({ spend: { [secret]: 'x' } }),
      `${secret}: 1\n`,
      keys({ app: { recipients: `[${secret}]` } }),
      keys({ app: { rate: secret } }),
      `workspace: ${secret}\n`,
      `limits: ${secret}\n`,
      `forget: [${secret}]\n`,
      `skip_defaults: [${secret}]\n`,
    ];
    for (const text of places) {
      const rig = await start({
        state: smallState(),
        files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', text) },
      });
      for (const format of formats) {
        const ran = await rig.plan({ format, verbose: true });
        expect(ran.exit).toBe(1);
        expectNowhere(secret, { [text]: ran.stdout + ran.stderr });
      }
    }
  });
});

describe('variables', () => {
  const secret = 'Zq8Xv2Lm9Kp4Rt7Wy1Bn6Hc3';

  it.each([
    ['a key with a line break in it', { PORTKEY_API_KEY: `${secret}\n${secret}` }],
    ['a key with a space in it', { PORTKEY_API_KEY: `Bearer ${secret}` }],
    ['a key that is not the one', { PORTKEY_API_KEY: secret }],
    ['the key in the place of the base URL', { PORTKEY_BASE_URL: secret }],
    ['a base URL with a password', { PORTKEY_BASE_URL: `https://admin:${secret}@127.0.0.1:1/v1` }],
    ['a base URL with a token as its query', { PORTKEY_BASE_URL: `https://127.0.0.1:1/v1?key=${secret}` }],
    ['a base URL that is plain http', { PORTKEY_BASE_URL: `http://:${secret}@example.com/v1` }],
    [
      'a proxy with a password',
      { HTTPS_PROXY: `nonsense://user:${secret}@`, PORTKEY_BASE_URL: 'https://192.0.2.1/v1' },
    ],
  ])('%s', async (_name, env) => {
    const rig = await start({ state: smallState(), files });
    for (const format of formats) {
      const ran = await rig.apply({ format, verbose: true }, { env });
      expect([1, 6]).toContain(ran.exit);
      expect(ran.stderr.split('\n').length).toBeLessThan(5);
      expectNowhere(secret, { [format]: ran.stdout + ran.stderr, ...readAll(rig.folder) });
    }
  });

  it('tokens of CI are of no interest to anybody', async () => {
    const rig = await start({
      state: smallState(),
      files,
      env: { GITHUB_TOKEN: secret, NPM_TOKEN: secret, GITHUB_ACTOR: 'release-bot', GITHUB_RUN_ID: '77' },
    });
    const ran = await rig.apply({ format: 'json', verbose: true });
    expect(ran.exit).toBe(0);
    expectNowhere(secret, { ran: ran.stdout + ran.stderr, ...readAll(rig.folder) });
  });
});

describe('the remote of the record', () => {
  it.each([401, 403, 500])('its password is in no message when it answers %i', async (status) => {
    const password = 'ghs_Zk39dkLs02MdkeLw93kdLs';
    const remote = await startEcho('http://127.0.0.1:1/', () => (_key, { headers }) => ({
      status,
      type: 'text/plain',
      body: `not for ${headers.authorization ?? 'you'} at http://robot:${password}@git.example.com/x.git\n`,
    }));
    open.push(remote);
    const rig = await startGitRig({ state: smallState() });
    open.push(rig);
    rig.commit(files);
    rig.git('remote', 'set-url', 'origin', remote.url.replace('http://', `http://robot:${password}@`).concat('x.git'));
    for (const format of formats) {
      for (const command of ['plan', 'apply'] as const) {
        const ran = await rig[command]({ format, verbose: true });
        expect([1, 6]).toContain(ran.exit);
        expect(ran.stderr).toContain('refs/tollgate/production');
        expectNowhere(password, { [`${command} ${format}`]: ran.stdout + ran.stderr });
      }
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });
});

describe('the embedded emulator', () => {
  it('keeps a key of the environment out of its state', async () => {
    const folder = makeFolder();
    const key = shapes[0];
    const rig = await start({ folder, files: {}, env: { PORTKEY_API_KEY: key } });
    const dir = join(process.cwd(), 'policies');
    const state = join(folder, 'state');
    const ran = await rig.apply({ backend: 'emulator', state, dir, recordFile: undefined, format: 'json' });
    expect(ran.exit).toBe(0);
    const texts = readAll(folder);
    expect(Object.keys(texts).length).toBeGreaterThan(1);
    expectNowhere(key, { ran: ran.stdout + ran.stderr, ...texts });
    expectNowhere(adminKey, { ran: ran.stdout + ran.stderr, ...texts });
  });
});
