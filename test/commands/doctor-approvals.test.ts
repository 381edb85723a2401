/** What GitHub has to close around approvals: there, missing or unknown, and never a token in it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorOptions } from '../../src/commands/doctor.ts';
import type { CheckView } from '../../src/render/doctor.ts';
import { runBundle } from '../helpers/bundle.ts';
import { type StandInFixture, startFixture } from '../helpers/github/fixture.ts';
import { actionsToken } from '../helpers/github/server.ts';
import { parseOutput, type Ran, type Rig, startRig, writeIn } from '../helpers/rig.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { clone, git } from '../record/git-fixture.ts';

const adminToken = 'sample-token-of-an-administrator';
let fixture: StandInFixture;
let rig: Rig;
let folder: string;

beforeEach(async () => {
  fixture = await startFixture();
  fixture.github.setToken(adminToken, { kind: 'user', login: 'owner' });
  folder = clone(fixture.folder);
});
afterEach(async () => {
  await rig.close();
  const violations = fixture.github.takeViolations();
  await fixture.github.close();
  expect(violations).toEqual([]);
});

interface Start {
  /** Null: none. */
  readonly token?: string | null;
  readonly org?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function start({ token = adminToken, org = '', env = {} }: Start = {}): Promise<void> {
  const place = { GITHUB_API_URL: fixture.github.url, GITHUB_REPOSITORY: 'example/budgets' };
  rig = await startRig({
    folder,
    recordFile: null,
    files: { 'org.yaml': orgFile(org), 'a.yaml': workspaceFile('ws-team-a', '') },
    env: { ...place, ...(token === null ? {} : { GH_TOKEN: token }), ...env },
  });
}

const onBranch = 'record: { ref: refs/heads/tollgate-record }\n';

interface Found {
  readonly ran: Ran;
  readonly walls: readonly CheckView[];
  /** State of each by its id. */
  readonly states: Readonly<Record<string, string>>;
}

async function examine(options: Partial<DoctorOptions> = {}): Promise<Found> {
  const ran = await rig.doctor({ ...options, format: 'json' });
  const { checks } = parseOutput(ran) as unknown as { readonly checks: readonly CheckView[] };
  const walls = checks.filter(({ group }) => group === 'approvals');
  return { ran, walls, states: Object.fromEntries(walls.map(({ id, state }) => [id, state])) };
}

const detail = ({ walls }: Found, id: string): string | null => walls.find((wall) => wall.id === id)?.detail ?? null;

/** Everything that docs/approvals.md asks for. */
function closeAll(): void {
  const { github } = fixture;
  github.protect({
    branch: 'main',
    dismissesStaleReviews: true,
    needsLastPushApproval: true,
    needsCodeOwners: true,
  });
  github.setEnvironment({
    name: 'tollgate',
    reviewers: ['owner'],
    preventsSelfReview: true,
    branches: 'chosen',
    chosen: ['main'],
  });
  github.pushTo({ branch: 'tollgate-record', files: { README: 'the record\n' }, user: 'owner' });
  github.protect({ branch: 'tollgate-record', approvals: null, restrictsPushes: true, bypass: ['DeployKey'] });
  github.pushTo({ branch: 'main', files: { '.github/CODEOWNERS': '* @owner\n' }, user: 'owner' });
  git(folder, 'pull', '--quiet');
}

it('everything stands: each wall is there by its own fact, and nothing is missing or unknown', async () => {
  closeAll();
  await start({ org: onBranch, env: { TOLLGATE_SEAL_KEY: 'a-seal-key-that-is-secret' } });
  const found = await examine();
  expect(found.states).toEqual({
    github: 'note',
    'branch.pull-request': 'works',
    'branch.bypass': 'works',
    'branch.stale': 'works',
    'branch.last-push': 'works',
    'branch.code-owners': 'works',
    'branch.history': 'works',
    'environment.branches': 'works',
    'environment.reviewers': 'works',
    'environment.self-review': 'works',
    'code-owners': 'works',
    'record.pushes': 'works',
    'record.history': 'works',
    'seal-key': 'works',
    'git-version': 'works',
  });
  expect(detail(found, 'github')).toBe(`about example/budgets at ${fixture.github.url}`);
  const text = await rig.doctor();
  expect(text.stdout).not.toContain('keeps approvals honest');
  for (const secret of [adminToken, 'a-seal-key-that-is-secret']) {
    expect([found.ran.stdout, found.ran.stderr, text.stdout, text.stderr].join('\n')).not.toContain(secret);
  }
});

it('nothing stands: each is missing and says what to do, and the exit code is about something else', async () => {
  fixture.github.setEnvironment({ name: 'tollgate' });
  await start();
  const found = await examine();
  expect(found.states).toEqual({
    github: 'note',
    'branch.pull-request': 'missing',
    'branch.stale': 'missing',
    'branch.last-push': 'missing',
    'branch.code-owners': 'missing',
    'branch.history': 'missing',
    'environment.branches': 'missing',
    'environment.reviewers': 'missing',
    'code-owners': 'missing',
    'record.ref': 'missing',
    'seal-key': 'missing',
    'git-version': 'works',
  });
  expect(found.walls.filter(({ state, advice }) => state === 'missing' && advice === null)).toEqual([]);
  expect(detail(found, 'record.ref')).toContain('no rule of GitHub can cover refs/tollgate/production');
  expect(found.ran.exit).toBe(0);
  const { stdout } = await rig.doctor();
  expect(stdout.replace(/\s+/g, ' ')).toContain('10 are missing and 0 unknown');
  expect((await rig.doctor({ format: 'markdown' })).stdout).toContain('**Approvals**');
});

describe('what cannot be read is unknown, never fine', () => {
  it("with the token of a run, of classic protection and of rulesets' exceptions", async () => {
    closeAll();
    fixture.github.protect({ branch: 'main', by: 'classic', needsCodeOwners: true });
    await start({ token: actionsToken });
    const { states } = await examine();
    // Rulesets tell what they ask for; only who is excepted is not told.
    expect(states).toMatchObject({ 'branch.stale': 'works', 'branch.bypass': 'unknown', 'branch.history': 'works' });
    fixture.github.repository().protections.splice(0, 1);
    const classic = await examine();
    const own = Object.entries(classic.states).filter(([id]) => id.startsWith('branch.'));
    expect(own.filter(([, state]) => state !== 'unknown')).toEqual([]);
    expect(own).toHaveLength(6);
  });

  it.each(['all', 'protected', 'chosen'] as const)('environments whose branches are %s', async (branches) => {
    fixture.github.setEnvironment({ name: 'tollgate', branches, chosen: ['main', 'release/*'], reviewers: ['owner'] });
    await start();
    const found = await examine();
    expect(found.states['environment.branches']).toBe(branches === 'protected' ? 'unknown' : 'missing');
    if (branches === 'chosen') expect(detail(found, 'environment.branches')).toContain('branch release/*');
    expect(found.states['environment.self-review']).toBe('missing');
  });

  it('chosen branches that are not told, and an environment that is not there', async () => {
    fixture.github.setEnvironment({ name: 'tollgate', branches: 'chosen', chosen: ['main'] });
    fixture.github.setFaults([
      { path: '/repos/*/*/environments/*/deployment-branch-policies', fault: { kind: 'status', status: 403 } },
    ]);
    await start();
    expect((await examine()).states['environment.branches']).toBe('unknown');
    const other = await examine({ environment: 'elsewhere' });
    expect(detail(other, 'environment.branches')).toBe(
      'there is no environment elsewhere, or it is not for this token',
    );
    expect([other.states['environment.reviewers'], other.states['environment.self-review']]).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  it('a record branch that is not there, and files that do not say where it is', async () => {
    await start({ org: onBranch });
    expect((await examine()).states).toMatchObject({ 'record.pushes': 'unknown', 'record.history': 'unknown' });
    expect((await examine({ dir: 'nowhere' })).states).not.toHaveProperty('record.ref');
    rig.write({ 'org.yaml': 'kind: org\n' });
    expect((await examine()).states).toMatchObject({ 'record.ref': 'unknown' });
    const inFile = await examine({ recordFile: 'record.json' });
    expect(Object.keys(inFile.states).filter((id) => id.startsWith('record'))).toEqual([]);
  });

  it('one question that fails leaves the others their answers', async () => {
    closeAll();
    fixture.github.setFaults([{ path: '/repos/*/*/environments/**', fault: { kind: 'status', status: 500 } }]);
    await start();
    const found = await examine();
    expect(found.states).toMatchObject({ 'branch.stale': 'works', 'environment.reviewers': 'unknown' });
    expect(detail(found, 'environment.reviewers')).toContain('500');
  });

  it('code owners who are required while no file names any are missing', async () => {
    fixture.github.protect({ branch: 'main', needsCodeOwners: true });
    await start();
    const found = await examine();
    expect(found.states['branch.code-owners']).toBe('missing');
    expect(detail(found, 'branch.code-owners')).toBe('required, but there is no CODEOWNERS');
  });
});

it.each([
  [{ '.github/CODEOWNERS': '/policies/ @owner\n' }, 'works', 'names somebody for the policies'],
  [{ '.github/CODEOWNERS': '/docs/ @owner\n' }, 'missing', 'for policies/org.yaml, policies/workspaces/new.yaml'],
  [{ '.github/CODEOWNERS': '', CODEOWNERS: '* @owner\n' }, 'missing', '.github/CODEOWNERS names nobody'],
  [{ '.gitlab/CODEOWNERS': '* @owner\n' }, 'works', '.gitlab/CODEOWNERS names somebody'],
  [
    { CODEOWNERS: '/policies/ @owner\n', '.github/workflows/tollgate.yml': 'name: tollgate\n' },
    'missing',
    'CODEOWNERS names nobody for .github/workflows/tollgate.yml',
  ],
  [{}, 'missing', 'there is no CODEOWNERS'],
])('owners of the policies, without a token: %o', async (files, state, said) => {
  await start({ token: null });
  for (const [path, text] of Object.entries(files)) writeIn(folder, path, text);
  const wall = (await examine()).walls.find(({ id }) => id === 'code-owners');
  expect(wall).toMatchObject({ state, detail: expect.stringContaining(said) });
  expect(wall?.advice ?? '').toMatch(state === 'works' ? /^$/ : /^Write `\/policies\/ @OWNER\/TEAM` into /);
});

describe('where GitHub cannot be asked', () => {
  it('without a token one line says how to let it look', async () => {
    await start({ token: null });
    const found = await examine();
    expect(found.walls.map(({ id }) => id)).toEqual(['github', 'code-owners', 'record.ref', 'seal-key', 'git-version']);
    expect(found.walls[0]).toMatchObject({
      state: 'not-tried',
      advice: expect.stringContaining('GITHUB_TOKEN or GH_TOKEN'),
    });
    expect((await rig.doctor()).stdout.replace(/\s+/g, ' ')).toContain('GitHub was not asked');
    expect(fixture.github.takeRequests()).toEqual([]);
  });

  it.each<[name: string, start: Start, said: RegExp]>([
    ['a token that is wrong', { token: 'wrong-token-0123456789' }, /401/],
    ['a GitHub that is not there', { env: { GITHUB_API_URL: 'http://127.0.0.1:9' } }, /cannot be reached/],
  ])('%s: one line, exit 0, and the token nowhere', async (_name, how, said) => {
    await start(how);
    const found = await examine();
    expect(found.walls[0]).toMatchObject({ id: 'github', state: 'unknown', detail: expect.stringMatching(said) });
    expect(Object.keys(found.states).filter((id) => /^(branch|environment)/.test(id))).toEqual([]);
    expect(found.ran.exit).toBe(0);
    expect(found.ran.stdout).not.toContain(how.token ?? adminToken);
  });

  it('the embedded emulator has no approvals', async () => {
    await start();
    expect((await examine({ backend: 'emulator', recordFile: undefined })).walls).toEqual([]);
  });
});

it('the command as it is shipped asks GitHub, too', async () => {
  closeAll();
  await start();
  const { exit, stdout } = await runBundle(['doctor', '--format', 'json'], { cwd: folder, env: rig.env });
  expect(exit).toBe(0);
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckView[] };
  expect(checks.find(({ id }) => id === 'environment.reviewers')?.state).toBe('works');
});

it('text fits into 80 columns', async () => {
  closeAll();
  await start({ token: actionsToken, org: onBranch });
  const { stdout } = await rig.doctor();
  expect(stdout.split('\n').filter((line) => [...line].length > 80 && !line.includes('http'))).toEqual([]);
  expect(stdout).toContain('\nApprovals\n');
});
