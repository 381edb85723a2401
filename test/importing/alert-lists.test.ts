/** Lists of thresholds under the edits that tollgate itself makes: none of them becomes one value in silence. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProposedField, Target } from '../../src/importing/proposal.ts';
import type { PrintedValue } from '../../src/policy/yaml-text.ts';
import { onClose } from '../client/loopback.ts';
import { startProposeScene } from '../helpers/propose-scene.ts';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { keyA1, keyRow, smallState, teamA } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const dollars = (credit_limit: number, row: object = {}) => ({
  type: 'cost' as const,
  credit_limit,
  periodic_reset: 'monthly' as const,
  ...row,
});

const entry = (budget: string, alert: string, more = '') =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n    budget: ${budget}\n    reset: monthly\n    alert: ${alert}\n    per: workspace_id\n${more}`,
  );

async function applied(files: Readonly<Record<string, string>>): Promise<Rig> {
  const rig = await startRig({
    files,
    state: smallState({ apiKeys: [keyRow('app', keyA1, teamA)], providers: [], integrations: [], ratePolicies: [] }),
  });
  onClose(() => rig.close());
  await succeed(rig.apply());
  return rig;
}

const read = (rig: Rig, path = 'a.yaml'): string => readFileSync(join(rig.folder, 'policies', path), 'utf8');
const accept = (rig: Rig) => rig.import({ acceptDrift: true, environment: undefined });
const list = '[50%, 80%, { at: 100%, recipients: [cfo@example.com] }] # who is told';

describe('import --accept-drift', () => {
  it('leaves a list alone whose highest threshold below the budget is what is live', async () => {
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': entry('$500', list) });
    for (const row of rig.emulator.store.state.usagePolicies) row.name = 'Spend';
    await succeed(accept(rig));
    expect(read(rig)).toBe(entry('$500', list, '    name: Spend\n'));
  });

  it('moves the one threshold that the control plane holds, and no other', async () => {
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': entry('$500', list) });
    for (const row of rig.emulator.store.state.usagePolicies) row.alert_threshold = 450;
    await succeed(accept(rig));
    const text = read(rig);
    expect(text).toContain('- 50%\n');
    expect(text).toContain('- 90%\n');
    expect(text).not.toContain('80%');
    expect(text).toMatch(/at: 100%\n\s+recipients:\n\s+- cfo@example.com\n/);
    expect((await succeed(accept(rig))).stdout).toBe('No drift: the files say what is live.\n');
  });

  it('keeps the amounts of a list when the budget was changed by hand', async () => {
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': entry('$500', list) });
    for (const row of rig.emulator.store.state.usagePolicies) row.credit_limit = 1_000;
    await succeed(accept(rig));
    const text = read(rig);
    expect(text).toContain('budget: $1,000');
    expect(text).toContain('- 25%\n');
    expect(text).toContain('- 40%\n');
    expect(text).toMatch(/at: 100%\n\s+recipients:\n\s+- cfo@example.com\n/);
  });

  it.each([
    ['took away', null, 'no alert'],
    ['moved below another', 200, '$250'],
  ])('leaves a list and says why where somebody %s its threshold by hand', async (_what, alert, said) => {
    const before = entry('$500', list);
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': before });
    for (const row of rig.emulator.store.state.usagePolicies) row.alert_threshold = alert;
    const ran = await accept(rig);
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toContain('list of thresholds');
    expect(ran.stdout).toContain(said);
    expect(read(rig)).toBe(before);
  });

  it('keeps the list of a budget of a workspace beside another one that drifted', async () => {
    const text = `limits:
  budgets:
    - { budget: $100, reset: monthly, alert: [50%, 80%, 100%] }
    - { budget: 5k tokens, reset: weekly }
`;
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', text) });
    for (const row of rig.emulator.store.state.workspaces) {
      for (const one of (row.usage_limits ?? []) as { type: string; credit_limit: number }[]) {
        if (one.type === 'tokens') one.credit_limit = 6_000;
      }
    }
    await succeed(accept(rig));
    expect(read(rig)).toContain('6k tokens');
    expect(read(rig)).toMatch(/- 50%\n\s+- 80%\n\s+- 100%\n/);
  });

  it('writes the list of a default, and who is told of it, into the entry that stands over it', async () => {
    const org = orgFile(
      `channels: { desk: { type: slack, host: hooks.example.com, url_env: TOLLGATE_NOTIFY_DESK } }
defaults: { policies: { cap: { budget: $10, reset: monthly, per: api_key, alert: [50%, 100%], alerts: { channels: [desk], forecast: 7 days } } } }\n`,
    );
    const rig = await applied({ 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a') });
    for (const row of rig.emulator.store.state.usagePolicies) if (row.name === 'cap') row.credit_limit = 20;
    await succeed(accept(rig));
    expect(read(rig)).toMatch(/alert:\n\s+- 25%\n\s+- 100%\n/);
    expect(read(rig)).toContain('forecast: 7 days');
    expect(read(rig)).toMatch(/channels:\n\s+- desk\n/);
  });

  it('writes the list that "*" has into the entry of a key whose budget drifted', async () => {
    const star = 'keys:\n  "*":\n    budget: $50\n    reset: monthly\n    alert: [50%, 80%, 100%]\n';
    const rig = await applied({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', star) });
    for (const row of rig.emulator.store.state.apiKeys) row.usage_limits = dollars(100, { alert_threshold: 40 });
    await succeed(accept(rig));
    expect(read(rig)).toMatch(/app:\n\s+budget: \$100\n\s+reset: monthly\n\s+alert:\n\s+- 25%\n\s+- 40%\n\s+- 100%\n/);
  });
});

const spend: Target = { kind: 'policy', name: 'spend' };
const set = (...fields: [ProposedField, PrintedValue][]) => ({
  action: 'set' as const,
  target: spend,
  fields: new Map(fields),
});

describe('propose', () => {
  const file = 'policies/workspaces/team-a.yaml';
  const scene = (text: string) => startProposeScene({ files: { 'workspaces/team-a.yaml': text } });

  it('another budget keeps the list, whose percentages follow', async () => {
    const it = await scene(entry('$500', list));
    const { branch } = await it.propose(set(['budget', '$600']));
    expect(it.read(branch ?? '', file)).toBe(entry('$600', list));
  });

  it('one alert in place of a list is refused in words', async () => {
    const it = await scene(entry('$500', list));
    await expect(it.propose(set(['alert', '90%']))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('list of thresholds'),
    });
    expect(it.branches()).toEqual([]);
  });

  it('an entry with a list can be taken away', async () => {
    const it = await scene(
      entry('$500', list, '  other: { budget: $5, reset: monthly, per: workspace_id, alert: [50%, 100%] }\n'),
    );
    const { branch } = await it.propose({ action: 'delete', target: spend, skipDefaults: false });
    expect(it.read(branch ?? '', file)).not.toContain('spend:');
  });

  it('the only entry with a list can be taken away', async () => {
    const it = await scene(
      `${entry('$500', list)}keys:\n  app: { budget: $5, reset: monthly, recipients: [a@example.com] }\n`,
    );
    const { status } = await it.propose({ action: 'delete', target: spend, skipDefaults: false });
    expect(status).toBe('branch_only');
  });
});

describe('propose recipients', () => {
  const channel = 'channels: { post: { type: mail, host: smtp.example.com, from: tollgate@example.com } }\n';
  const start = (org: string, text = entry('$500', list)) =>
    startProposeScene({ files: { 'org.yaml': orgFile(org), 'workspaces/team-a.yaml': text } });
  const to = (...recipients: string[]) => ({ action: 'recipients' as const, target: null, recipients });

  it('of a workspace with policies alone is accepted where a mail channel tells them', async () => {
    const scene = await start(channel);
    const { branch, status } = await scene.propose(to('cfo@example.com'));
    expect(status).toBe('branch_only');
    expect(scene.read(branch ?? '', 'policies/workspaces/team-a.yaml')).toMatch(
      /alerts:\n\s+recipients:\n\s+- cfo@example.com\n/,
    );
  });

  it('that the files say already is declared', async () => {
    const scene = await start(channel, entry('$500', '80%', 'alerts: { recipients: [cfo@example.com] }\n'));
    expect(await scene.propose(to('cfo@example.com'))).toMatchObject({ status: 'already_declared' });
  });

  it('is refused where no channel is mail and no key takes recipients', async () => {
    const scene = await start(
      'channels: { desk: { type: slack, host: hooks.example.com, url_env: TOLLGATE_NOTIFY_DESK } }\n',
    );
    await expect(scene.propose(to('cfo@example.com'))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nobody would get mail'),
    });
  });

  it('of one key is accepted beside channels', async () => {
    const scene = await start(channel, entry('$500', list, 'keys: { app: { budget: $5, reset: monthly } }\n'));
    const { status } = await scene.propose({
      action: 'recipients',
      target: { kind: 'key', name: 'app' },
      recipients: ['cfo@example.com'],
    });
    expect(status).toBe('branch_only');
  });
});
