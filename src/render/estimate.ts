/** Dollars of a token budget, tokens of a dollar budget: as text, JSON and markdown. Rounds, and nothing before it does. */

import { compare, type Exact, fraction, multiply, round, toText } from '../exact.ts';
import { formatAge } from '../prices/age.ts';
import type { Figure, Range } from '../prices/estimate.ts';
import type { ModelPrice, Provenance } from '../prices/types.ts';
import { escapeInvisible } from '../printable.ts';
import { type Amount, formatAmount } from '../resources/amounts.ts';
import type { EstimateDocument, FiguresDocument } from './documents/estimate.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { jsonVersion, renderJson } from './json.ts';
import { cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap } from './wrap.ts';

export interface EstimateView {
  /** False: a price file could not be read, so that what is unknown may have a price. */
  readonly ok: boolean;
  readonly budget: Amount;
  /** Parts of input and output. */
  readonly mix: { readonly input: number; readonly output: number; readonly isAssumed: boolean };
  readonly inputShare: Exact;
  readonly models: readonly { readonly price: ModelPrice; readonly range: Range }[];
  /** All models together; null where there is one. */
  readonly all: Range | null;
  readonly notes: readonly string[];
  readonly now: Date;
}

export function renderEstimate(view: EstimateView, format: 'text' | 'json' | 'markdown', style: TextStyle): string {
  switch (format) {
    case 'json':
      return renderJson(estimateDocument(view));
    case 'markdown':
      return renderMarkdown(view);
    case 'text':
      return renderText(view, style);
  }
}

/** Prices are exact US cents per token, and figures exact cents or tokens: `11/40000`. */
function estimateDocument(view: EstimateView): EstimateDocument {
  const { budget, mix, models, all, now } = view;
  const figures = (range: Range): FiguresDocument => ({
    unit: budget.unit === 'cost' ? 'tokens' : 'cents',
    lowest: figureDocument(range.lowest, view),
    expected: figureDocument(range.expected, view),
    highest: figureDocument(range.highest, view),
  });
  return {
    version: jsonVersion,
    ok: view.ok,
    budget: { unit: budget.unit === 'cost' ? 'cents' : budget.unit, amount: budget.amount, text: formatBudget(view) },
    mix: { input: mix.input, output: mix.output, input_share: toText(view.inputShare), assumed: mix.isAssumed },
    models: models.map(({ price, range }) => ({
      model: price.model,
      kind: price.kind,
      why: price.why,
      cents_per_token: price.tokens.map(({ input, output, where }) => ({
        input: input === null ? null : toText(input),
        output: output === null ? null : toText(output),
        where,
      })),
      notes: price.notes,
      suggestion: price.suggestion,
      source: price.provenance === null ? null : sourceDocument(price.provenance, now),
      estimate: figures(range),
    })),
    all: all === null ? null : figures(all),
    notes: view.notes,
    left_out: leftOut,
  };
}

function sourceDocument(provenance: Provenance, now: Date): NonNullable<EstimateDocument['models'][number]['source']> {
  const { kind, from, asOf, cached } = provenance;
  return { kind, from, as_of: asOf, age_seconds: Math.floor(ageOf(provenance, now) / 1000), cached };
}

function figureDocument(figure: Figure, view: EstimateView): FiguresDocument['lowest'] {
  const value = 'value' in figure ? toText(figure.value) : null;
  return { bound: figure.bound, value, text: formatFigure(figure, view) };
}

const leftOut = 'cached tokens, batch, longer contexts, images, audio and tools';

const headings = ['model', 'input / 1M', 'output / 1M', 'lowest', 'expected', 'highest'];

function rowsOf(view: EstimateView): string[][] {
  const figures = ({ lowest, expected, highest }: Range): string[] =>
    [lowest, expected, highest].map((figure) => formatFigure(figure, view));
  return [
    ...view.models.map(({ price, range }) => [
      escapeInvisible(price.model),
      formatSide(price, 'input'),
      formatSide(price, 'output'),
      ...figures(range),
    ]),
    ...(view.all === null ? [] : [['all, in equal shares', '', '', ...figures(view.all)]]),
  ];
}

function renderText(view: EstimateView, style: TextStyle): string {
  const colors = colorsOf(style);
  const rows = [headings, ...rowsOf(view)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => cellsOf(row[column] ?? ''))));
  const [head = '', ...lines] = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? padCells(cell, width) : ' '.repeat(width - cellsOf(cell)) + cell;
      })
      .join('  ')
      .trimEnd(),
  );
  /** A sentence over several lines where it is longer than one; the rest is indented. */
  const fold = (text: string): string[] =>
    wrap(text, style.columns - 2).map((line, index) => (index === 0 ? line : `  ${line}`));
  return `${[
    ...fold(describeQuestion(view)).map(colors.bold),
    '',
    colors.dim(head),
    ...lines,
    '',
    ...describeModels(view).flatMap(fold),
    ...view.notes.flatMap((note) => fold(`! ${escapeInvisible(note)}`)).map(colors.yellow),
    ...describeSources(view).flatMap(fold),
    ...fold(footnote).map(colors.dim),
  ].join('\n')}\n`;
}

function renderMarkdown(view: EstimateView): string {
  const table = [headings, headings.map((_, column) => (column === 0 ? '---' : '---:')), ...rowsOf(view)];
  const cells = (row: readonly string[], index: number): string =>
    `| ${row.map((cell) => (index === 1 ? cell : escapeMarkdown(cell))).join(' | ')} |`;
  const lines = [...describeModels(view), ...view.notes, ...describeSources(view), footnote];
  return `${[
    `**${escapeMarkdown(describeQuestion(view))}**`,
    '',
    ...table.map(cells),
    '',
    ...lines.map((line) => `- ${escapeMarkdown(line)}`),
  ].join('\n')}\n`;
}

const footnote = `Left out: ${leftOut}. Only traffic through the gateway is counted.`;

function describeQuestion(view: EstimateView): string {
  const { mix, budget } = view;
  const what = budget.unit === 'cost' ? `Tokens that ${formatBudget(view)} buys` : `What ${formatBudget(view)} cost`;
  const origin = mix.isAssumed ? 'assumed; --mix says otherwise' : 'from --mix';
  return `${what}, at ${mix.input}:${mix.output} of input and output (${origin})`;
}

/** What a row has no room for: why there is no price, what else costs something, another name. */
function describeModels({ models }: EstimateView): string[] {
  const said = models.flatMap(({ price }) => {
    const { model, kind, why, notes, suggestion } = price;
    const verdict = kind === 'priced' ? [] : [`${verdicts[kind]}${why === null ? '' : `: ${why}`}`];
    const other = suggestion === null ? [] : [`${suggestion} is listed`];
    const parts = [...verdict, ...notes, ...other];
    return parts.length === 0 ? [] : [escapeInvisible(`${model} · ${parts.join('; ')}`)];
  });
  const isFree = models.some(({ price }) => price.kind === 'unpriced');
  return isFree
    ? [...said, 'Models without a price count nothing against a budget in dollars; budgets in tokens count them.']
    : said;
}

const verdicts: Readonly<Record<ModelPrice['kind'], string>> = {
  priced: 'priced',
  priced_by_unit: 'priced by another unit, so that its cost cannot be derived from tokens',
  fallback: 'at the price for unknown names',
  zero_by_design: 'costs nothing',
  unpriced: 'no price',
  unknown: 'unknown',
};

/** Every source once, with its age. */
function describeSources({ models, now }: EstimateView): string[] {
  const lines = models.flatMap(({ price: { provenance } }) =>
    provenance === null ? [] : [describeSource(provenance, now)],
  );
  return [...new Set(lines)];
}

function describeSource(provenance: Provenance, now: Date): string {
  const { kind, from, asOf, cached } = provenance;
  const age = formatAge(ageOf(provenance, now));
  const when = `${asOf.slice(0, 16).replace('T', ' ')} UTC, ${age} ago`;
  const where = kind === 'integration' ? `integration ${escapeInvisible(from)}` : escapeInvisible(from);
  return `Prices: ${where}, ${kind === 'folder' ? 'last changed' : 'read'} ${when}${cached ? ' (kept copy)' : ''}`;
}

function ageOf({ asOf }: Provenance, now: Date): number {
  return Math.max(0, now.getTime() - Date.parse(asOf));
}

function formatBudget({ budget }: EstimateView): string {
  return formatAmount(budget.amount, budget.unit);
}

/** Dollars per million tokens of one side; the least and the greatest where there are several prices. */
function formatSide({ tokens, kind }: ModelPrice, side: 'input' | 'output'): string {
  if (tokens.length === 0) return kind === 'unpriced' ? 'none' : 'unknown';
  const values = tokens.flatMap((price) => (price[side] === null ? [] : [price[side]])).sort(compare);
  const [least, greatest] = [values[0], values.at(-1)];
  if (least === undefined || greatest === undefined) return 'not listed';
  const [low, high] = [formatPerMillion(least), formatPerMillion(greatest)];
  return low === high ? low : `${low} to ${high}`;
}

/** Cents per token → dollars per million: × 10,000. At least two decimals, and six at most. */
function formatPerMillion(price: Exact): string {
  const millionths = round(multiply(price, fraction(10_000_000_000n, 1n)));
  const digits = millionths.toString().padStart(7, '0');
  const decimals = digits.slice(-6).replace(/0+$/, '').padEnd(2, '0');
  return `$${digits.slice(0, -6).replace(/\B(?=(\d{3})+$)/g, ',')}.${decimals}`;
}

/** Money to the nearest cent, halves up; tokens rounded down, since a part of one buys nothing. */
export function formatFigure(figure: Figure, { budget }: EstimateView): string {
  switch (figure.bound) {
    case 'unknown':
      return 'unknown';
    case 'unlimited':
      return 'unlimited';
    case 'exact':
      return formatValue(figure.value, budget);
    case 'at_least':
      return `at least ${formatValue(figure.value, budget)}`;
    case 'at_most':
      return `at most ${formatValue(figure.value, budget)}`;
  }
}

function formatValue(value: Exact, budget: Amount): string {
  // Beyond 2^53 the last digits are not the true ones; nobody budgets 90 trillion dollars.
  if (budget.unit === 'cost') return formatAmount(Number(value.n / value.d), 'tokens');
  const cents = round(value);
  // Not nothing: rounding must not make it free.
  return cents === 0n && value.n > 0n ? 'under $0.01' : formatAmount(Number(cents), 'cost');
}
