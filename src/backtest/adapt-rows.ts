/** Rows as a source hands them on, in the words of conditions. */

import { countUnpriced, plainDims, type RowBatch, type RowSource, type SourceFacts } from '../logs/row-batch.ts';
import type { Unit } from '../resources/types.ts';
import { coveredBy } from './covered.ts';
import { peopleColumn } from './refused-calls.ts';
import type { RowFacts } from './replay-limit.ts';

/** What a source calls a column, where that is another word. */
const ofSource: Readonly<Record<string, string>> = { [peopleColumn]: 'user' };

/** Of a column, but for whole models, which are made of two. */
export function dimOf(column: string): string {
  return ofSource[column] ?? column;
}

/** Of what limits go by, rows of some source hold these; an integration, a kind of request or a tool stands in none. */
function isHeld(column: string): boolean {
  return column.startsWith('metadata.') || (plainDims as readonly string[]).includes(column);
}

/** Dimensions that a source has to be opened with for these columns. */
export function dimsOf(columns: Iterable<string>): readonly string[] {
  const dims = new Set<string>();
  for (const column of columns) {
    if (!isHeld(column)) continue;
    dims.add(dimOf(column));
    if (column === 'model') dims.add('provider');
  }
  return [...dims].sort();
}

export interface AdaptedRows {
  readonly facts: RowFacts;
  /** In the order of time, from the start at each call. */
  batches(): AsyncIterable<RowBatch>;
  /** Rows that say nothing of a column. */
  readonly silent: Readonly<Record<string, number>>;
}

export function adaptRows(source: RowSource, columns: readonly string[]): AdaptedRows {
  const { facts, dictionary } = source;
  const dims = dimsOf(columns);
  const known = columns.filter((column) => {
    const dim = dimOf(column);
    return dims.includes(dim) && (facts.missing[dim] ?? facts.rows) < facts.rows;
  });
  const models = known.includes('model') ? joinModels(dictionary.model ?? [], dictionary.provider ?? []) : null;
  const words = Object.fromEntries(
    known.map((column) => [column, column === 'model' ? (models?.words ?? []) : (dictionary[dimOf(column)] ?? [])]),
  );
  const adapt = (batch: RowBatch): RowBatch => ({
    ...batch,
    dims: Object.fromEntries(
      known.flatMap((column) => {
        const codes = batch.dims[dimOf(column)];
        if (codes === undefined) return [];
        return [[column, column === 'model' && models !== null ? models.codesOf(codes, batch.dims.provider) : codes]];
      }),
    ),
  });
  return {
    facts: { words, columns: new Set(known), covered: coveredBy(facts), unsaid: listUnsaid(facts) },
    async *batches() {
      for await (const batch of source.batches({ dims, from: null, to: null })) yield adapt(batch);
    },
    silent: Object.fromEntries(known.map((column) => [column, facts.missing[dimOf(column)] ?? 0])),
  };
}

function listUnsaid(facts: SourceFacts): readonly Unit[] {
  if (facts.rows === 0) return [];
  return [
    ...(countUnpriced(facts) === facts.rows ? ['cost' as const] : []),
    ...(facts.tokensMissing === facts.rows ? ['tokens' as const] : []),
  ];
}

/** `gpt-4o` of `openai` is `@openai/gpt-4o`; what says so already stays. */
function joinModels(names: readonly string[], vendors: readonly string[]) {
  const words: string[] = [];
  const codes = new Map<number, number>();
  const codeOf = (model: number, vendor: number): number => {
    const name = names[model];
    const isWhole = name?.startsWith('@') === true;
    if (name === undefined || (!isWhole && vendors[vendor] === undefined)) return -1;
    const key = model * (vendors.length + 1) + (isWhole ? vendors.length : vendor);
    const known = codes.get(key);
    if (known !== undefined) return known;
    codes.set(key, words.length);
    return words.push(isWhole ? name : `@${vendors[vendor]}/${name}`) - 1;
  };
  return {
    words,
    codesOf: (model: Int32Array, vendor: Int32Array | undefined): Int32Array =>
      model.map((code, row) => (code < 0 ? -1 : codeOf(code, vendor?.[row] ?? -1))),
  };
}
