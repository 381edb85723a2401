/** What is around a run of the Action: the way to GitHub, whose token it is, what the runner and the repository lack. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readAsMeant } from '../../src/commands/action/inputs.ts';
import type { ActionInputs } from '../../src/commands/action/types.ts';
import { createGitHub } from '../../src/github/octokit.ts';
import { proxiesOf } from '../../src/proxies.ts';
import { reportFailure, reportResult } from '../../src/report.ts';
import { allPermissions } from '../helpers/github/access.ts';
import { actionsToken } from '../helpers/github/server.ts';
import { all, type Scene, startApplied, team } from './scene.ts';

describe('mistakes-E1: the way to GitHub', () => {
  /** A proxy that writes down what it is asked for, and refuses. */
  async function startProxy() {
    const asked: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        asked.push(data.toString().split('\r\n')[0] ?? '');
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    return { asked, port, close: () => server.close() };
  }
  const askThrough = (env: Record<string, string>, apiUrl = 'https://git.example.test/api/v3') =>
    createGitHub({
      ...{ token: 't', repository: 'example/budgets', login: 'x', userAgent: 'test', retryAfterBaseValue: 1 },
      apiUrl,
      timeout: 5_000,
      proxies: proxiesOf(env),
    })
      .readPull(1)
      .then(
        () => 'answered',
        (error: Error) => error.message,
      );

  test('mistakes-E1: goes through the same proxy as that to the control plane', async () => {
    const { asked, port, close } = await startProxy();
    const said = await askThrough({ HTTPS_PROXY: `http://somebody:pass-word@127.0.0.1:${port}` });
    expect(asked[0]).toBe('CONNECT git.example.test:443 HTTP/1.1');
    expect(said).toContain('GitHub cannot be reached');
    expect(said).toContain(`on the way through the proxy 127.0.0.1:${port} (HTTPS_PROXY)`);
    expect(said).not.toMatch(/somebody|pass-word/);
    // An empty variable is one that is not set, whichever of the two spellings.
    asked.length = 0;
    await askThrough({ HTTPS_PROXY: '', https_proxy: `http://127.0.0.1:${port}`, NO_PROXY: '' });
    expect(asked[0]).toContain('CONNECT git.example.test:443');
    asked.length = 0;
    await askThrough({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '.example.test' });
    expect(asked).toEqual([]);
    close();
  });

  test('mistakes-E1: a proxy that cannot be used is named, not passed over', () => {
    expect(() => askThrough({ HTTPS_PROXY: 'socks5://127.0.0.1:1' })).toThrow(
      'HTTPS_PROXY is a proxy of the kind socks5',
    );
    expect(proxiesOf({ HTTPS_PROXY: '', NO_PROXY: '' })).toEqual({});
  });
});

describe('mistakes-E2: a token of somebody else than expected', () => {
  const app = 'budget-bot[bot]';
  async function startWithApp(): Promise<Scene> {
    const scene = await startApplied();
    scene.github.setToken(actionsToken, { kind: 'actions', permissions: allPermissions, app });
    return scene;
  }
  const watch = (scene: Scene) =>
    scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' } });

  test('mistakes-E2: edits its own comment and its own issue, and nobody else’s', async () => {
    const scene = await startWithApp();
    const { github } = scene;
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    const [first] = github.comments(pull);
    expect(first?.user).toBe(app);
    // Somebody copies it, marker and all.
    github.comment({ issue: pull, user: 'guest', body: first?.body ?? '' });
    github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    await scene.plan(pull);
    expect(github.comments(pull).map(({ user }) => user)).toEqual([app, 'guest']);
    expect(github.comments(pull)[0]?.body).toContain('$130');
    expect(github.comments(pull)[1]?.body).toContain('$120');
    scene.approve(pull);
    github.merge({ pull, method: 'squash', user: 'author' });
    expect((await scene.apply()).exit).toBe(0);
    expect(github.comments(pull)[0]?.body).toContain('tollgate applied');

    scene.row('alpha').credit_limit = 5_000;
    await watch(scene);
    await watch(scene);
    const issues = () => github.repository().issues.filter(({ title }) => title.startsWith('Drift'));
    expect(issues()).toMatchObject([{ user: app, state: 'open' }]);
    scene.row('alpha').credit_limit = 130;
    await watch(scene);
    expect(issues()).toMatchObject([{ state: 'closed' }]);
    expect(github.violations).toEqual([]);
  });

  test('mistakes-E2: the job’s own token is asked nothing', async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    await scene.plan(pull);
    expect(scene.github.requests.filter(({ operation }) => operation === 'writer')).toEqual([]);
  });

  test('mistakes-E2: a login that somebody counts on and that does not write is refused before anything is done', async () => {
    const scene = await startWithApp();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    const ran = await scene.plan(pull, { inputs: { commentAuthor: 'another-bot[bot]' }, keep: false });
    expect(ran.error?.message).toContain('another-bot[bot]');
    expect(ran.error?.message).toContain(`that is ${app}`);
    expect(scene.github.comments(pull)).toEqual([]);
    const right = await scene.plan(pull, { inputs: { commentAuthor: 'Budget-Bot[bot]' }, keep: false });
    expect(right.exit, right.text).toBe(0);
    expect(scene.github.comments(pull)).toHaveLength(1);
  });
});

test('mistakes-I11: labels that nobody has made yet are no warning, and those that are there are put on', async () => {
  const scene = await startApplied();
  scene.grant({ contents: 'read', checks: 'write', 'pull-requests': 'write' });
  const pull = scene.open('mixed', team({ ...all('$100'), alpha: '$120', beta: '$80' }));
  const ran = await scene.plan(pull);
  expect(ran.exit, ran.text).toBe(0);
  expect(ran.warnings).toEqual([]);
  expect(ran.text).toContain('tollgate:loosen, tollgate:tighten: not there');
  expect(ran.text).toContain('issues: write');
  expect(scene.github.pullRequest(pull).labels).toEqual([]);
  // One of them is there.
  const { github } = scene;
  const make = (name: string) => github.repository().labels.push({ id: 1, name, color: 'ededed', description: null });
  make('tollgate:tighten');
  const again = await scene.plan(pull);
  expect(again.warnings).toEqual([]);
  expect(github.pullRequest(pull).labels).toEqual(['tollgate:tighten']);
  // A token that may not label at all is another matter.
  make('tollgate:loosen');
  scene.grant({ contents: 'read', checks: 'write', 'pull-requests': 'read' });
  expect((await scene.plan(pull)).warnings.join('\n')).toContain('the labels could not be');
});

describe('mistakes-I12: drift that somebody has to hear of', () => {
  const watch = (scene: Scene) =>
    scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' } });

  test('mistakes-I12: with issues disabled the job is red', async () => {
    const scene = await startApplied();
    scene.github.repository().hasIssues = false;
    expect((await watch(scene)).failure).toBeNull();
    scene.row('alpha').credit_limit = 5_000;
    const ran = await watch(scene);
    expect(ran.exit).toBe(2);
    expect(ran.failure).toContain('1 moved live');
    expect(ran.failure).toContain('Nobody is told');
    expect(ran.failure).toContain('410');
  });

  test('mistakes-I12: what was accepted stays so whatever else changes, and its word for a dispatch is taken', async () => {
    const scene = await startApplied();
    const { github } = scene;
    scene.row('alpha').credit_limit = 5_000;
    await watch(scene);
    const issue = github.repository().issues.find(({ title }) => title.startsWith('Drift'));
    if (issue === undefined) throw new Error('no issue');
    const written = issue.body ?? '';
    const before = github.requests.length;
    await watch(scene);
    expect(github.requests.slice(before).filter(({ method }) => method === 'PATCH')).toEqual([]);
    // Its words are another version's: it is the same drift.
    issue.body = written.replace('moved live', 'moved by hand');
    await watch(scene);
    expect(issue.body).toContain('moved by hand');
    const name = 'tollgate:accepted';
    github.repository().labels.push({ id: 1, name, color: 'ededed', description: null });
    Object.assign(issue, { state: 'closed', labels: [name] });
    expect((await watch(scene)).exit).toBe(2);
    expect(issue.state).toBe('closed');
    scene.row('alpha').credit_limit = 6_000;
    await watch(scene);
    expect(issue.state).toBe('open');
    expect(issue.body).toContain('$6,000');
    const [, approve = ''] = /approve: ([0-9a-f]{32})/.exec(issue.body ?? '') ?? [];
    const ran = await scene.dispatch({ approve: `\`${approve.toUpperCase()}\`` });
    expect(ran.exit, ran.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });
});

describe('mistakes-I17: the runner has taken its files away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-report-'));
  const result = {
    exit: 0,
    outputs: { summary: 'Applied 1 of 1.' },
    summary: '### Applied 1 of 1',
    annotations: [],
    failure: null,
    warnings: [],
  } as const;
  const said: string[] = [];
  const env = (values: Record<string, string>) => {
    for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
    said.length = 0;
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  };
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    process.exitCode = 0;
  });

  test('mistakes-I17: an apply that is done stays green, and what could not be written stands in the log', async () => {
    env({ GITHUB_OUTPUT: join(folder, 'gone'), GITHUB_STEP_SUMMARY: join(folder, 'gone-too') });
    await reportResult(result);
    expect(process.exitCode ?? 0).toBe(0);
    const log = said.join('');
    expect(log).toMatch(/::warning::the outputs of this step could not be written/);
    expect(log).toMatch(/::warning::the step summary could not be written/);
    expect(log).toContain('### Applied 1 of 1');
    expect(log).not.toContain('::error');
  });

  test('mistakes-I17: neighbours: only one is gone, variables are empty, and a failure is told all the same', async () => {
    const output = join(folder, 'output');
    writeFileSync(output, '');
    env({ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: '' });
    await reportResult({ ...result, exit: 5, failure: 'one change failed' });
    expect(readFileSync(output, 'utf8')).toContain('exit-code');
    expect(said.join('')).toContain('### Applied 1 of 1');
    expect(said.join('')).toContain('::error::one change failed');
    env({ GITHUB_OUTPUT: join(folder, 'gone'), GITHUB_STEP_SUMMARY: join(folder, 'gone') });
    await reportFailure('it is so\nand so', 'it is so', 1);
    expect(said.join('')).toContain('::error::it is so');
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('mistakes-I18: words as they are pasted', () => {
  const digest = '3f9c2e1a5b7d4c608e9f1a2b3c4d5e6f';
  const nothing: ActionInputs = {
    ...{ command: 'apply', directory: 'policies', backend: 'portkey', comment: 'always', failOnChanges: false },
    ...{ allow: [], approve: null, revertDrift: null, takeOver: null, move: null },
  };

  test.each([
    digest.toUpperCase(),
    `\`${digest}\``,
    `  "${digest}" `,
    `approve: ${digest}`,
    `'${digest.toUpperCase()}'.`,
    `\`approve: ${digest}\``,
  ])('mistakes-I18: approve %j is that digest', (approve) => {
    expect(readAsMeant({ ...nothing, approve }).approve).toBe(digest);
  });

  test.each([
    [[`deletes=12@${digest.toUpperCase()}`]],
    [['`/tollgate', 'allow', `deletes=12@${digest}\``]],
    [[`\`deletes=12@${digest}\`,`]],
  ])('mistakes-I18: allow %j is that word', (allow) => {
    expect(readAsMeant({ ...nothing, allow }).allow).toEqual([`deletes=12@${digest}`]);
  });

  test('mistakes-I18: the others too; what is not a word is not made one, and what is empty is nothing', () => {
    const given = { approve: ' `` ', revertDrift: digest.toUpperCase(), takeOver: '`github:12.1`', move: 'TRUE' };
    expect(readAsMeant({ ...nothing, ...given })).toMatchObject({
      approve: null,
      revertDrift: digest,
      takeOver: 'github:12.1',
      move: 'true',
    });
    expect(readAsMeant({ ...nothing, move: '`refs/tollgate/Production`' }).move).toBe('refs/tollgate/Production');
    expect(readAsMeant({ ...nothing, approve: 'the plan of Monday' }).approve).toBe('the plan of monday');
  });

  test('mistakes-I18: a plan is applied by its digest in capitals, and a wrong word names the input', async () => {
    const scene = await startApplied();
    scene.github.merge({
      pull: scene.open('raise', team({ ...all('$100'), alpha: '$120' })),
      method: 'merge',
      user: 'owner',
    });
    const approve = (await scene.apply()).outputs.digest ?? '';
    const wrong = await scene.dispatch({ approve: 'the plan of Monday' });
    expect(wrong.text).toContain('input approve:');
    expect(wrong.text).not.toContain('--approve');
    const word = await scene.dispatch({ approve, allow: ['deletes=x'] });
    expect(word.text).toContain('input allow:');
    expect(word.text).not.toContain('--allow');
    const idle = await scene.dispatch({ approve, takeOver: 'github:1.1' });
    expect(idle.text).toContain('input take-over:');
    expect(idle.text).not.toContain('--take-over');
    const ran = await scene.dispatch({ approve: `\`${approve.slice(0, 32).toUpperCase()}\`` });
    expect(ran.exit, ran.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
  });
});
