import { describe, expect, it } from 'vitest';
import { type AnswerBlock, type AnswerCell, renderAnswer, renderCsv } from '../../src/render/answer.ts';

const at = (columns: number) => ({ color: false, columns });
const table = (heads: readonly string[], rows: readonly (readonly AnswerCell[])[]): AnswerBlock[] => [
  { columns: heads.map((head) => (head.endsWith('$') ? { head, align: 'right' } : { head })), rows },
];
const policies = 'key-ceiling, monthly-spend, old-trial, summer-campaign';
const keys = table(
  ['workspace', 'name', 'used$', 'policies'],
  [
    ['ws-market-4f2a1c', 'brand-studio', '$94.82', policies],
    ['ws-market-4f2a1c', 'campaign-writer', '$65.28', 'monthly-spend, one-with-a-very-long-name-indeed'],
  ],
);

describe('a table', () => {
  it('that fits is one line a row, whatever is the same in all of them', () => {
    expect(renderAnswer(keys, at(120)).split('\n')).toEqual([
      'workspace         name              used$  policies',
      `ws-market-4f2a1c  brand-studio     $94.82  ${policies}`,
      'ws-market-4f2a1c  campaign-writer  $65.28  monthly-spend, one-with-a-very-long-name-indeed',
      '',
    ]);
  });

  it('that does not fit says once what is the same in all rows, and goes on in the next line', () => {
    expect(renderAnswer(keys, at(60)).split('\n')).toEqual([
      'workspace: ws-market-4f2a1c',
      'name              used$  policies',
      'brand-studio     $94.82  key-ceiling, monthly-spend,',
      '                         old-trial, summer-campaign',
      'campaign-writer  $65.28  monthly-spend,',
      '                         one-with-a-very-long-name-indeed',
      '',
    ]);
  });

  it('never breaks a word, not even where nothing can make it fit', () => {
    const narrow = renderAnswer(keys, at(40));
    for (const word of policies.split(', ')) expect(narrow).toContain(word);
    expect(narrow).toContain('one-with-a-very-long-name-indeed');
  });

  it('of one row keeps its columns: nothing of it stands for others', () => {
    const [block] = keys;
    const one = block !== undefined && 'rows' in block ? [{ ...block, rows: block.rows.slice(0, 1) }] : [];
    expect(renderAnswer(one, at(60))).toMatch(/^workspace {9}name/);
  });

  it('shows times to the minute, and midnight as a day; programs get them whole', () => {
    const times = table(
      ['when', 'cost$'],
      [
        ['2026-11-30T05:30:31.000Z', 1],
        ['2026-12-01T00:00:00.000Z', null],
      ],
    );
    expect(renderAnswer(times, at(80))).toContain('2026-11-30 05:30      1\n2026-12-01            –');
    expect(renderCsv(times)).toBe('when,cost$\r\n2026-11-30T05:30:31.000Z,1\r\n2026-12-01T00:00:00.000Z,\r\n');
  });
});
