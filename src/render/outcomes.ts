/** What became of the changes of an apply, for people. */

import type { Outcome, OutcomeStatus } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { describeInForce, describePlaced, type Names } from './describe-change.ts';
import { escapeMarkdown, escapeProse } from './escape-markdown.ts';
import { colorsOf, padCells, type TextStyle } from './style.ts';
import { markOf } from './view/plan-view.ts';
import { wrap } from './wrap.ts';

const statusWords: Readonly<Record<OutcomeStatus, string>> = {
  applied: 'applied',
  'already-applied': 'already so',
  failed: 'FAILED',
  skipped: 'skipped',
  stale: 'stale',
  superseded: 'superseded',
  withheld: 'withheld',
  'not-attempted': 'not attempted',
};

/** One line as a change ends; of what is applied with what is in force now, as it was read back. */
export function renderOutcomeText(
  { change, status, detail, readBack }: Outcome,
  style: TextStyle,
  names: Names,
): string {
  const colors = colorsOf(style);
  const word = padCells(statusWords[status], 13);
  const isGood = status === 'applied' || status === 'already-applied';
  const painted = isGood ? colors.green(word) : status === 'failed' ? colors.red(word) : colors.yellow(word);
  const inForce = isGood ? describeInForce(change, names, readBack) : null;
  const more = [...(inForce === null ? [] : [inForce]), ...(detail === null ? [] : [escapeInvisible(detail)])];
  const text = `${markOf(change)} ${describePlaced(change.key)}${more.length === 0 ? '' : `: ${more.join('; ')}`}`;
  const [first = '', ...rest] = wrap(text, style.columns - 16);
  return [`${painted} ${first}`, ...rest.map((line) => ' '.repeat(16) + line)].join('\n');
}

/** It was to be done in this run, and is not. */
export function isUndone({ status }: Outcome): boolean {
  return status === 'failed' || status === 'stale' || status === 'skipped' || status === 'not-attempted';
}

/** `Applied 3 of 5: 1 already so, 1 failed.` */
export function summarizeOutcomes(outcomes: readonly Outcome[]): string {
  const count = (status: OutcomeStatus): number => outcomes.filter((outcome) => outcome.status === status).length;
  const done = count('applied');
  const others = (['already-applied', 'failed', 'stale', 'skipped', 'superseded', 'not-attempted'] as const).flatMap(
    (status) => {
      const number = count(status);
      return number === 0 ? [] : [`${number} ${statusWords[status].toLowerCase()}`];
    },
  );
  return `Applied ${done} of ${outcomes.length}${others.length === 0 ? '' : `: ${others.join(', ')}`}.`;
}

export const outcomeHead = '| what | outcome | why |';

export function outcomeRow({ change, status, detail }: Outcome): string {
  return `| \`${markOf(change)}\` ${escapeMarkdown(describePlaced(change.key))} | ${status} | ${escapeProse(detail ?? '')} |`;
}

export function renderOutcomesMarkdown(outcomes: readonly Outcome[]): string {
  return `${[outcomeHead, '|---|---|---|', ...outcomes.map(outcomeRow)].join('\n')}\n`;
}
