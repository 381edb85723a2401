/** What a plan says of people whom another limit refuses, or whom its own refuses before and after. */

import { afterEach, describe, expect, it } from 'vitest';
import type { EntityRow } from '../../src/emulator/store.ts';
import type { Rig } from '../helpers/rig.ts';
import { keyA1, keyA2, keyRow, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { entity, spendFile, spendRow, startMoved, wholeTeam } from './kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const apiKeys = [keyRow('app', keyA1, teamA), keyRow('batch', keyA2, teamA)];
/** In cents, beside a limit in dollars. */
const byKey = (app: number, batch: number, limit: number): Record<string, EntityRow> => ({
  [`api_key:${keyA1}`]: entity(app, app < limit * 100 ? 'active' : 'exhausted', 901),
  [`api_key:${keyA2}`]: entity(batch, batch < limit * 100 ? 'active' : 'exhausted', 902),
});
const perKey = { group_by: [{ key: 'api_key' }] };

/** Two caps for each key, of which the lower one goes. */
function startTwoCaps(created_at: string, after: number, org = ''): Promise<Rig> {
  const cap = (name: string, dollars: number): string =>
    `  ${name}:\n    budget: $${dollars}\n    reset: monthly\n    per: api_key\n`;
  const higher = usagePolicyRow('higher', uuid(102), teamA, {
    ...perKey,
    credit_limit: 120,
    entities: byKey(15_000, 11_000, 120),
    created_at,
  });
  const lower = spendRow(byKey(15_000, 11_000, 100), { ...perKey, credit_limit: 100 });
  return startMoved(
    { apiKeys, usagePolicies: [lower, higher] },
    workspaceFile('ws-team-a', `policies:\n${cap('spend', 100)}${cap('higher', 120)}`),
    workspaceFile('ws-team-a', `policies:\n${cap('higher', after)}`),
    { org },
  );
}

const longAgo = '2026-05-01T00:00:00.000Z';

describe('a limit that goes beside another one', () => {
  it('lets in nobody whom the other refuses as well', async () => {
    rig = await startTwoCaps(longAgo, 120);
    const { stdout } = await rig.plan();
    expect(stdout).toContain('Let in again, if no other limit holds: 1 key of ws-team-a.');
    expect(stdout).toContain('lets in key batch ($110) · higher ($120) still refuses key app ($150) until Tue 1 Dec');
  });

  it('is judged by the other as the plan leaves it', async () => {
    rig = await startTwoCaps(longAgo, 200);
    expect((await rig.plan()).stdout).toContain('lets in keys app ($150), batch ($110)');
  });

  it('may let them in where the other has not counted for as long', async () => {
    rig = await startTwoCaps('2026-11-10T00:00:00.000Z', 120);
    expect((await rig.plan()).stdout).toContain('lets in keys app ($150), batch ($110)');
  });

  it('lets in nobody where all calls of the workspace are refused from now on', async () => {
    const all = usagePolicyRow('all', uuid(103), teamA, {
      credit_limit: 500,
      entities: { [wholeTeam]: entity(26_000, 'active', 903) },
    });
    const files = (dollars: number, cap: string): string =>
      workspaceFile(
        'ws-team-a',
        `policies:\n  all:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n${cap}`,
      );
    const cap = '  spend:\n    budget: $100\n    reset: monthly\n    per: api_key\n';
    rig = await startMoved(
      { apiKeys, usagePolicies: [all, spendRow(byKey(15_000, 11_000, 100), { ...perKey, credit_limit: 100 })] },
      files(500, cap),
      files(200, ''),
    );
    const { stdout } = await rig.plan();
    expect(stdout).toContain('Stopped at once: all calls of ws-team-a are refused');
    expect(stdout).not.toContain('Let in again');
    expect(stdout).toContain('all ($200) still refuses keys app ($150), batch ($110) until Tue 1 Dec');
  });
});

describe('who is refused before and after', () => {
  it('is said, and no comfort is given', async () => {
    rig = await startMoved(
      { usagePolicies: [spendRow({ [wholeTeam]: entity(15_000, 'exhausted') }, { credit_limit: 100 })] },
      spendFile(100),
      spendFile(120),
    );
    const { stdout } = await rig.plan();
    expect(stdout).toContain('No budget stops anybody else.');
    expect(stdout).toContain('Still refused: all calls of ws-team-a, by spend.');
    expect(stdout).toMatch(/\$150, .*runs out now, refused until Tue 1 Dec/);
    expect(stdout).not.toContain('now → now');
  });

  it('runs out now where the pace cannot be read', async () => {
    rig = await startMoved(
      { usagePolicies: [spendRow({ [wholeTeam]: entity(15_000) }, { credit_limit: 200 })] },
      spendFile(200),
      spendFile(120),
    );
    rig.emulator.faults.set([{ method: 'GET', path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
    const { stdout } = await rig.plan();
    expect(stdout).toContain('stops all its calls · runs out now, refused until Tue 1 Dec');
  });
});

describe('where nobody is to be named', () => {
  const counts = 'review:\n  show_people: counts\n';

  it('one of several counters is not all of them', async () => {
    rig = await startMoved(
      { apiKeys, usagePolicies: [spendRow(byKey(15_000, 5_000, 200), { ...perKey, credit_limit: 200 })] },
      spendFile(200, 'per: api_key'),
      spendFile(120, 'per: api_key'),
      { org: counts },
    );
    const { stdout } = await rig.plan();
    expect(stdout).toContain('Stopped at once: 1 key of ws-team-a');
    expect(stdout).toContain('stops 1 key');
    expect(stdout).not.toContain('them all');
  });
});
