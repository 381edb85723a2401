import { expect, it } from 'vitest';
import { renderOpenMetrics } from '../../src/render/openmetrics.ts';

const family = (samples: readonly (readonly [Record<string, string>, number])[]) => ({
  name: 'tollgate_used_dollars',
  unit: 'dollars',
  help: 'Used.',
  samples: samples.map(([labels, value]) => ({ labels, value })),
});

it.each<[what: string, samples: readonly (readonly [Record<string, string>, number])[], lines: readonly string[]]>([
  ['no sample', [], []],
  ['no label', [[{}, 1]], ['tollgate_used_dollars 1']],
  [
    'sorted',
    [
      [{ a: 'z' }, 1],
      [{ a: 'b' }, 2],
    ],
    ['tollgate_used_dollars{a="b"} 2', 'tollgate_used_dollars{a="z"} 1'],
  ],
  [
    'two samples with the same labels',
    [
      [{ a: 'b' }, 1],
      [{ a: 'b' }, 2],
    ],
    ['tollgate_used_dollars{a="b"} 1'],
  ],
  [
    'numbers',
    [
      [{ a: '1' }, 1e21],
      [{ a: '2' }, 0.000001],
      [{ a: '3' }, Number.POSITIVE_INFINITY],
      [{ a: '4' }, -0.5],
    ],
    [
      'tollgate_used_dollars{a="1"} 1e+21',
      'tollgate_used_dollars{a="2"} 0.000001',
      'tollgate_used_dollars{a="3"} +Inf',
      'tollgate_used_dollars{a="4"} -0.5',
    ],
  ],
  ['quotes, backslashes and ends of lines', [[{ a: '"\\\n' }, 1]], ['tollgate_used_dollars{a="\\"\\\\\\\\n"} 1']],
])('%s', (_, samples, lines) => {
  const head = [
    '# TYPE tollgate_used_dollars gauge',
    '# UNIT tollgate_used_dollars dollars',
    '# HELP tollgate_used_dollars Used.',
  ];
  expect(renderOpenMetrics([family(samples)])).toBe(
    [...(lines.length === 0 ? [] : head), ...lines, '# EOF', ''].join('\n'),
  );
});
