import { describe, expect, test } from 'vitest';
import { mostPages, type Page, walkList } from '../../src/client/paging.ts';

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `row-${from + index}`);

/** A server over a list; `turn` sees every page asked for and may change the list before it is answered. */
function server(
  list: string[],
  options: { size?: number; first?: number; turn?: (page: number, list: string[]) => void } = {},
) {
  const { size = 100, first = 0, turn } = options;
  const asked: number[] = [];
  const readPage = async (page: number): Promise<Page<string>> => {
    asked.push(page);
    turn?.(page, list);
    const start = Math.max(0, page - first) * size;
    return { rows: list.slice(start, start + size), total: list.length };
  };
  return { asked, walk: () => walkList(readPage, (row) => row) };
}

describe('a list is read whole', () => {
  test.each([
    ['nothing', 0, [0]],
    ['one page', 42, [0]],
    ['exactly one page', 100, [0, 1]],
    ['one row more', 101, [0, 1]],
    ['many pages', 250, [0, 1, 2]],
  ])('%s', async (_, count, asked) => {
    const list = names(0, count);
    const served = server(list);
    expect(await served.walk()).toEqual({ rows: list });
    expect(served.asked).toEqual(asked);
  });

  test('from a server that ignores paging', async () => {
    const served = server(names(0, 102), { size: 10_000 });
    expect(await served.walk()).toEqual({ rows: names(0, 102) });
    expect(served.asked).toEqual([0, 1]);
  });

  test.each([101, 199, 200, 201, 350, 1000])('of %i from a server that counts from 1', async (count) => {
    const served = server(names(0, count), { first: 1 });
    expect(await served.walk()).toEqual({ rows: names(0, count) });
  });

  test('from a server that counts from 1 and has nothing on page 0', async () => {
    const list = names(0, 150);
    const readPage = async (page: number) => ({
      rows: page === 0 ? [] : list.slice((page - 1) * 100, page * 100),
      total: 150,
    });
    expect(await walkList(readPage, (row) => row)).toEqual({ rows: list });
  });

  test('from a server with smaller pages than asked for', async () => {
    const served = server(names(0, 130), { size: 50 });
    expect(await served.walk()).toEqual({ rows: names(0, 130) });
    expect(served.asked).toEqual([0, 1, 2]);
  });

  test('from a server that names no total', async () => {
    for (const first of [0, 1]) {
      const list = names(0, 250);
      const readPage = async (page: number) => {
        const start = Math.max(0, page - first) * 100;
        return { rows: list.slice(start, start + 100), total: undefined };
      };
      expect(await walkList(readPage, (row) => row)).toEqual({ rows: list });
    }
  });

  test('of ten thousand, pages side by side', async () => {
    let busy = 0;
    let busiest = 0;
    const list = names(0, 10_000);
    const readPage = async (page: number) => {
      busiest = Math.max(busiest, ++busy);
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy--;
      return { rows: list.slice(page * 100, page * 100 + 100), total: list.length };
    };
    expect(await walkList(readPage, (row) => row)).toEqual({ rows: list });
    expect(busiest).toBeGreaterThan(16);
  });
});

describe('a list that changes under the walk', () => {
  test('a row created in the middle: walked again, with the new row', async () => {
    let done = false;
    const served = server(names(0, 250), {
      turn(page, list) {
        if (page === 1 && !done) {
          done = true;
          list.unshift('new');
        }
      },
    });
    expect(await served.walk()).toEqual({ rows: ['new', ...names(0, 250)] });
  });

  test('a row removed in the middle: walked again, without it', async () => {
    let done = false;
    const served = server(names(0, 250), {
      turn(page, list) {
        if (page === 1 && !done) {
          done = true;
          list.shift();
        }
      },
    });
    expect(await served.walk()).toEqual({ rows: names(1, 250) });
  });

  test('again and again: given up after two walks', async () => {
    let count = 0;
    const served = server(names(0, 150), { turn: (page, list) => void (page === 1 && list.unshift(`new-${count++}`)) });
    expect(await served.walk()).toEqual({
      problem: expect.stringMatching(/does not add up after two walks: 15\d different rows, total/),
    });
    expect(served.asked.filter((page) => page === 0)).toHaveLength(2);
  });
});

test.each([
  ['always the same page', async () => ({ rows: names(0, 100), total: 250 })],
  ['fewer rows than the total', async (page: number) => ({ rows: page === 0 ? names(0, 20) : [], total: 21 })],
  ['more rows than the total', async () => ({ rows: names(0, 20), total: 10 })],
  ['a total beyond all reason', async (page: number) => ({ rows: page === 0 ? names(0, 100) : [], total: 1e12 })],
])('a server with %s is not believed, after few requests', async (_, readPage) => {
  let requests = 0;
  const counted = (page: number): Promise<Page<string>> => {
    requests++;
    return readPage(page);
  };
  expect(await walkList(counted, (row) => row)).not.toHaveProperty('rows');
  expect(requests).toBeLessThan(200);
});

/** A server over 100-row pages whose total is what `totalOf` makes of the list and the page. */
function counting(list: readonly string[], totalOf: (page: readonly string[], number: number) => number | undefined) {
  const asked: number[] = [];
  const readPage = async (page: number, size: number): Promise<Page<string>> => {
    asked.push(page);
    const rows = list.slice(page * size, (page + 1) * size);
    return { rows, total: totalOf(rows, page) };
  };
  return { asked, walk: () => walkList(readPage, (row) => row) };
}

describe('trust-C4: a total is a check and never the stop', () => {
  const counts = [0, 1, 99, 100, 101, 120, 200, 250, 300];
  test.each(counts)('of %i rows, where the total counts the page', async (count) => {
    const served = counting(names(0, count), (page) => page.length);
    expect(await served.walk()).toEqual({ rows: names(0, count) });
  });

  test.each([
    ['there is no total', () => undefined],
    ['the total is NaN', () => Number.NaN],
    ['the total is negative', () => -1],
    ['the total is not a whole number', () => 0.5],
  ])('where %s', async (_, totalOf) => {
    for (const count of counts) {
      const served = counting(names(0, count), totalOf);
      expect(await served.walk()).toEqual({ rows: names(0, count) });
    }
  });

  test.each([
    ['says nothing is there', (): number => 0],
    ['stops at the first page', (): number => 100],
    ['is one too many', (): number => 121],
    ['is one too few', (): number => 119],
    ['is another on each page', (_: readonly string[], page: number): number => 120 + page],
  ])('a total that %s is not believed, and the part that was seen neither', async (_, totalOf) => {
    expect(await counting(names(0, 120), totalOf).walk()).toEqual({
      problem: expect.stringContaining('120 different rows'),
    });
  });

  test('without a total two walks have to see the same rows', async () => {
    const list = names(0, 150);
    let removed = 0;
    const walk = () =>
      walkList(
        async (page, size) => {
          // What goes on page 0 shifts page 1, which then lacks a row.
          if (page === 1 && removed++ === 0) list.shift();
          return { rows: list.slice(page * size, (page + 1) * size), total: undefined };
        },
        (row: string) => row,
      );
    expect(await walk()).toEqual({ problem: expect.stringContaining('no total') });
    expect(await walk()).toEqual({ rows: names(1, 150) });
  });

  test('pages that overlap, without a total, are not believed', async () => {
    const list = names(0, 250);
    let inserted = false;
    const walked = await walkList(
      async (page, size) => {
        if (page === 2 && !inserted) {
          inserted = true;
          list.unshift('new');
        }
        return { rows: list.slice(page * size, (page + 1) * size), total: undefined };
      },
      (row: string) => row,
    );
    expect(walked).toEqual({ problem: expect.stringContaining('two walks') });
  });

  test.each([
    ['101 rows and ignores paging', 101, true],
    ['100 rows and ignores paging', 100, true],
    ['its first page again and again', 100, false],
  ])('a server that answers %s', async (_, count, isWhole) => {
    let requests = 0;
    const walked = await walkList(
      async (_page, size) => {
        requests += 1;
        return { rows: isWhole ? names(0, count) : names(0, Math.min(size, count)), total: count };
      },
      (row: string) => row,
    );
    expect(walked).toEqual(isWhole ? { rows: names(0, count) } : { problem: expect.stringContaining('repeat') });
    expect(requests).toBeLessThan(10);
  });

  test.each([
    ['names no total', undefined],
    ['names a total beyond all reason', 1e15],
  ])('trust-D8: a list without an end, of a server that %s, is given up', async (_, total) => {
    let requests = 0;
    const walked = await walkList(
      async (page) => {
        requests += 1;
        return { rows: names(page * 100, page * 100 + 100), total };
      },
      (row: string) => row,
    );
    expect(walked).toEqual({ problem: expect.stringContaining('does not end') });
    expect(requests).toBe(mostPages);
  });
});
