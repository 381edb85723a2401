/** A page about spend, asked for and read; and the small organisation that most of them are about. */

import { parseHTML } from 'linkedom';
import { expect, onTestFinished } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { type Rig, type RigOptions, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { requestRow, smallState, teamA, teamB, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

export const day = 86_400_000;

export async function startPageRig(options: RigOptions): Promise<Rig> {
  const rig = await startRig(options);
  onTestFinished(() => rig.close());
  return rig;
}

/** $100 a month for all of team A; a dollar a day and, in the last week, $8. */
export function spending(rows: Partial<StoreState> = {}): Partial<StoreState> {
  const requestLogs = Array.from({ length: 60 }, (_, index) =>
    requestRow({
      id: uuid(0x2000 + index),
      created_at: new Date(testNow - index * day - 3_600_000).toISOString(),
      cost: index < 7 ? 800 : 100,
      metadata: { _user: 'lovelace' },
    }),
  );
  const entity = { id: uuid(700), current_usage: 6_900, status: 'active' as const };
  return smallState({
    workspaces: [workspaceRow('ws-team-a', teamA), workspaceRow('ws-team-b', teamB)],
    usagePolicies: [
      usagePolicyRow('spend', uuid(101), teamA, {
        created_at: '2026-01-01T00:00:00.000Z',
        last_reset_at: '2026-11-01T00:00:00.000Z',
        entities: {
          [`workspace_id:${teamA}`]: { ...entity, is_threshold_alerts_sent: false, is_exhausted_alerts_sent: false },
        },
      }),
    ],
    requestLogs,
    ...rows,
  });
}

export const owned = {
  'org.yaml': orgFile(),
  'a.yaml': workspaceFile('ws-team-a', 'policies:\n  spend: { budget: $100, reset: monthly, per: workspace_id }\n'),
  'b.yaml': workspaceFile('ws-team-b').replace('platform', 'data-science'),
};

export async function pageOf(rig: Rig, options: Parameters<Rig['status']>[0] = {}): Promise<Page> {
  const ran = await succeed(rig.status({ format: 'html', since: 30, ...options }));
  expect(rig.emulator.requests.countWrites()).toBe(0);
  return readPage(ran.stdout);
}

export interface Page {
  readonly html: string;
  readonly text: string;
  /** The text of a section, its blanks as one. */
  readonly section: (title: string) => string;
  /** Rows of the table of that caption, below its head. */
  readonly rows: (caption: string) => string[][];
  readonly document: Document;
}

type Document = ReturnType<typeof parseHTML>['document'];

function readPage(html: string): Page {
  const { document } = parseHTML(html);
  const plain = (text: string | null | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();
  return {
    html,
    document,
    text: plain(document.querySelector('body')?.textContent),
    section: (title) =>
      plain(
        [...document.querySelectorAll('section')].find((one) => plain(one.querySelector('h2')?.textContent) === title)
          ?.textContent,
      ),
    rows: (caption) =>
      [...document.querySelectorAll('table')]
        .filter((table) => plain(table.querySelector('caption')?.textContent) === caption)
        .flatMap((table) => [...table.querySelectorAll('tbody tr')])
        .map((row) => [...row.querySelectorAll('th,td')].map((cell) => plain(cell.textContent))),
  };
}
