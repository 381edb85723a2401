import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeFacts } from '../logs/describe-facts.ts';
import { buildFocusRows, focusColumns, focusGrouping } from '../logs/focus.ts';
import { plainDims } from '../logs/row-batch.ts';
import { exactDollars, readRowSpend, type Spend, type SpendGroup } from '../logs/spend.ts';
import { didYouMean } from '../nearest-name.ts';
import { escapeInvisible } from '../printable.ts';
import { type AnswerBlock, renderAnswer, renderCsv } from '../render/answer.ts';
import type { SpendDocument, SpendGroupDocument } from '../render/documents/logs.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { moneyOf, moneyOrNull } from '../render/money.ts';
import { formatWhole } from '../resources/amounts.ts';
import type { CommandResult, Session } from '../run/session.ts';
import { isoOf } from '../tools/values.ts';
import { type LogsRowsOptions, rowsAskedOf, rowsNeedsOf } from './logs-rows.ts';
import { askClickHouse, isOfClickHouse, type SourceOptions } from './rows-source.ts';

export interface LogsSpendOptions extends LogsRowsOptions, SourceOptions {
  readonly by: readonly string[];
  /** Groups that are shown. */
  readonly limit: number;
  readonly format: 'text' | 'json' | 'csv' | 'focus';
}

/** @throws UserError, CancelledError */
export async function runLogsSpend(options: LogsSpendOptions, session: Session): Promise<CommandResult> {
  const isFocus = options.format === 'focus';
  if (isFocus && options.by.length > 0) {
    throw new UserError('--by and --format focus do not go together', {
      hint: `FOCUS has its own grouping: ${focusGrouping.join(', ')}. Leave --by out.`,
    });
  }
  const by = isFocus ? focusGrouping : options.by.length === 0 ? ['workspace'] : options.by;
  for (const each of by) refuseUnknown(each);
  const spend = await session.waiting('reading rows', readSpend(by, options, session));
  return { exit: exitCodes.ok, output: isFocus ? writeFocus(spend, session) : render(spend, by, options, session) };
}

async function readSpend(by: readonly string[], options: LogsSpendOptions, session: Session): Promise<Spend> {
  const asked = rowsAskedOf(options, session);
  if (!isOfClickHouse(options, options.files, 'the files')) return readRowSpend(by, asked, rowsNeedsOf(session));
  const { readTableSpend } = await import('../logs/clickhouse-spend.ts');
  return askClickHouse(options, session, (table, server) => readTableSpend(by, { ...asked, table }, server));
}

/** @throws UserError */
function refuseUnknown(by: string): void {
  const known = ['day', ...plainDims];
  if (known.includes(by) || /^metadata\../s.test(by)) return;
  throw new UserError(`--by ${JSON.stringify(by)}: rows cannot be told apart by that${didYouMean(by, known)}`, {
    hint: `Write one of ${known.join(', ')}, or metadata.KEY.`,
  });
}

/** To stdout goes the file alone; what is not in it is said beside. */
function writeFocus(spend: Spend, session: Session): string {
  const { rows, leftOut } = buildFocusRows(spend);
  const notes = describeFacts(spend.facts);
  const left = leftOut === 0 ? [] : [`${formatWhole(leftOut)} calls are not in it: their cost is not known.`];
  for (const note of [...notes, ...left]) session.say(`${escapeInvisible(note)}\n`);
  return renderCsv([{ columns: focusColumns.map((head) => ({ head })), rows }]) ?? '';
}

function render(spend: Spend, by: readonly string[], options: LogsSpendOptions, session: Session): string {
  const { groups, total, facts } = spend;
  const notes = describeFacts(facts);
  if (options.format === 'json') {
    return renderJson<SpendDocument>({
      version: jsonVersion,
      ok: true,
      by,
      window: {
        oldest: facts.oldest === null ? null : isoOf(facts.oldest),
        newest: facts.newest === null ? null : isoOf(facts.newest),
      },
      groups: groups.map((group) => ({ names: group.names, ...documentOf(group) })),
      total: documentOf(total),
      notes,
    });
  }
  const shown = options.format === 'csv' ? groups : groups.slice(0, options.limit);
  const table: AnswerBlock = {
    columns: [
      ...by.map((head) => ({ head })),
      ...['requests', 'failed', 'tokens', 'cost', 'cost unknown'].map((head) => ({ head, align: 'right' as const })),
    ],
    rows: shown.map(({ names, requests, failed, tokens, cost, costUnknown }) => [
      ...names,
      requests,
      failed,
      tokens === null ? null : { text: String(tokens), value: String(tokens) },
      cost === null ? null : { text: moneyOf(cost).usd, value: exactDollars(cost) },
      costUnknown,
    ]),
  };
  if (options.format === 'csv') return renderCsv([table]) ?? '';
  const spent = total.cost === null ? 'at a cost that is not known' : `for ${moneyOf(total.cost).usd}`;
  const window =
    facts.oldest === null || facts.newest === null ? '' : `, ${isoOf(facts.oldest)} to ${isoOf(facts.newest)}`;
  const more = groups.length - shown.length;
  const texts = [
    ...(more > 0 ? [`and ${formatWhole(more)} more: --limit shows them.`] : []),
    total.requests === 0 ? 'No calls.' : `${formatWhole(total.requests)} calls ${spent}${window}.`,
    ...notes,
  ];
  return renderAnswer([table, ...texts.map((text) => ({ text }))], session.style);
}

function documentOf({ requests, failed, tokens, cost, costUnknown }: SpendGroup): SpendGroupDocument {
  return {
    requests,
    failed,
    tokens: tokens === null ? null : Number(tokens),
    cost: moneyOrNull(cost),
    dollars: cost === null ? null : exactDollars(cost),
    cost_unknown: costUnknown,
  };
}
