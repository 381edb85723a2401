/** A backtest as text. */

import { type AnswerBlock, renderAnswer } from './answer.ts';
import type { BacktestFacts } from './backtest-facts.ts';
import type { TextStyle } from './style.ts';
import { type BacktestView, buildBacktestView, isSaid, type SeenFact, type SeenLimit } from './view/backtest-view.ts';

export function renderBacktestText(facts: BacktestFacts, style: TextStyle): string {
  const view = buildBacktestView(facts);
  return renderAnswer(
    [
      ...view.refusals.flatMap(({ text, limits }): AnswerBlock[] => [
        { text },
        ...(limits.length === 0 ? [] : [{ lines: limits.map((limit) => `  ${limit}`) }]),
      ]),
      { text: view.span },
      ...(view.limits.length > 1 ? factBlocks('All limits together', view.together, view.sides) : []),
      ...view.limits.flatMap((limit) => limitBlocks(limit, view.sides)),
      ...(view.notes.length === 0 ? [] : [{ lines: view.notes.map((note) => `- ${note}`) }]),
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

function factBlocks(title: string, facts: readonly SeenFact[], sides: BacktestView['sides']): AnswerBlock[] {
  if (sides === null) {
    const width = Math.max(...facts.map(({ label }) => label.length));
    return [
      { lines: [title, ...facts.filter(isSaid).map(({ label, after }) => `  ${label.padEnd(width)}  ${after}`)] },
    ];
  }
  return [
    {
      title,
      columns: [{ head: '' }, { head: sides.before }, { head: sides.after }],
      rows: facts.filter(isSaid).map(({ label, before, after }) => [label, before, after]),
    },
  ];
}
