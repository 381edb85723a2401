/** A backtest as text. */

import { type AnswerBlock, renderAnswer } from './answer.ts';
import type { BacktestFacts } from './backtest-facts.ts';
import { cellsOf, padCells, type TextStyle } from './style.ts';
import { type BacktestView, buildBacktestView, isSaid, type SeenFact, type SeenLimit } from './view/backtest-view.ts';

export function renderBacktestText(facts: BacktestFacts, style: TextStyle): string {
  const view = buildBacktestView(facts);
  return renderAnswer(
    [
      ...view.refusals.flatMap(({ text, limits }): AnswerBlock[] => [
        { text },
        ...(limits.length === 0 ? [] : [{ labelled: limits.map((limit) => ['  ', limit] as const) }]),
      ]),
      { text: view.span },
      ...(view.limits.length > 1 ? factBlocks('All limits together', view.together, view.sides) : []),
      ...view.limits.flatMap((limit) => limitBlocks(limit, view.sides)),
      ...(view.notes.length === 0 ? [] : [{ labelled: view.notes.map((note) => ['- ', note] as const) }]),
    ],
    style,
  );
}

function limitBlocks(limit: SeenLimit, sides: BacktestView['sides']): AnswerBlock[] {
  const { title, facts, who, more, doubts } = limit;
  const table: AnswerBlock = {
    columns: [
      { head: 'who' },
      { head: 'blocked since' },
      { head: 'days', align: 'right' },
      { head: 'calls', align: 'right' },
      { head: 'dollars', align: 'right' },
      { head: 'alert at' },
    ],
    rows: who.map(({ since, days, calls, money, alert, ...rest }) => [rest.who, since, days, calls, money, alert]),
  };
  return [
    ...factBlocks(title, facts, sides),
    ...(who.length === 0 ? [] : [table]),
    ...(more === null ? [] : [{ text: more }]),
    ...doubts.map((text) => ({ text })),
  ];
}

/** One below the other, each with its side: two such texts side by side fit no screen. */
function factBlocks(title: string, facts: readonly SeenFact[], sides: BacktestView['sides']): AnswerBlock[] {
  const width = Math.max(...facts.map(({ label }) => label.length));
  const side = sides === null ? 0 : Math.max(cellsOf(sides.before), cellsOf(sides.after)) + 2;
  return [
    {
      title,
      labelled: facts.filter(isSaid).flatMap(({ label, before, after }) => {
        const head = `  ${label.padEnd(width)}  `;
        if (sides === null) return [[head, after] as const];
        if (before === after) return [[head + padCells('both', side), after] as const];
        return [
          [head + padCells(sides.before, side), before] as const,
          [' '.repeat(head.length) + padCells(sides.after, side), after] as const,
        ];
      }),
    },
  ];
}
