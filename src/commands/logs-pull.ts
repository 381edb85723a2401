import path from 'node:path';
import { exitCodes } from '../exit-codes.ts';
import { requireWorkspaces } from '../live/named-workspaces.ts';
import { type Pulled, pullLogs } from '../logs/pull-logs.ts';
import { type AnswerBlock, renderAnswer } from '../render/answer.ts';
import type { PullDocument } from '../render/documents/logs.ts';
import { formatSize } from '../render/format-size.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { formatWhole } from '../resources/amounts.ts';
import { openBackend } from '../run/open-backend.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';

export interface LogsPullOptions extends CommonOptions {
  readonly store: string;
  /** Days, today among them. */
  readonly since: number;
  /** Days that are kept; undefined: all. */
  readonly keep?: number | undefined;
  readonly bodies: boolean;
}

/** Milliseconds for one job. */
const patience = 30 * 60_000;

/** @throws UserError, ServiceError, CancelledError */
export async function runLogsPull(options: LogsPullOptions, session: Session): Promise<CommandResult> {
  const open = await openBackend(options, session);
  try {
    const { backend } = open;
    const live = await session.waiting(`reading ${backend.baseUrl}`, backend.listWorkspaces());
    requireWorkspaces(options.workspace, live);
    const meant = ({ id, slug }: { readonly id: string; readonly slug: string }): boolean =>
      options.workspace.length === 0 || options.workspace.some((name) => name === id || name === slug);
    const workspaces = live
      .filter(meant)
      .map(({ id, slug }) => ({ id, slug }))
      .sort((a, b) => (a.slug < b.slug ? -1 : 1));
    const pulled = await pullLogs(
      {
        store: path.resolve(session.cwd, options.store),
        workspaces,
        days: options.since,
        keep: options.keep ?? null,
        withBodies: options.bodies,
      },
      {
        logs: backend.logs,
        clock: session.clock,
        serviceNow: () => backend.serviceNow(),
        patience,
        baseUrl: backend.baseUrl,
        signal: session.signal,
        waiting: session.waiting,
      },
    );
    const isDone = isWhole(pulled);
    return { exit: isDone ? exitCodes.ok : exitCodes.partial, output: render(pulled, options, session) };
  } finally {
    await open.close();
  }
}

function isWhole({ workspaces, failed }: Pulled): boolean {
  return failed.length === 0 && workspaces.every(({ isPending }) => !isPending);
}

function render(all: Pulled, options: LogsPullOptions, session: Session): string {
  const { workspaces: pulled, failed } = all;
  if (options.format === 'json') {
    const workspaces = pulled.map(({ isPending, ...rest }) => ({ ...rest, pending: isPending }));
    return renderJson<PullDocument>({
      version: jsonVersion,
      ok: isWhole(all),
      store: options.store,
      workspaces,
      failed,
    });
  }
  const bytes = pulled.reduce((sum, each) => sum + each.bytes, 0);
  const rows = pulled.reduce((sum, each) => sum + each.rows, 0);
  const days = pulled.reduce((sum, each) => sum + each.days, 0);
  const table: AnswerBlock = {
    columns: [
      { head: 'workspace' },
      { head: 'from' },
      { head: 'to' },
      { head: 'days', align: 'right' },
      { head: 'calls', align: 'right' },
      { head: 'size', align: 'right' },
      { head: 'asked now', align: 'right' },
    ],
    rows: pulled.map((each) => [
      each.workspace,
      each.oldest,
      each.newest,
      each.days,
      each.rows,
      { text: formatSize(each.bytes), value: each.bytes },
      `${each.asked.length} days, ${each.exports} exports`,
    ]),
  };
  const notes = pulled.flatMap(({ workspace, damaged, removed, open, malformed, outside, isPending }) => [
    ...(damaged.length === 0
      ? []
      : [`${workspace}: the files of ${damaged.join(', ')} were not as written; asked again.`]),
    ...(removed === 0 ? [] : [`${workspace}: ${removed} days older than --keep are deleted.`]),
    ...(malformed === 0
      ? []
      : [`${workspace}: ${formatWhole(malformed)} lines of the exports are not rows, and are left out.`]),
    ...(outside === 0
      ? []
      : [`${workspace}: ${formatWhole(outside)} rows are of other days than was asked for, and are left out.`]),
    ...(open.length === 0
      ? []
      : [`${workspace}: ${open.join(', ')} may still grow, and is asked for again by the next pull.`]),
    ...(isPending ? [`${workspace}: an export is not done yet; the same command goes on with it.`] : []),
  ]);
  notes.push(...failed.map(({ workspace, why }) => `${workspace}: nothing was pulled: ${why}`));
  const said = `${days} days of ${pulled.length} workspaces in ${options.store}: ${formatWhole(rows)} calls, ${formatSize(bytes)}.`;
  return renderAnswer([table, ...notes.map((text) => ({ text })), { text: said }], session.style);
}
