/** What a plan reads of people, and whom it names: recipients whom the service tells anyway. */

import { afterEach, expect, it } from 'vitest';
import type { WorkspaceUserRow } from '../../src/emulator/store.ts';
import { parseOutput, type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { keyRow, smallState, teamA, teamB, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const person = (email: string, id: number, org_role: WorkspaceUserRow['org_role']): WorkspaceUserRow => ({
  id: uuid(id),
  email,
  first_name: 'A',
  last_name: 'B',
  org_role,
  role: 'member',
  status: 'active',
  created_at: '2026-01-01T00:00:00.000Z',
  last_updated_at: '2026-01-01T00:00:00.000Z',
});

const users = [person('Ops@example.com', 901, 'admin'), person('ana@example.com', 902, 'member')];
const key = (recipients: string): string =>
  `keys:\n  app:\n    budget: $20\n    reset: monthly\n    alert: 80%\n    recipients: [${recipients}]\n`;

async function start(recipients: string, options: RigOptions = {}, org = ''): Promise<void> {
  const state = smallState({
    workspaces: [workspaceRow('ws-team-a', teamA, { users }), workspaceRow('ws-team-b', teamB)],
    apiKeys: [keyRow('app', uuid(11), teamA)],
    usagePolicies: [],
  });
  const files = { 'org.yaml': orgFile(org), 'a.yaml': workspaceFile('ws-team-a', key(recipients)) };
  rig = await startRig({ state, files, ...options });
}

async function plan() {
  rig.emulator.requests.clear();
  const document = parseOutput(await rig.plan({ format: 'json' })) as unknown as {
    findings: { rule: string; message: string; severity: string; change: string | null }[];
    notes: { code: string; message: string }[];
  };
  return {
    asked: rig.emulator.requests.counts['GET /admin/users'] ?? 0,
    said: document.findings.filter(({ rule }) => rule === 'recipient-told-anyway'),
    notes: document.notes.filter(({ code }) => code === 'members-not-read').map(({ message }) => message),
  };
}

it('an admin of the organisation is told anyway: one request, said at the change, never again once applied', async () => {
  await start('ops@example.com, group@example.com');
  const found = await plan();
  expect(found).toMatchObject({ asked: 1, notes: [] });
  expect(found.said).toMatchObject([
    {
      severity: 'info',
      message: 'the service tells ops@example.com (an admin of the organisation) anyway',
      change: 'key-limits/ws-team-a/app',
    },
  ]);
  expect((await rig.apply()).exit).toBe(0);
  expect(await plan()).toEqual({ asked: 0, said: [], notes: [] });
});

it('members are not; and where the rule is off nobody is asked', async () => {
  await start('ana@example.com');
  expect(await plan()).toEqual({ asked: 1, said: [], notes: [] });
  await rig.close();
  const off = 'review:\n  rules:\n    recipient-told-anyway: off\n';
  await start('ana@example.com', {}, off);
  // In force from the apply that brings it.
  expect((await rig.apply()).exit).toBe(0);
  rig.write({ 'org.yaml': orgFile(off), 'a.yaml': workspaceFile('ws-team-a', key('ops@example.com')) });
  expect(await plan()).toEqual({ asked: 0, said: [], notes: [] });
});

it('a refusal is unknown, said as a note, and fails nothing', async () => {
  await start('ops@example.com', { faults: [{ path: '/admin/users', fault: { kind: 'status', status: 403 } }] });
  const { said, notes } = await plan();
  expect(said).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(
      /^whether the service tells some recipients anyway is not known \(GET \/admin\/users answered 403/,
    ),
  ]);
  expect((await rig.apply()).exit).toBe(0);
});
