/** Workspaces as a tool and as a command: the same answer by two doors. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { smallState, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState(), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

interface Workspaces {
  readonly answer: string;
  readonly workspaces: readonly {
    readonly slug: string;
    readonly id: string;
    readonly has_file: boolean | null;
    readonly untrusted: { readonly name: string };
  }[];
  readonly page: { readonly total: number; readonly cursor: string | null; readonly truncated: boolean };
}

const many = (count: number): Partial<StoreState> =>
  smallState({
    workspaces: Array.from({ length: count }, (_, index) =>
      workspaceRow(`ws-${String(index).padStart(3, '0')}`, uuid(5_000 + index)),
    ),
  });

describe('list_workspaces', () => {
  it('S1-17: tells id and slug of each, and leaves archived ones out', async () => {
    const state = smallState();
    const archived = workspaceRow('ws-gone', uuid(9), { status: 'archived' });
    const asker = await ask({ state: { ...state, workspaces: [...(state.workspaces ?? []), archived] } });
    const { workspaces, answer } = await asker.data<Workspaces>('list_workspaces');
    expect(workspaces.map(({ slug, id }) => [slug, id])).toEqual([
      ['ws-team-a', uuid(1)],
      ['ws-team-b', uuid(2)],
    ]);
    expect(answer).toBe('2 active workspaces; no policy files are at hand.');
  });

  it('says which have a policy file', async () => {
    const asker = await ask({ files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a') } });
    const { workspaces } = await asker.data<Workspaces>('list_workspaces');
    expect(workspaces.map(({ slug, has_file }) => [slug, has_file])).toEqual([
      ['ws-team-a', true],
      ['ws-team-b', false],
    ]);
  });

  it('gives 120 workspaces over pages, each once, and refuses the cursor of another question', async () => {
    const asker = await ask({ state: many(120) });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Workspaces = await asker.data('list_workspaces', {
        limit: 37,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...page.workspaces.map(({ slug }) => slug));
      expect(page.page.total).toBe(120);
      expect(page.page.truncated).toBe(page.page.cursor !== null);
      cursor = page.page.cursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(120);
    expect(seen).toHaveLength(120);
    expect(await asker.call('list_workspaces', { cursor: 'bm90IG9uZQ' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
  });

  it('is the same bytes as `workspaces --format json`', async () => {
    const asker = await ask();
    const ran = await asker.type('workspaces --format json');
    expect(ran.stdout).toBe(`${JSON.stringify(await asker.call('list_workspaces'))}\n`);
    expect(ran.exit).toBe(0);
  });

  it('is a table for people, with all rows', async () => {
    const asker = await ask({ state: many(60) });
    const { stdout } = await asker.type('workspaces');
    expect(stdout.split('\n').filter((line) => line.startsWith('ws-'))).toHaveLength(60);
    expect(stdout).toContain('60 active workspaces');
  });

  it('refuses an unknown name with the nearest, before any request', async () => {
    const asker = await ask();
    expect(await asker.call('list_workspaces', { limt: 3 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', message: expect.stringContaining('did you mean "limit"?') },
    });
    expect(asker.wire).toEqual([]);
  });

  it('S0-2: without the key no request is made, and the variable is named', async () => {
    const asker = await ask();
    const ran = await asker.type('workspaces', { env: { PORTKEY_API_KEY: undefined } });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('PORTKEY_API_KEY');
    expect(asker.wire).toEqual([]);
  });

  it('S3-15: a failure is an answer: code, message, status', async () => {
    const asker = await ask({ faults: [{ path: '/admin/workspaces', fault: { kind: 'status', status: 500 } }] });
    expect(await asker.call('list_workspaces')).toMatchObject({
      ok: false,
      error: { code: 'server', details: { status: 500 } },
    });
    const ran = await asker.type('workspaces --format json');
    expect(ran.exit).toBe(6);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, error: { code: 'server' } });
  });
});
