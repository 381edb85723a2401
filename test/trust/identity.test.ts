/** Which live object an entry is: on nobody's word but that of a claim, the record and a live id. */

import { afterEach, describe, expect, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import {
  keyA1,
  keyA2,
  keyRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';
import { describeLive } from '../stories/harness.ts';

let rig: Rig | undefined;
let world: World | undefined;
afterEach(async () => {
  await Promise.all([rig?.close(), world?.close()]);
  rig = undefined;
  world = undefined;
});

const one = (per: string, more = '', budget = '$500'): Record<string, string> => ({
  'org.yaml': orgFile('review:\n  guards:\n    spend_up: off\n'),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  one:\n    budget: ${budget}\n    reset: monthly\n    per: ${per}\n${more}`,
  ),
});
const colleagues = (amount = 9_999) =>
  usagePolicyRow('one', uuid(99), teamA, { credit_limit: amount, group_by: [{ key: 'api_key' }] });

describe('a second policy of the name, made by a colleague', () => {
  test("trust-E5: it is nobody's leftover: the replacement is guarded, and the colleague's stays as it is", async () => {
    rig = await startRig({ state: smallState(), files: one('workspace_id', '    protect: true\n') });
    await succeed(rig.apply());
    rig.emulator.store.state.usagePolicies.push(colleagues());
    rig.write(one('api_key', '    protect: true\n'));
    const planned = await rig.plan();
    expect(planned.exit).toBe(3);
    expect(planned.stdout).toContain('protected: replaces usage-policy/ws-team-a/one');
    expect(planned.stdout).toMatch(/another live policy is called "one" .* is\s+unmanaged/);
    expect((await rig.apply()).exit).toBe(3);
    expect(describeLive(rig)).toEqual(['one: $500 monthly per workspace_id', 'one: $9999 monthly per api_key']);
  });

  test.each([9_999, 500])(
    "trust-E5: without protection it is replaced beside the colleague's of $%d",
    async (amount) => {
      world = await startWorld({ movingClock: true, state: smallState() });
      await world.apply(one('workspace_id'));
      world.emulator.store.state.usagePolicies.push(colleagues(amount));
      expect((await world.apply(one('api_key'))).map(({ status }) => status)).toEqual(['applied']);
      const live = world.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
      expect(live.map(({ group_by }) => group_by[0]?.key)).toEqual(['api_key', 'api_key']);
      expect(live.find(({ id }) => id === uuid(99))?.credit_limit).toBe(amount);
      expect((await world.planOk(one('api_key'))).changes).toEqual([]);
      // Removed from Git: ours goes, the colleague's stays.
      await world.apply({ ...one('api_key'), 'a.yaml': workspaceFile('ws-team-a') });
      expect(describeLive(world)).toEqual([`one: $${amount} monthly per api_key`]);
    },
  );

  test.each([0, 1, 2])("trust-E5: nor does a crash after %d writes make the colleague's ours", async (writes) => {
    world = await startWorld({ movingClock: true, state: smallState() });
    await world.apply(one('workspace_id'));
    world.emulator.store.state.usagePolicies.push(colleagues(500));
    await world.crashAfter(one('api_key'), writes);
    await world.apply(one('api_key'));
    await world.apply(one('api_key'));
    expect((await world.planOk(one('api_key'))).changes).toEqual([]);
    const live = world.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
    expect(live).toHaveLength(2);
    expect(live.map(({ id }) => id)).toContain(uuid(99));
    await world.apply({ ...one('api_key'), 'a.yaml': workspaceFile('ws-team-a') });
    expect(describeLive(world)).toEqual(['one: $500 monthly per api_key']);
  });

  test('trust-E5: a replacement that a claim shows to be cut short is ended', async () => {
    world = await startWorld({ movingClock: true, state: smallState() });
    await world.apply(one('workspace_id'));
    await world.crashAfter(one('api_key'), 1);
    expect((await world.planOk(one('api_key'))).changes).toMatchObject([{ reason: 'replacement-cut-short' }]);
  });
});

describe('an id that is not live', () => {
  const state = smallState({
    apiKeys: [keyRow('app', keyA1, teamA), keyRow('batch', keyA2, teamA), keyRow('web', uuid(13), teamB)],
    usagePolicies: [usagePolicyRow('one', uuid(91), teamA), usagePolicyRow('theirs', uuid(92), teamB)],
    ratePolicies: [ratePolicyRow('calls', uuid(93), teamA)],
  });
  const slip = uuid(91).replace(/.$/, '7');
  const refused = async (files: Record<string, string>) => {
    world = await startWorld({ state });
    const before = describeLive(world);
    const { plan, diagnostics } = await world.plan(files);
    expect(plan).toBeNull();
    expect(describeLive(world)).toEqual(before);
    return diagnostics.map(({ code, message, source }) => `${source.file}:${source.line} ${code}: ${message}`);
  };
  const key = (id: string): Record<string, string> => ({
    'org.yaml': orgFile(),
    'a.yaml': workspaceFile('ws-team-a', `keys:\n  app:\n    id: ${id}\n    budget: $5\n    reset: monthly\n`),
    'b.yaml': workspaceFile(
      'ws-team-b',
      'policies:\n  theirs:\n    budget: $100\n    reset: monthly\n    per: workspace_id\n',
    ),
  });

  test('trust-E6: a slip of one digit is an error that names the nearest, and makes no second policy', async () => {
    const said = await refused(one('workspace_id', `    id: ${slip}\n`));
    expect(said).toEqual([
      `a.yaml:6 unknown-id: "one": no live budget policy in workspace ws-team-a has the id ${slip}; did you mean ${uuid(91)} ("one")?`,
    ]);
  });

  test('trust-E6: so it is with a name beside it, with `previously`, and of another kind', async () => {
    expect(await refused(one('workspace_id', `    id: ${uuid(0xabcdef)}\n    name: one\n`))).toHaveLength(1);
    await world?.close();
    expect(await refused(one('workspace_id', `    id: ${slip}\n    previously: older\n`))).toHaveLength(1);
    await world?.close();
    expect(
      (
        await refused(
          one('workspace_id', `    id: ${uuid(93)}\n  calls:\n    rate: 100 requests/minute\n    per: workspace_id\n`),
        )
      )[0],
    ).toContain('it is that of the rate policy "calls"');
  });

  test('trust-E6: the id of a key of another workspace does not take the key of that name here', async () => {
    const files = { ...key(uuid(13)), 'b.yaml': workspaceFile('ws-team-b', 'keys:\n  web: { recipients: none }\n') };
    expect((await refused(files))[0]).toContain('it is that of the key "web" in another workspace');
  });

  test('trust-E6: a slip in the id of a key names the nearest', async () => {
    const said = await refused(key(keyA1.replace(/.$/, 'f')));
    expect(said[0]).toContain(`no live key in workspace ws-team-a has the id`);
    expect(said[0]).toContain('did you mean');
  });

  test('trust-E6: an id in capitals is that id', async () => {
    world = await startWorld({ state });
    const letters = 'abcdef00-0000-4000-8000-0000000000aa';
    world.emulator.store.state.usagePolicies.push(usagePolicyRow('two', letters, teamA));
    const { changes } = await world.planOk(one('workspace_id', `    id: ${letters.toUpperCase()}\n`));
    expect(changes.map(({ liveId }) => liveId)).toEqual([letters]);
  });

  test('trust-E6: with a record the recorded object is it', async () => {
    world = await startWorld({ state });
    await world.apply(one('workspace_id'));
    const { changes } = await world.planOk(one('workspace_id', `    id: ${slip}\n    name: one\n`, '$600'));
    expect(changes.map(({ action, liveId }) => [action, liveId])).toEqual([['update', uuid(91)]]);
    await world.apply(key(keyA1));
    const keyed = await world.planOk({ ...key(keyA2.replace(/.$/, 'f')), 'org.yaml': orgFile() });
    expect(keyed.changes).toEqual([]);
  });
});
