/** Jobs that make files of logs, as they are listed. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogExportRow } from '../../src/emulator/store.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { keyA1, requestRow, smallState, teamA, teamB, uuid } from '../helpers/state.ts';

async function ask(options: AskerOptions): Promise<Asker> {
  const asker = await startAsker(options);
  onTestFinished(() => asker.close());
  return asker;
}

const states = ['draft', 'in_progress', 'success', 'failed', 'stopped'] as const;

function exportRow(number: number, row: Partial<LogExportRow> = {}): LogExportRow {
  const day = String(number + 1).padStart(2, '0');
  return {
    id: uuid(0xe00 + number),
    workspace_id: teamA,
    status: states[number] ?? 'success',
    description: '',
    filters: {
      time_of_generation_min: `2026-10-${day}T00:00:00.000Z`,
      time_of_generation_max: `2026-10-${day}T12:00:00Z`,
    },
    requested_data: ['id'],
    created_by: keyA1,
    created_at: `2026-11-${day}T00:00:00.000Z`,
    last_updated_at: `2026-11-${day}T00:00:00.000Z`,
    ...row,
  };
}

interface Exports {
  readonly answer: string;
  readonly notes: readonly string[];
  readonly exports: readonly {
    readonly id: string;
    readonly state: string | null;
    readonly rows: number | null;
    readonly from: string | null;
    readonly created_by: string | null;
    readonly untrusted: { readonly who: string | null; readonly filters: string | null };
  }[];
}

describe('list_log_exports', () => {
  it('S1-19: shows each of the five states, and who made it, newest first', async () => {
    const rows = states.map((_, number) => exportRow(number));
    const asker = await ask({ state: smallState({ logExports: [...rows, exportRow(9, { workspace_id: teamB })] }) });
    const { exports, answer, notes } = await asker.data<Exports>('list_log_exports', { workspace_slug: 'ws-team-a' });
    expect(exports.map(({ state }) => state)).toEqual([...states].reverse());
    expect(exports[0]).toMatchObject({
      rows: null,
      from: '2026-10-05T00:00:00.000Z',
      created_by: keyA1,
      untrusted: { who: 'app', filters: null },
    });
    expect(answer).toBe('5 log exports in ws-team-a: 1 draft, 1 in_progress, 1 success, 1 failed, 1 stopped.');
    expect(notes).toEqual(['The service does not say how many rows some of them hold.']);
    expect(asker.wire.filter((line) => !line.startsWith('GET '))).toEqual([]);
  });

  it('counts rows where the service says how many there are', async () => {
    const row = exportRow(2, { filters: { ai_model: 'gpt-4o' } });
    const asker = await ask({
      state: smallState({ logExports: [row], requestLogs: [requestRow()] }),
      quirks: { exportsShowTotal: true },
    });
    const { exports, notes } = await asker.data<Exports>('list_log_exports', { workspace_slug: teamA });
    expect(exports[0]).toMatchObject({ rows: 1, from: null, untrusted: { filters: '{"ai_model":"gpt-4o"}' } });
    expect(notes).toEqual([]);
  });

  it('is the same bytes as `logs exports --format json`, and a table for people', async () => {
    const asker = await ask({ state: smallState({ logExports: [exportRow(3)] }) });
    const ran = await asker.type('logs exports --workspace ws-team-a --format json');
    expect(ran.stdout).toBe(
      `${JSON.stringify(await asker.call('list_log_exports', { workspace_slug: 'ws-team-a' }))}\n`,
    );
    expect((await asker.type('logs exports --workspace ws-team-a')).stdout).toMatch(/2026-11-04 +failed +– .* app +/);
  });

  it('answers for nothing where exports are refused', async () => {
    const asker = await ask({
      state: smallState(),
      faults: [{ path: '/logs/exports', fault: { kind: 'status', status: 403 } }],
    });
    expect(await asker.call('list_log_exports', { workspace_slug: 'ws-team-a' })).toMatchObject({
      ok: false,
      error: { code: 'forbidden', message: expect.stringContaining('logs.export') },
    });
  });
});
