/** Honest mistakes in one sound file, each with the line where it must be told, and what was meant where that is certain. */

import fc from 'fast-check';

export const sound = `version: 1
kind: workspace
workspace: ws-one
x-common: &common
  reset: monthly
  per: workspace_id
policies:
  total:
    budget: $500
    reset: monthly
    alert: 80%
    per: workspace_id
    match:
      metadata.team: nlp
  burst:
    rate: 100 requests/minute
    per: api_key
  shared:
    <<: *common
    budget: 2M tokens
limits:
  budget: $2,000
  reset: monthly
  rate: 600 requests/minute
keys:
  ci:
    budget: $50
    reset: weekly
    alert: 80%
    rate: 60 requests/minute
    expires: 2027-01-31T00:00:00Z
  "*":
    budget: 1M tokens
    reset: never
providers:
  openai:
    budget: $100
    reset: every 14 days
forget: [keys/old]
alerts:
  recipients: [team@example.com]
`;
const lines = sound.split('\n');

export interface Mistake {
  readonly kind: 'amount' | 'window' | 'word' | 'indentation' | 'reference';
  readonly text: string;
  /** Where it must be told, from 1. */
  readonly line: number;
  /** Files that say what was meant: one, or one for each reading. Empty: nobody can tell. */
  readonly meant: readonly string[];
}

const put = (index: number, text: string): string => lines.with(index, text).join('\n');
const keyed = (key: string): number[] =>
  lines.flatMap((line, index) => (line.trim().startsWith(`${key}:`) ? [index] : []));
const withValue = (index: number, value: string): string =>
  put(
    index,
    (lines[index] ?? '').replace(/: .*$/, () => `: ${value}`),
  );

/** A value in place of a sound one, and the values that it may have meant. */
function inValue(
  kind: Mistake['kind'],
  key: string,
  values: fc.Arbitrary<readonly [wrong: string, ...meant: readonly string[]]>,
  only: readonly number[] = keyed(key),
): fc.Arbitrary<Mistake> {
  return fc.tuple(fc.constantFrom(...only), values).map(([index, [wrong, ...meant]]) => ({
    kind,
    text: withValue(index, wrong),
    line: index + 1,
    meant: meant.map((value) => withValue(index, value)),
  }));
}

const hundreds = fc.integer({ min: 3, max: 998 });
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);

const amounts = hundreds.chain((n) =>
  oneOf<readonly [string, ...string[]]>(
    [`$${n}.000`, `$${n}`, `$${n},000`],
    [`${n}.000 tokens`, `${n} tokens`, `${n},000 tokens`],
    [`"$${n}.500,00"`, `$${n},500`],
    [`$${n}.000.000`, `$${n}M`],
    [`${n} 000 tokens`, `${n}k tokens`],
    [`${n}'000 tokens`, `${n}k tokens`],
    [`${n},5M tokens`, `${n}.5M tokens`],
    [`${n},5 million tokens`, `${n}.5M tokens`],
    ['.5M tokens', '500k tokens'],
    [`${n}K tokens`, `${n}k tokens`],
    [`${n} thousand tokens`, `${n}k tokens`],
    [`${n} USD`, `$${n}`],
    [`USD ${n}`, `$${n}`],
    [`${n}$`, `$${n}`],
    [`US$${n}`, `$${n}`],
    [`$ ${n}`, `$${n}`],
    [`${n},00 dollars`, `$${n}`],
    [`${n}00 cents`, `$${n}`],
    [`${n}`, `$${n}`, `${n} tokens`, `${n} requests`],
    [`€${n}`],
    [`"${n}.000 €"`],
    [`${n} CHF`],
    [`£${n}/month`],
    [`-$${n}`],
    ['50%'],
    ['$0'],
    ['0'],
    ['0 tokens'],
    ['$0.50'],
    ['unlimited'],
    ['off'],
    ['$' + '{BUDGET}'],
    ['$BUDGET'],
    ['lots'],
    ['five hundred dollars'],
    [`[$${n}]`],
    [`{ amount: ${n} }`],
    ['99999999999999999999 tokens'],
    [`$${n}.1234`],
    [`${n}.5 tokens`],
    [''],
  ),
);

const periodic = hundreds.chain((n) =>
  oneOf<readonly [string, string, string]>(
    [`$${n}/month`, `$${n}`, 'monthly'],
    [`${n} USD per month`, `$${n}`, 'monthly'],
    [`$${n} a week`, `$${n}`, 'weekly'],
    [`$${n}/day`, `$${n}`, 'every 1 day'],
    [`$${n} monthly`, `$${n}`, 'monthly'],
    [`${n}k tokens/year`, `${n}k tokens`, 'every 365 days'],
    [`$${n}/fortnight`, `$${n}`, 'every 14 days'],
  ),
);

/** On keys whose budget has its reset right behind it. */
const periodicBudget: fc.Arbitrary<Mistake> = fc
  .tuple(oneOf(8, 21, 26, 36), periodic)
  .map(([index, [wrong, amount, reset]]) => {
    const base = withValue(index, amount).split('\n');
    const meant = base.with(index + 1, (base[index + 1] ?? '').replace(/: .*$/, `: ${reset}`)).join('\n');
    return { kind: 'amount', text: withValue(index, wrong), line: index + 1, meant: [meant] };
  });

const rates = hundreds.chain((n) =>
  oneOf<readonly [string, ...string[]]>(
    [`${n}.000 requests/minute`, `${n} requests/minute`, `${n},000 requests/minute`],
    [`${n} rpm`, `${n} requests/minute`],
    [`${n}k tpm`, `${n}k tokens/minute`],
    [`${n} req/min`, `${n} requests/minute`],
    [`${n} requests per hour`, `${n} requests/hour`],
    [`${n} calls a day`, `${n} requests/day`],
    [`${n}/min`, `${n} requests/minute`, `${n} tokens/minute`],
    [`${n}`, `${n} requests/minute`, `${n} tokens/minute`],
    [`${n} requests / minute`, `${n} requests/minute`],
    ['0 requests/minute'],
    [`${n} requests/fortnight`],
    [`${n} requests/5 minutes`],
    [`$${n}/day`],
    [`€${n}/day`],
    ['fast'],
    ['unlimited'],
    ['off'],
    ['$' + '{RATE}'],
    [`[${n} requests/minute]`],
    [''],
  ),
);

/** A window that no rate has: the same count as a budget. */
const longRate: fc.Arbitrary<Mistake> = fc
  .tuple(
    hundreds,
    oneOf(['month', 'monthly'], ['year', 'every 365 days'], ['quarter', 'every 90 days']),
    oneOf('/', ' per ', ' a '),
  )
  .map(([n, [window, reset], word]) => {
    const meant = lines.with(15, `    budget: ${n} requests\n    reset: ${reset}`).join('\n');
    return { kind: 'window', text: withValue(15, `${n} requests${word}${window}`), line: 16, meant: [meant] };
  });

const resets = oneOf<readonly [string, ...string[]]>(
  ['daily', 'every 1 day'],
  ['Monthly', 'monthly'],
  ['month', 'monthly'],
  ['per month', 'monthly'],
  ['every month', 'monthly'],
  ['calendar-month', 'monthly'],
  ['every 2 weeks', 'every 14 days'],
  ['2 weeks', 'every 14 days'],
  ['14', 'every 14 days'],
  ['30d', 'every 30 days'],
  ['fortnightly', 'every 14 days'],
  ['quarterly', 'every 90 days'],
  ['yearly', 'every 365 days'],
  ['1 year', 'every 365 days'],
  ['12 months', 'every 365 days'],
  ['none', 'never'],
  ['lifetime', 'never'],
  ['400d'],
  ['every 400 days'],
  ['0'],
  ['every 0 days'],
  ['hourly'],
  ['sometimes'],
  ['[monthly]'],
  ['{ starting: "2026-12-01" }'],
  ['{ every: 10 }'],
  ['{ every: 400 days }'],
  ['{ every: monthly, starting: "2026-12-01" }'],
  ['{ every: 10 days, starting: "2026-02-30" }'],
  [''],
);

const alerts = oneOf<readonly [string, ...string[]]>(
  ['80', '80%'],
  ['0.8', '80%'],
  ['80 percent', '80%'],
  ['80,0%', '80%'],
  ['off', 'none'],
  ['never', 'none'],
  ['100%'],
  ['0%'],
  ['0.005'],
  ['$9,000'],
  ['400d'],
  ['400k tokens'],
  ['$0.50'],
  ['at the end'],
  ['{ at: 80% }'],
  [''],
);

const times = oneOf<readonly [string, ...string[]]>(
  ['2027-01-31', '2027-01-31T00:00:00Z'],
  ['2027/1/31', '2027-01-31T00:00:00Z'],
  ['2027-01-31 12:30', '2027-01-31T12:30:00Z'],
  ['2027-01-31T12:30:00', '2027-01-31T12:30:00Z'],
  ['never', 'none'],
  ['2027-02-30'],
  ['2027-02-30T00:00:00Z'],
  ['31.01.2027'],
  ['tomorrow'],
  ['90d'],
  [''],
);

const groupings = oneOf<readonly [string, ...string[]]>(
  ['workspce_id', 'workspace_id'],
  ['workspace', 'workspace_id'],
  ['everyone', 'workspace_id'],
  ['api-key', 'api_key'],
  ['key', 'api_key'],
  ['apikey', 'api_key'],
  ['modle', 'model'],
  ['user', 'metadata._user'],
  ['metdata.team', 'metadata.team'],
  ['metadata'],
  ['mcp_tool'],
  ['endpoint'],
  ['nobody_knows'],
);

/** Keys of the grammar, where a slip of the finger is a mistake. Names of entries are anybody's. */
const slips: fc.Arbitrary<Mistake> = fc
  .tuple(fc.constantFrom(...lines.keys()), fc.nat(), oneOf('lost', 'swapped', 'doubled'))
  .filter(
    ([index]) =>
      /^ *[a-z]{4,}:/.test(lines[index] ?? '') && !/^ {2}(?:total|burst|shared|openai):/.test(lines[index] ?? ''),
  )
  .map(([index, at, how]) => {
    const [, indent = '', key = '', rest = ''] = /^( *)([a-z]+)(:.*)$/.exec(lines[index] ?? '') ?? [];
    const place = at % (key.length - 1);
    const [a, b] = [key.charAt(place), key.charAt(place + 1)];
    const slip =
      how === 'lost'
        ? key.slice(0, place) + key.slice(place + 1)
        : how === 'swapped'
          ? key.slice(0, place) + b + a + key.slice(place + 2)
          : key.slice(0, place) + a + key.slice(place);
    return {
      kind: 'word' as const,
      text: put(index, indent + slip + rest),
      line: index + 1,
      meant: slip === key ? [] : [sound],
    };
  })
  .filter(({ text }) => text !== sound);

const otherWords: fc.Arbitrary<Mistake> = oneOf(
  [8, 'credit_limit: 500', true],
  [8, 'monthly_budget: $500', true],
  [8, 'limit: $500', true],
  [9, 'periodic_reset: monthly', true],
  [10, 'alerts: 80%', true],
  [10, 'alert_threshold: 400', false],
  [11, 'group_by: workspace_id', true],
  [12, 'conditions:', false],
  [15, 'rpm: 100', false],
  [22, 'period: monthly', true],
  [30, 'expires_at: 2027-01-31T00:00:00Z', true],
  [6, 'usage_limits_policies:', true],
  [24, 'api_keys:', true],
  [34, 'virtual_keys:', true],
  [2, 'workspace_id: ws-one', true],
  [38, 'ignore: [keys/old]', true],
  [13, 'modle: "@openai/*"', false],
  [11, 'scope: workspace', false],
).map(([index, words, isMeant]) => {
  const at = index as number;
  const indent = /^ */.exec(lines[at] ?? '')?.[0] ?? '';
  return { kind: 'word', text: put(at, `${indent}${words}`), line: at + 1, meant: isMeant === true ? [sound] : [] };
});

const fieldLines = [...lines.keys()].filter((index) => /^ {2,}[a-z_."]+: \S/.test(lines[index] ?? '') && index > 6);

const indentation: fc.Arbitrary<Mistake> = fc.oneof(
  fc.tuple(fc.constantFrom(...fieldLines), oneOf(-1, 1)).map(([index, by]) => {
    const line = lines[index] ?? '';
    const moved = by > 0 ? ` ${line}` : line.slice(1);
    return { kind: 'indentation' as const, text: put(index, moved), line: index + 1, meant: [] };
  }),
  fc.constantFrom(...fieldLines).map((index) => ({
    kind: 'indentation' as const,
    text: put(index, (lines[index] ?? '').replace(/^ +/, '\t')),
    line: index + 1,
    meant: [],
  })),
  // All fields of an entry in its own column.
  oneOf([8, 13], [15, 16], [26, 30], [36, 37]).map(([from = 0, to = 0]) => ({
    kind: 'indentation' as const,
    text: lines.map((line, index) => (index >= from && index <= to ? line.slice(2) : line)).join('\n'),
    line: from + 1,
    meant: [],
  })),
  oneOf([21, 23], [40, 40]).map(([from = 0, to = 0]) => ({
    kind: 'indentation' as const,
    text: lines.map((line, index) => (index >= from && index <= to ? line.trimStart() : line)).join('\n'),
    line: from + 1,
    meant: [],
  })),
  fc
    .constantFrom(...fieldLines)
    .map((index) => ({
      kind: 'indentation' as const,
      text: put(index, (lines[index] ?? '').replace(':', '')),
      line: index + 1,
      meant: [],
    }))
    .filter(({ line }) => !/metadata/.test(lines[line - 1] ?? '')),
);

const references: fc.Arbitrary<Mistake> = oneOf<readonly [number, string, string[]]>(
  [18, '    <<: *comon', [sound]],
  [18, '    <<: *nowhere', []],
  [18, '    <<: common', []],
  [31, '  *:', [sound]],
  [13, '      metadata.team: *', []],
  [13, '      model: @openai/gpt-4o', []],
  [13, '      model: gpt-4o', []],
  [38, 'forget: [key/old]', [sound]],
  [38, 'forget: [nothing]', []],
  [40, '  recipients: [team]', []],
  [2, 'workspace: [a]', []],
  [1, 'kind: workspaces', [sound]],
  [0, 'version: "1"', [sound]],
  [8, '    budget: "$500', []],
  [8, '<<<<<<< HEAD\n    budget: $500\n=======\n    budget: $600\n>>>>>>> other', []],
).map(([index, wrong, meant]) => ({ kind: 'reference', text: put(index, wrong), line: index + 1, meant }));

export const mistake: fc.Arbitrary<Mistake> = fc.oneof(
  { weight: 4, arbitrary: inValue('amount', 'budget', amounts) },
  { weight: 2, arbitrary: periodicBudget },
  { weight: 3, arbitrary: inValue('window', 'rate', rates) },
  { weight: 1, arbitrary: longRate },
  { weight: 2, arbitrary: inValue('window', 'reset', resets, keyed('reset').slice(1)) },
  { weight: 2, arbitrary: inValue('amount', 'alert', alerts) },
  { weight: 1, arbitrary: inValue('window', 'expires', times) },
  { weight: 1, arbitrary: inValue('word', 'per', groupings, keyed('per').slice(1)) },
  { weight: 3, arbitrary: slips },
  { weight: 2, arbitrary: otherWords },
  { weight: 4, arbitrary: indentation },
  { weight: 2, arbitrary: references },
);
