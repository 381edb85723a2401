import path from 'node:path';
import { dayMilliseconds, dayOf } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseDay } from '../instant.ts';
import { type AuditFile, writeAudit } from '../logs/audit-file.ts';
import { requireWritable } from '../policy/named-files.ts';
import { type AnswerBlock, renderAnswer } from '../render/answer.ts';
import type { AuditDocument } from '../render/documents/logs.ts';
import { formatSize } from '../render/format-size.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { listFew } from '../render/list-few.ts';
import { moneyOf } from '../render/money.ts';
import { formatWhole } from '../resources/amounts.ts';
import type { CommandResult, Session } from '../run/session.ts';

export interface LogsAuditOptions {
  readonly store: string;
  readonly workspace: readonly string[];
  /** `2026-Q3`, `2026-10`, `2026-10-01` or `2026-10-01..2026-10-15`. */
  readonly period: string;
  readonly out?: string | undefined;
  readonly bodies: boolean;
  readonly format: 'text' | 'json';
}

/** @throws UserError, CancelledError. Where days are missing the file is written, and exit 5 says that it is not all of the period */
export async function runLogsAudit(options: LogsAuditOptions, session: Session): Promise<CommandResult> {
  const { first, last } = parsePeriod(options.period);
  const name = options.out ?? `audit-${first}-${last}.jsonl.gz`;
  const { bodies: withBodies, workspace: workspaces } = options;
  const asked = { workspaces, first, last, withBodies };
  const file = path.resolve(session.cwd, name);
  await requireWritable(file, name);
  const made = await session.waiting(
    'writing the file',
    writeAudit({ ...asked, store: path.resolve(session.cwd, options.store), file }, session.signal),
  );
  const isWhole = made.workspaces.every(({ missing, open }) => missing.length + open.length === 0);
  return { exit: isWhole ? exitCodes.ok : exitCodes.partial, output: render(made, name, isWhole, options, session) };
}

/** @throws UserError */
function parsePeriod(period: string): { readonly first: string; readonly last: string } {
  const [, quarterYear, quarter] = /^(\d{4})-[Qq]([1-4])$/.exec(period) ?? [];
  const [, monthYear, month] = /^(\d{4})-(\d\d)$/.exec(period) ?? [];
  const [, first, last = first] = /^(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?$/.exec(period) ?? [];
  const between = (year: string, from: number, months: number) => ({
    first: dayOf(Date.UTC(Number(year), from, 1)),
    last: dayOf(Date.UTC(Number(year), from + months, 1) - dayMilliseconds),
  });
  if (quarterYear !== undefined) return between(quarterYear, (Number(quarter) - 1) * 3, 3);
  if (monthYear !== undefined && Number(month) >= 1 && Number(month) <= 12)
    return between(monthYear, Number(month) - 1, 1);
  if (first !== undefined && last !== undefined) return daysIn(first, last);
  throw new UserError(`${JSON.stringify(period)} is not a period`, {
    hint: 'Write a quarter such as 2026-Q3, a month such as 2026-10, a day, or days such as 2026-10-01..2026-10-15.',
  });
}

/** @throws UserError */
function daysIn(first: string, last: string): { readonly first: string; readonly last: string } {
  const [begin, end] = [parseDay(first), parseDay(last)];
  if (begin !== null && end !== null && begin <= end) return { first, last };
  const problem =
    begin === null || end === null
      ? `is not a period: there is no ${begin === null ? first : last}`
      : `is not a period: ${last} is before ${first}`;
  throw new UserError(`"${first}..${last}" ${problem}`, { hint: 'Name two days, the earlier one first.' });
}

function render(made: AuditFile, name: string, isWhole: boolean, options: LogsAuditOptions, session: Session): string {
  const { rows, bytes, sha256, cost, costUnknown, workspaces } = made;
  if (options.format === 'json') {
    return renderJson<AuditDocument>({
      version: jsonVersion,
      ok: isWhole,
      file: name,
      rows,
      bytes,
      sha256,
      cost: moneyOf(cost),
      cost_unknown: costUnknown,
      workspaces,
    });
  }
  const table: AnswerBlock = {
    columns: [
      { head: 'workspace' },
      { head: 'calls', align: 'right' },
      { head: 'missing days' },
      { head: 'open days' },
    ],
    rows: workspaces.map((each) => [each.workspace, each.rows, listDays(each.missing), listDays(each.open)]),
  };
  const texts = [
    `${formatWhole(rows)} calls for ${moneyOf(cost).usd} in ${name}, ${formatSize(bytes)}; its manifest says where each day came from.`,
    ...(costUnknown === 0 ? [] : [`The cost of ${formatWhole(costUnknown)} calls is not known, and not in the sum.`]),
    ...(isWhole
      ? []
      : ['The file is not the whole period: `tollgate logs pull` fetches what is missing, then ask again.']),
    `SHA-256: ${sha256}`,
  ];
  return renderAnswer([table, ...texts.map((text) => ({ text }))], session.style);
}

function listDays(days: readonly string[]): string {
  return days.length === 0 ? 'none' : listFew(days, 5);
}
