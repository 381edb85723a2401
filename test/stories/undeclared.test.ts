/** A workspace that nobody declared: seen, objected to, declared, taken out of Git again. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { requestRow, smallState, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const a = workspaceFile('ws-team-a', 'limits:\n  budget: $500\n  reset: monthly\n');
const files = (review = '') => ({ 'org.yaml': orgFile(review), 'a.yaml': a });

/** Team A spent $1 within the 30 days; team B $120 of them, and more before. */
const spent = () =>
  smallState({
    requestLogs: [
      requestRow(),
      requestRow({ id: uuid(0xf02), workspace_id: teamB, cost: 12_000 }),
      requestRow({ id: uuid(0xf03), workspace_id: teamB, cost: 99_000, created_at: '2026-10-01T12:00:00.000Z' }),
    ],
  });

test('a workspace without a file is named by plan, drift and status, with what it spent and that nothing limits it', async () => {
  rig = await startRig({ state: spent(), files: files() });
  const planned = await rig.plan();
  const said = 'No file is about ws-team-b: $120 in 30 days, NOTHING LIMITS IT';
  const advice =
    "`tollgate import` writes it, `tollgate propose import ws-team-b` proposes it; `review.undeclared.except` is for what is somebody else's.";
  expect(planned.stdout.replace(/\n */g, ' ')).toContain(`${said}. ${advice}`);
  // Once, in each form.
  for (const format of ['text', 'markdown'] as const) {
    const { stdout } = await rig.plan({ format, verbose: true });
    expect(stdout.match(/no file|without a file/gi)).toHaveLength(1);
  }
  await succeed(rig.apply());
  const drift = await rig.drift();
  expect([drift.exit, drift.stdout]).toEqual([0, expect.stringContaining(said)]);
  expect(parseOutput(await rig.plan({ format: 'json' })).undeclared).toMatchObject({
    workspaces: [{ slug: 'ws-team-b', spent_cents_30_days: 12_000, committed: 'unbounded', limits: 0 }],
    excepted: [],
  });
});

/** Guards that object, with what they count. */
async function objections(): Promise<unknown> {
  const { exit, stdout } = await rig.plan({ format: 'json' });
  const { violations } = JSON.parse(stdout) as { violations: { guard: string; count: number }[] };
  return [exit, violations.map(({ guard, count }) => `${guard}=${count}`)];
}
const above = (amount: string): string => `review:\n  undeclared:\n    above: ${amount}\n`;

test.each([
  ['$100', [3, ['undeclared=1']]],
  ['$119.99', [3, ['undeclared=1']]],
  ['$120', [0, []]],
  ['none', [0, []]],
])('above %s', async (amount, found) => {
  rig = await startRig({ state: spent(), files: files(above(amount)) });
  expect(await objections()).toEqual(found);
});

test('spend that is not known may be any: the door is closed where an amount is set, and nothing is called $0', async () => {
  rig = await startRig({ state: spent(), files: files(above('$1,000')) });
  rig.emulator.setFaults([{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
  expect(await objections()).toEqual([3, ['undeclared=1']]);
  const { stdout } = await rig.plan();
  expect(stdout).toContain('No file is about ws-team-b: spend unknown (GET /analytics/graphs/cost answered 403');
  expect(stdout).not.toContain('$0');
  // Whom it does not judge it tells the same, and stops nobody.
  rig.write(files());
  expect(await objections()).toEqual([0, []]);
});

test('without an amount in force a plan asked for without its impact asks nothing, and says so', async () => {
  rig = await startRig({ state: spent(), files: files() });
  const { stdout } = await rig.plan({ impact: false });
  expect(stdout).toContain('No file is about ws-team-b: spend unknown (not asked for), what limits it was not read');
  expect(Object.keys(rig.emulator.requests.counts).filter((route) => route.includes('/analytics/'))).toEqual([]);
});

test('the judged never chooses the judge: a higher amount, and a workspace that is somebody else’s, count after the apply', async () => {
  rig = await startRig({ state: spent(), files: files(above('$500')) });
  await succeed(rig.apply());
  // Stricter: at once.
  rig.write(files(above('$100')));
  expect(await objections()).toEqual([3, ['undeclared=1']]);
  rig.write(files(`${above('$500')}    except: [ws-team-b]\n`));
  const pending = await rig.plan({ format: 'json' });
  expect(parseOutput(pending).undeclared).toMatchObject({ workspaces: [{ slug: 'ws-team-b' }], excepted: [] });
  expect(JSON.stringify(parseOutput(pending).record_lines)).toContain('review.undeclared.except: none (default) → ');
  await succeed(rig.apply());
  const counts = rig.emulator.requests.counts['GET /analytics/groups/:groupBy'];
  expect(parseOutput(await rig.plan({ format: 'json' })).undeclared).toMatchObject({
    workspaces: [],
    excepted: ['ws-team-b'],
  });
  expect(rig.emulator.requests.counts['GET /analytics/groups/:groupBy']).toBe(counts);
  // And the amount again: it is looser than what is in force until that is applied.
  rig.write(files(above('none')));
  expect(JSON.stringify(parseOutput(await rig.plan({ format: 'json' })).record_lines)).toContain(
    'review.undeclared.above: $500 → none',
  );
});

test('`unmanaged: fail` counts a workspace without a file, a live budget in it once, and none that is somebody else’s', async () => {
  const fail = 'review:\n  unmanaged: fail\n';
  rig = await startRig({ state: spent(), files: files(fail) });
  expect(await objections()).toEqual([3, ['unmanaged=1']]);
  rig.emulator.store.state.usagePolicies.push(usagePolicyRow('by-hand', uuid(91), teamB));
  expect(await objections()).toEqual([3, ['unmanaged=1']]);
  const { stdout } = await rig.plan();
  expect(stdout).toContain('No file is about ws-team-b');
  rig.write(files(`${fail}  undeclared:\n    except: [ws-team-b]\n`));
  const apply = await rig.apply({ allow: [await wordOf('unmanaged')] });
  expect(apply.exit).toBe(0);
  expect(await objections()).toEqual([0, []]);
});

async function wordOf(guard: string): Promise<string> {
  const { stdout } = await rig.plan({ format: 'json' });
  const { violations } = JSON.parse(stdout) as { violations: { guard: string; allow: string }[] };
  return violations.find((one) => one.guard === guard)?.allow ?? '';
}

test('declared it is no longer named; taken out of Git again it is, with what was left live; archived it is not', async () => {
  rig = await startRig({ state: spent(), files: files() });
  const b = workspaceFile('ws-team-b', 'limits:\n  budget: $50\n  reset: monthly\n');
  rig.write({ ...files(), 'b.yaml': b });
  await succeed(rig.apply());
  expect((await rig.drift()).stdout).toBe('No drift.\n');
  expect(parseOutput(await rig.plan({ format: 'json' })).undeclared).toMatchObject({ workspaces: [] });
  rig.write(files());
  const gone = await rig.plan();
  expect(gone.stdout).toContain(
    'No file is about ws-team-b: $120 in 30 days, more than the $50 by the workspace budget now',
  );
  const row = rig.emulator.store.state.workspaces.find(({ id }) => id === teamB);
  if (row !== undefined) row.status = 'archived';
  expect((await rig.plan()).stdout).not.toContain('No file is');
});

test('a plan of files that are about every workspace asks what it asked before', async () => {
  rig = await startRig({ state: spent(), files: { ...files(), 'b.yaml': workspaceFile('ws-team-b', '') } });
  await succeed(rig.apply());
  const before = { ...rig.emulator.requests.counts };
  const { stdout } = await rig.plan();
  expect(stdout).toMatchInlineSnapshot(`
    "No changes: 1 limit matches the files.
    "
  `);
  const asked = Object.entries(rig.emulator.requests.counts).map(([route, count]) => [
    route,
    count - (before[route] ?? 0),
  ]);
  expect(Object.fromEntries(asked.filter(([, count]) => count !== 0))).toMatchInlineSnapshot(`
    {
      "GET /admin/workspaces": 1,
      "GET /admin/workspaces/:id": 1,
      "GET /api-keys": 1,
      "GET /integrations": 1,
      "GET /integrations/:slug/workspaces": 1,
      "GET /policies/usage-limits": 1,
      "GET /providers": 1,
    }
  `);
});

test('an objection to what no apply changes asks for no merge, and names both ways out', async () => {
  rig = await startRig({ state: spent(), files: files() });
  await succeed(rig.apply());
  rig.write(files(above('$100')));
  await rig.apply({ allow: [] });
  const { stdout, exit } = await rig.plan();
  expect(exit).toBe(3);
  const next = stdout.slice(stdout.indexOf('Next:')).replace(/\n */g, ' ');
  expect(next).toContain(
    'write a file for each such workspace (tollgate import, or tollgate propose import WORKSPACE)',
  );
  expect(next).toContain('review.undeclared.except');
});

test('import declares a workspace in which nothing is live, without the defaults, and the plan after it names nobody', async () => {
  const org = orgFile('defaults:\n  policies:\n    cap:\n      budget: $9\n      reset: monthly\n      per: api_key\n');
  rig = await startRig({ state: smallState(), files: { 'org.yaml': org, 'a.yaml': a } });
  await succeed(rig.apply());
  const { stdout } = await succeed(rig.import({ environment: undefined }));
  expect(stdout).toContain(
    "Declared 1 workspace in which nothing more can be declared, without the organisation's defaults:",
  );
  expect(stdout).toContain('policies/workspaces/ws-team-b.yaml (new)');
  const planned = await rig.plan();
  expect(planned.stdout).toContain('No changes');
  expect(planned.stdout).not.toContain('No file');
  // Again there is nothing to do.
  expect((await succeed(rig.import({ environment: undefined }))).stdout).toContain('Nothing to add');
});

test.each([
  ['another file', ''],
  ['both files', 'own'],
  ['both files, of one name', 'cap'],
])('import declares a workspace without the defaults of what org.yaml extends: they stand in %s', async (_, own) => {
  const defaults = (name: string) =>
    `defaults:\n  policies:\n    ${name}:\n      budget: $9\n      reset: monthly\n      per: api_key\n`;
  rig = await startRig({
    state: smallState(),
    files: {
      'org.yaml': orgFile(`extends: ../shared/defaults.yaml\n${own === '' ? '' : defaults(own)}`),
      '../shared/defaults.yaml': `version: 1\nkind: defaults\n${defaults('cap')}`,
      'a.yaml': a,
    },
  });
  await succeed(rig.apply());
  await succeed(rig.import({ environment: undefined }));
  const planned = parseOutput(await rig.plan({ format: 'json' }));
  expect(planned).toMatchObject({ changes: [], undeclared: { workspaces: [] } });
});

test('import names the workspaces that it can make no file for, and leaves those alone that are somebody else’s', async () => {
  const groups = 'groups: { a: { workspaces: ["ws-team-*"] }, b: { workspaces: ["*-b"] } }\n';
  rig = await startRig({ state: smallState(), files: { 'org.yaml': orgFile(groups), 'a.yaml': a } });
  const { stdout } = await succeed(rig.import({ environment: undefined }));
  expect(stdout).toContain('1 workspace has no file still: write one by hand.');
  expect(stdout).toContain('ws-team-b: workspace `ws-team-b` is in group `b`, and in group `a`');
  rig.write({ 'org.yaml': orgFile('review: { undeclared: { except: [ws-team-b] } }\n'), 'a.yaml': a });
  expect((await succeed(rig.import({ environment: undefined }))).stdout).not.toContain('ws-team-b');
  // Who names it means it.
  const { stdout: named } = await succeed(rig.import({ environment: undefined, workspace: ['ws-team-b'] }));
  expect(named).toContain('policies/workspaces/ws-team-b.yaml (new)');
});
