/** `page_size` and `current_page`. */

import { EmulatorError } from './errors.ts';
import type { Quirks } from './quirks.ts';

export interface PageQuery {
  readonly pageSize?: string | undefined;
  readonly currentPage?: string | undefined;
}

export interface PageRules {
  readonly defaultSize?: number;
  readonly maxSize?: number;
  readonly list?: 'policies' | 'people';
}

function readCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    const message = `Validation failed: ${name}: must be a number of at least 0`;
    throw new EmulatorError(400, 'AB01', message, { param: name, location: 'query' });
  }
  return Number(text);
}

export function takePage<Row>(
  rows: readonly Row[],
  query: PageQuery,
  quirks: Quirks,
  rules: PageRules = {},
): { readonly total: number | undefined; readonly rows: Row[] } {
  const { maxSize = 100 } = rules;
  const askedSize = readCount('page_size', query.pageSize);
  const askedPage = readCount('current_page', query.currentPage);
  const isPlain = askedSize === undefined && askedPage === undefined;
  const isIgnored = quirks.policiesIgnorePaging && rules.list === 'policies';
  let page: Row[];
  if (isIgnored || (isPlain && rules.defaultSize === undefined)) {
    page = [...rows];
  } else {
    const size = Math.min(
      askedSize === undefined || askedSize === 0 ? (rules.defaultSize ?? maxSize) : askedSize,
      maxSize,
    );
    const first = quirks.pagesRepeat ? 0 : quirks.pagesFromOne ? Math.max(askedPage ?? 1, 1) - 1 : (askedPage ?? 0);
    page = rows.slice(first * size, (first + 1) * size);
  }
  return { total: countTotal(rows.length, page.length, quirks), rows: page };
}

function countTotal(all: number, page: number, quirks: Quirks): number | undefined {
  switch (quirks.wrongTotal) {
    case 'page':
      return page;
    case 'more':
      return all + 1;
    case 'zero':
      return 0;
    case 'none':
      return undefined;
    case null:
      return all;
  }
}
