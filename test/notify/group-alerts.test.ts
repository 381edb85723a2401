/** Thresholds of a group's ceiling, from the files to a mailbox. */

import { beforeEach, describe, expect, it } from 'vitest';
import { onClose } from '../client/loopback.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { requestRow, smallState, teamA, teamB, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type MailServer, Refusal, startMailServer } from './channels/mail-server.ts';

const long = { created_at: '2026-01-01T00:00:00.000Z' };
let rig: Rig;
let mail: MailServer;
let pid = 100;
let calls = 0;
const refused = new Set<string>();

const group = (lines: string) => `groups:\n  research:\n    workspaces: [ws-team-*]\n    ceiling: $100\n${lines}`;
const filesOf = (groups: string) => ({
  'org.yaml': orgFile(`alerts: { recipients: [finance@example.com] }
channels:
  post: { type: mail, host: 127.0.0.1, port: ${mail.port}, security: none, from: tollgate@example.com }
${groups}`),
  'a.yaml': workspaceFile('ws-team-a', 'policies: { spend: { budget: $90, reset: monthly, per: workspace_id } }\n'),
});

/** In this month, in cents. */
function spend(workspace: string, cost: number): void {
  calls += 1;
  const row = requestRow({
    id: uuid(800 + calls),
    workspace_id: workspace,
    created_at: '2026-11-02T00:00:00.000Z',
    cost,
  });
  rig.emulator.store.state.requestLogs.push(row);
}

const notify = (options: Parameters<Rig['notify']>[0] = {}): Promise<Ran> => rig.notify(options, { pid: ++pid });
const told = () => mail.got.map(({ mail: { subject }, to }) => [subject, [...to].sort()]);

beforeEach(async () => {
  refused.clear();
  mail = await startMailServer(null, {
    onRecipient: (address) => (refused.has(address) ? new Refusal(450, 'not now') : undefined),
  });
  rig = await startRig({
    state: {
      ...smallState(),
      workspaces: [workspaceRow('ws-team-a', teamA, long), workspaceRow('ws-team-b', teamB, long)],
    },
    files: filesOf(
      group('    owner: jane@example.com\n    alert: [50%, { at: $80, recipients: [head@example.com] }]\n'),
    ),
  });
  onClose(() => rig.close());
  await succeed(rig.apply());
});

describe('a group with thresholds', () => {
  it('is told of once a threshold and window, to the organisation, the owner and those it names', async () => {
    spend(teamA, 3_000);
    await succeed(notify());
    expect(told()).toEqual([]);
    spend(teamB, 2_000);
    await succeed(notify());
    await succeed(notify());
    const half = ['Group research is past $50 of its ceiling of $100', ['finance@example.com', 'jane@example.com']];
    expect(told()).toEqual([half]);
    spend(teamB, 3_000);
    await succeed(notify());
    await succeed(notify());
    const most = [
      'Group research is past $80 of its ceiling of $100',
      ['finance@example.com', 'head@example.com', 'jane@example.com'],
    ];
    expect(told()).toEqual([half, most]);
    spend(teamA, 2_000);
    await succeed(notify());
    await succeed(notify());
    expect(told()).toEqual([
      half,
      most,
      ['Group research has spent its ceiling of $100', ['finance@example.com', 'jane@example.com']],
    ]);
  });

  it('is told of by the thresholds of the last apply', async () => {
    spend(teamA, 3_000);
    rig.write(filesOf(group('    owner: mallory@example.com\n    alert: 10%\n')));
    await succeed(notify());
    expect(told()).toEqual([]);
    expect(parseOutput(await rig.plan({ format: 'json' })).record_lines).toMatchObject([
      {
        detail:
          'groups.research: owner "jane@example.com", told at $50, $80 (also head@example.com) → owner "mallory@example.com", told at $10',
      },
    ]);
    await succeed(rig.apply());
    await succeed(notify());
    expect(told()).toEqual([
      ['Group research is past $10 of its ceiling of $100', ['finance@example.com', 'mallory@example.com']],
    ]);
  });

  it('is sent again to whom it did not reach, and to nobody else', async () => {
    spend(teamA, 5_000);
    refused.add('jane@example.com');
    await notify();
    refused.clear();
    await succeed(notify());
    await succeed(notify());
    const subject = 'Group research is past $50 of its ceiling of $100';
    expect(told()).toEqual([
      [subject, ['finance@example.com']],
      [subject, ['jane@example.com']],
    ]);
  });

  it.each([
    ['alert: 80%', '    alert: 80%\n', 'groups:\n  research:\n    workspaces: [ws-team-*]\n', 'alert-without-ceiling'],
    ['a share of all of it', '    alert: 120%\n', group(''), 'alert-not-below-budget'],
    ['more than all of it', '    alert: $200\n', group(''), 'alert-not-below-budget'],
    ['tokens', '    alert: 2M tokens\n', group(''), 'alert-unit'],
    ['the same twice', '    alert: [50%, $50]\n', group(''), 'duplicate-threshold'],
    ['somebody outside', '    alert: [{ at: 50%, recipients: [m@elsewhere.com] }]\n', group(''), 'recipient-domain'],
    ['an owner outside', '    owner: m@elsewhere.com\n', group(''), 'recipient-domain'],
  ])('refuses %s', async (_what, lines, head, code) => {
    const files = filesOf(`${head}${lines}review: { recipient_domains: [example.com] }\n`);
    rig.write(files);
    const ran = await rig.validate({ format: 'json' });
    expect(parseOutput(ran).diagnostics).toMatchObject([{ code }]);
  });
});
