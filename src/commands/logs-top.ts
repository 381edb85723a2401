import { exitCodes } from '../exit-codes.ts';
import { describeFacts } from '../logs/describe-facts.ts';
import { exactDollars } from '../logs/spend.ts';
import { type CallOrder, readTopCalls, type TopCalls } from '../logs/top-calls.ts';
import { type AnswerBlock, renderAnswer, renderCsv } from '../render/answer.ts';
import type { TopDocument } from '../render/documents/logs.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { moneyOf, moneyOrNull } from '../render/money.ts';
import { formatWhole } from '../resources/amounts.ts';
import type { CommandResult, Session } from '../run/session.ts';
import { isoOf } from '../tools/values.ts';
import { type LogsRowsOptions, rowsAskedOf, rowsNeedsOf } from './logs-rows.ts';
import { askClickHouse, isOfClickHouse, type SourceOptions } from './rows-source.ts';

export interface LogsTopOptions extends LogsRowsOptions, SourceOptions {
  readonly order: CallOrder;
  readonly limit: number;
  readonly format: 'text' | 'json' | 'csv';
}

/** @throws UserError, CancelledError */
export async function runLogsTop(options: LogsTopOptions, session: Session): Promise<CommandResult> {
  const top = await session.waiting('reading rows', readTop(options, session));
  return { exit: exitCodes.ok, output: render(top, options, session) };
}

async function readTop(options: LogsTopOptions, session: Session): Promise<TopCalls> {
  const { order, limit } = options;
  const asked = rowsAskedOf(options, session);
  if (!isOfClickHouse(options, options.files, 'the files')) {
    return readTopCalls(order, limit, asked, rowsNeedsOf(session));
  }
  const { readTableTop } = await import('../logs/clickhouse-top.ts');
  return askClickHouse(options, session, (table, server) => readTableTop(order, limit, { ...asked, table }, server));
}

function render({ calls, facts }: TopCalls, { format, order }: LogsTopOptions, session: Session): string {
  const notes = describeFacts({ ...facts, missing: {} });
  if (format === 'json') {
    const rows = calls.map(({ time, cost, ...rest }) => ({ ...rest, at: isoOf(time), cost: moneyOrNull(cost) }));
    return renderJson<TopDocument>({ version: jsonVersion, ok: true, order, calls: rows, of: facts.rows, notes });
  }
  const table: AnswerBlock = {
    columns: [
      ...['at', 'workspace', 'user', 'model', 'status'].map((head) => ({ head })),
      ...['tokens', 'cost'].map((head) => ({ head, align: 'right' as const })),
      { head: 'id' },
    ],
    rows: calls.map(({ id, time, cost, tokens, workspace, user, model, status }) => [
      ...[isoOf(time), workspace, user, model, status, tokens],
      cost === null ? null : { text: moneyOf(cost).usd, value: exactDollars(cost) },
      id,
    ]),
  };
  if (format === 'csv') return renderCsv([table]) ?? '';
  const texts = [`The first ${formatWhole(calls.length)} of ${formatWhole(facts.rows)} calls, by ${order}.`, ...notes];
  return renderAnswer([table, ...texts.map((text) => ({ text }))], session.style);
}
