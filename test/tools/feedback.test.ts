/** What somebody thinks of a call, sent with the key of a workspace. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { isAllowed } from '../../src/tools/advertise.ts';
import { findTool } from '../../src/tools/registry.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { keyRow, requestRow, smallState, teamA, uuid } from '../helpers/state.ts';

const secret = 'pk-of-a-workspace-0123456789';
const log = requestRow({ trace_id: 'trace-of-the-log' });
const state = smallState({ apiKeys: [keyRow('app', uuid(11), teamA, { secret })], requestLogs: [log] });

async function ask(): Promise<Asker> {
  const asker = await startAsker({ state });
  onTestFinished(() => asker.close());
  return asker;
}

const env = { PORTKEY_WORKSPACE_KEY: secret };

describe('submit_feedback', () => {
  it.each([
    ['LIKE', 1],
    ['DISLIKE', -1],
  ])('S0-32: %s on a log is %i on its trace', async (rating, value) => {
    const asker = await ask();
    const ran = await asker.type(`feedback --log ${log.id} --rating ${rating} --format json`, { env });
    const { data } = JSON.parse(ran.stdout) as { data: { feedback_ids: string[] } };
    const [row] = asker.emulator.store.state.feedback;
    expect(row).toMatchObject({ trace_id: 'trace-of-the-log', value, workspace_id: teamA });
    expect(data).toMatchObject({ trace_id: 'trace-of-the-log', value, feedback_ids: [row?.id] });
    expect(asker.wire).toEqual([`GET /logs/${log.id}`, 'POST /feedback']);
    expect(ran.stdout).not.toContain(secret);
  });

  it('S0-32: an admin key is refused, and the variable that is needed is named', async () => {
    const asker = await ask();
    expect(await asker.call('submit_feedback', { trace_id: 't', rating: 'LIKE' })).toMatchObject({
      ok: false,
      error: { code: 'forbidden', hint: expect.stringContaining('PORTKEY_WORKSPACE_KEY') },
    });
    expect(asker.emulator.store.state.feedback).toEqual([]);
  });

  it.each([
    [{ rating: 'LIKE' }],
    [{ trace_id: 't', log_id: 'l', rating: 'LIKE' }],
    [{ trace_id: 't' }],
    [{ trace_id: 't', rating: 'LIKE', value: 1 }],
    [{ trace_id: 't', value: 11 }],
    [{ trace_id: 't', value: 0.5 }],
  ])('asks nothing for %j', async (input) => {
    const asker = await ask();
    expect(await asker.call('submit_feedback', input)).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(asker.wire).toEqual([]);
  });

  it('a value of zero is an opinion, with its weight and metadata', async () => {
    const asker = await ask();
    await asker.type('feedback --trace t --value 0 --weight 0.5 --metadata by=ana', { env });
    expect(asker.emulator.store.state.feedback[0]).toMatchObject({ value: 0, weight: 0.5, metadata: { by: 'ana' } });
  });

  it('a log that is not there has no trace', async () => {
    const asker = await ask();
    expect(await asker.call('submit_feedback', { log_id: uuid(0xbad), rating: 'LIKE' })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    });
  });

  it('is off unless it is asked for, and never there for those who only read', () => {
    const tool = findTool('submit_feedback');
    if (tool === undefined) throw new Error('not there');
    expect(isAllowed(tool, { toolsets: ['usage', 'keys', 'policies', 'logs'], readOnly: false })).toBe(false);
    expect(isAllowed(tool, { toolsets: ['feedback'], readOnly: false })).toBe(true);
    expect(isAllowed(tool, { toolsets: ['feedback'], readOnly: true })).toBe(false);
  });
});
