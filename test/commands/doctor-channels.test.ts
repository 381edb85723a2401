/** What `doctor` says of channels: tried without sending, and only those that an apply brought into force. */

import { describe, expect, it } from 'vitest';
import type { CheckView } from '../../src/render/doctor.ts';
import { answer, onClose, serve } from '../client/loopback.ts';
import { parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { startMailServer } from '../notify/channels/mail-server.ts';

const env = { TOLLGATE_NOTIFY_DESK: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };

async function start(channels: string): Promise<Rig> {
  const rig = await startRig({
    state: smallState(),
    files: { 'org.yaml': orgFile(channels), 'a.yaml': workspaceFile('ws-team-a', '') },
  });
  onClose(() => rig.close());
  return rig;
}

async function channelsOf(
  rig: Rig,
  more: Record<string, string> = env,
): Promise<Pick<CheckView, 'id' | 'state' | 'detail'>[]> {
  const ran = await rig.doctor({ format: 'json' }, { env: more });
  const { checks } = parseOutput(ran) as { readonly checks: readonly CheckView[] };
  return checks.filter(({ group }) => group === 'channels').map(({ id, state, detail }) => ({ id, state, detail }));
}

describe('channels', () => {
  it('are tried once they are in force, and nothing is sent', async () => {
    const mail = await startMailServer(null);
    const hook = await serve((_seen, response) => answer(response, 404));
    const rig = await start(`channels:
  post: { type: mail, host: 127.0.0.1, port: ${mail.port}, security: none, from: tollgate@example.com }
  desk: { type: webhook, url: "http://127.0.0.1:${hook.port}/tell", secret_env: TOLLGATE_NOTIFY_DESK }
  gone: { type: mail, host: 127.0.0.1, port: 1, security: none, from: tollgate@example.com }
`);
    expect((await channelsOf(rig)).map(({ id, state }) => [id, state])).toEqual([
      ['channels.desk', 'note'],
      ['channels.gone', 'note'],
      ['channels.post', 'note'],
    ]);
    expect([hook.seen, mail.asked]).toEqual([[], []]);
    expect(await rig.apply()).toMatchObject({ exit: 0 });
    expect(await channelsOf(rig)).toEqual([
      { id: 'channels.desk', state: 'works', detail: `127.0.0.1:${hook.port} answers` },
      { id: 'channels.gone', state: 'broken', detail: '127.0.0.1:1: connection refused' },
      {
        id: 'channels.post',
        state: 'works',
        detail: `127.0.0.1:${mail.port} answers, without encryption, on this machine`,
      },
    ]);
    expect([hook.seen.map(({ method, body }) => [method, body]), mail.asked, mail.got]).toEqual([
      [['HEAD', '']],
      [],
      [],
    ]);
    const text = await rig.doctor({}, { env });
    expect(text.exit).toBe(0);
    expect(text.stdout).toContain('Of 3 channels in force 1 does not work: nobody is told there.');
    expect((await channelsOf(rig, {}))[0]).toMatchObject({
      state: 'not-tried',
      detail: expect.stringContaining('is not set'),
    });
  });

  it('of files that nobody applied are not spoken to', async () => {
    const [mine, theirs] = [await serve(() => ({})), await serve(() => ({}))];
    const line = (port: number): string =>
      `channels:\n  desk: { type: webhook, url: "http://127.0.0.1:${port}/tell", secret_env: TOLLGATE_NOTIFY_DESK }\n`;
    const rig = await start(line(mine.port));
    expect(await rig.apply()).toMatchObject({ exit: 0 });
    rig.write({ 'org.yaml': orgFile(line(theirs.port)), 'a.yaml': workspaceFile('ws-team-a', '') });
    expect((await channelsOf(rig)).map(({ detail }) => detail)).toEqual([`127.0.0.1:${mine.port} answers`]);
    expect([mine.seen.length, theirs.seen.length]).toEqual([1, 0]);
  });

  it('are not asked about where there are none', async () => {
    expect(await channelsOf(await start(''))).toEqual([]);
  });
});
