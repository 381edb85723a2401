/** A source of rows made of values. */

import type { RowBatch, RowSource, SourceFacts } from '../../src/logs/row-batch.ts';
import type { GeneratedRows } from './generate-rows.ts';

/** As a reader hands on what the generator made: the user by its own name. */
export function sourceOf(
  { chunks, words }: Pick<GeneratedRows, 'chunks' | 'words'>,
  more: Partial<SourceFacts> = {},
): RowSource {
  const rename = (column: string) => (column === 'metadata._user' ? 'user' : column);
  const missing: Record<string, number> = {};
  const rows = chunks.reduce((sum, { count }) => sum + count, 0);
  for (const column of Object.keys(words)) {
    const said = chunks.reduce(
      (sum, { dims }) => sum + (dims[column]?.reduce((all, code) => all + (code >= 0 ? 1 : 0), 0) ?? 0),
      0,
    );
    missing[rename(column)] = rows - said;
  }
  const last = chunks.at(-1);
  return {
    facts: {
      asked: { from: null, to: null },
      files: [],
      rows,
      oldest: chunks[0]?.time[0] ?? null,
      newest: last?.time[last.count - 1] ?? null,
      duplicates: 0,
      contradictions: 0,
      otherWorkspaces: 0,
      malformed: { count: 0, first: [] },
      cost: { missing: 0, otherCurrency: {}, tooFine: 0, outOfRange: 0 },
      tokensMissing: 0,
      cacheUnknown: 0,
      missing,
      gaps: [],
      windows: [],
      ...more,
    },
    dictionary: Object.fromEntries(Object.entries(words).map(([column, list]) => [rename(column), list ?? []])),
    async *batches() {
      for (const chunk of chunks) {
        const dims = Object.fromEntries(Object.entries(chunk.dims).map(([column, codes]) => [rename(column), codes]));
        yield { ...chunk, dims } satisfies RowBatch;
      }
    },
    close: async () => {},
  };
}
