/** Spend by workspace, model, provider and user over a window and the one before it. */

import { type Exact, total, zero } from '../exact.ts';
import { type Calls, type Groups, groupings, readDays, readGroups } from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import {
  compareSpend,
  findUnusualDays,
  type SpendRow,
  type Trend,
  type TrendBy,
  type TrendGap,
  type TrendReport,
  type UnusualDay,
  type WorkspaceDay,
} from './trends.ts';
import { dayMilliseconds } from './windows.ts';

const sources = ['model', 'provider', 'user'] as const;

type Source = (typeof sources)[number];

export async function readTrends(
  workspaces: readonly { readonly slug: string }[],
  reads: Reads,
  days: number,
  now: number,
): Promise<TrendReport> {
  const current = { from: now - days * dayMilliseconds, to: now };
  // Both ends are within a window: a request must not be in two.
  const earlier = { from: current.from - days * dayMilliseconds, to: current.from - 1 };
  const gaps: TrendGap[] = [];
  const rows: Record<Source, { now: SpendRow[]; before: SpendRow[] }> = {
    model: { now: [], before: [] },
    provider: { now: [], before: [] },
    user: { now: [], before: [] },
  };
  const sums: { now: SpendRow[]; before: SpendRow[] } = { now: [], before: [] };
  /** Workspaces whose window before could not be read: a change against nothing would look like a rise. */
  const withoutBefore = new Set<string>();
  const byDay: WorkspaceDay[] = [];
  const unusualDays: UnusualDay[] = [];

  async function readWorkspace(slug: string): Promise<void> {
    const here: Calls = { workspace: slug, ...current };
    const past: Calls = { workspace: slug, ...earlier };
    const ofDays = readDays(reads, here).then((found) => {
      if ('unknown' in found) {
        gaps.push({ by: 'day', workspace: slug, why: found.unknown });
        return;
      }
      unusualDays.push(...findUnusualDays(slug, found.value));
      byDay.push(...found.value.map((day) => ({ ...day, workspace: slug })));
    });
    const groups = sources.map(async (by) => {
      const read = async (calls: Calls) => toRows(by, slug, await readGroups(reads, groupings[by], calls, needs));
      const [found, before] = await Promise.all([read(here), read(past)]);
      if ('unknown' in found) {
        gaps.push({ by, workspace: slug, why: found.unknown });
        if (by === 'model') gaps.push({ by: 'workspace', workspace: slug, why: found.unknown });
        return;
      }
      if (found.cut !== null) gaps.push({ by, workspace: slug, why: found.cut });
      rows[by].now.push(...found.rows);
      if ('unknown' in before || before.cut !== null) withoutBefore.add(`${by}\n${slug}`);
      else rows[by].before.push(...before.rows);
      if ('unknown' in before) gaps.push({ by, workspace: slug, why: `the window before: ${before.unknown}` });
      // Every request has a model, so that the sum over them is the workspace.
      if (by !== 'model' || found.cut !== null) return;
      sums.now.push(sumRow(slug, found.rows));
      if (!('unknown' in before) && before.cut === null) sums.before.push(sumRow(slug, before.rows));
      else withoutBefore.add(`workspace\n${slug}`);
    });
    await Promise.all([ofDays, ...groups]);
  }

  await Promise.all(workspaces.map(({ slug }) => readWorkspace(slug)));
  const compare = (by: TrendBy, now: readonly SpendRow[], before: readonly SpendRow[]): Trend[] => {
    const isMissing = [...withoutBefore].some((name) => name.startsWith(`${by}\n`));
    return compareSpend(by, now, isMissing ? null : before);
  };
  return {
    days,
    from: current.from,
    to: current.to,
    trends: {
      workspace: compare('workspace', sums.now, sums.before),
      model: compare('model', rows.model.now, rows.model.before),
      provider: compare('provider', rows.provider.now, rows.provider.before),
      user: compare('user', rows.user.now, rows.user.before),
    },
    byDay: byDay.sort(compareDays),
    unusualDays: unusualDays.sort(compareDays),
    gaps: gaps.sort((a, b) => (gapText(a) < gapText(b) ? -1 : 1)),
  };
}

function compareDays(a: WorkspaceDay, b: WorkspaceDay): number {
  return a.date + a.workspace < b.date + b.workspace ? -1 : 1;
}

function gapText({ by, workspace, why }: TrendGap): string {
  return [by, workspace, why].join('\n');
}

interface Rows {
  readonly rows: readonly SpendRow[];
  /** What is missing from them; null: nothing. */
  readonly cut: string | null;
}

const needs = { shows: ['requests', 'cost'] } as const;

function toRows(by: Source, slug: string, groups: Known<Groups>): Rows | { readonly unknown: string } {
  if ('unknown' in groups) return groups;
  const { rows, cut } = groups.value;
  return {
    rows: rows.map(({ name, cost, requests, errors }) => ({
      name,
      // A slug of a provider means something within its workspace only; models and users are the same everywhere.
      workspace: by === 'provider' ? slug : null,
      cost: cost ?? zero,
      requests: requests ?? 0,
      errors,
    })),
    cut,
  };
}

function sumRow(slug: string, rows: readonly SpendRow[]): SpendRow {
  const cost: Exact = rows.length === 0 ? zero : total(rows.map((row) => row.cost));
  const errors = rows.map((row) => row.errors);
  return {
    name: slug,
    workspace: null,
    cost,
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    errors: errors.some((count) => count === null)
      ? null
      : errors.reduce<number>((sum, count) => sum + (count ?? 0), 0),
  };
}
