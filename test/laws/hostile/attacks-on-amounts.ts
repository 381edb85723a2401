/** Known attacks on rules of approval (P), ceilings (C) and dates (U): each in all its forms. */

import {
  agreed,
  applied,
  approve,
  dated,
  groupIs,
  loosened,
  merged,
  open,
  passed,
  pushed,
  raise,
  record,
  returned,
  rule,
  solo,
  spendFree,
  started,
  words,
} from './deeds.ts';
import type { Attacks } from './steps.ts';

export const attacksOnAmounts = {
  // Approved, and not by those whom a rule names; then by one of them.
  P1: (['asked', 'team', 'policies'] as const).map((name) => [
    ...agreed(rule(name)),
    open('alice', raise()),
    approve('bob'),
    merged(),
    applied(),
    started('owner', 'bob'),
    approve('carol'),
    applied(),
  ]),
  // The rule goes, is another one or names the author, in the same pull request or before it.
  P2: [
    [...agreed(rule('asked')), open('alice', rule('asked', false), raise()), approve('bob'), merged(), applied()],
    [
      ...agreed(rule('asked')),
      open('alice', rule('asked', false), rule('wider')),
      approve('bob'),
      merged(),
      applied(),
      open('alice', raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      ...agreed(rule('asked')),
      pushed('alice', rule('asked', false), ...loosened),
      applied(),
      pushed('alice', raise()),
      applied(),
    ],
  ],
  // In two steps, over two pull requests or two caps; and for a while only.
  P3: [
    [
      ...agreed(rule('asked')),
      open('alice', raise(450)),
      approve('bob'),
      merged(),
      open('alice', raise(900)),
      approve('bob'),
      merged(),
      applied(),
    ],
    [...agreed(rule('asked')), open('alice', raise(), dated('2026-11-22', 100)), approve('bob'), merged(), applied()],
    [
      ...agreed(rule('asked')),
      open('alice', dated('2026-11-22', 900)),
      approve('bob'),
      merged(),
      applied(),
      passed(2),
      returned,
      applied(),
    ],
    [
      ...agreed(rule('asked')),
      open('alice', dated('2026-11-22', null)),
      approve('bob'),
      merged(),
      applied(),
      passed(2),
      returned,
    ],
  ],
  // Who is in a team, and who owns, is as of the apply.
  P4: [
    [
      ...agreed(rule('team')),
      open('alice', raise()),
      approve('carol'),
      { do: 'team', login: 'carol', isIn: false },
      merged(),
      applied(),
      { do: 'team', login: 'carol', isIn: true },
      applied(),
    ],
    [...agreed(rule('ghosts')), open('alice', raise()), approve('carol'), approve('bob'), merged(), applied()],
    [
      ...agreed(rule('owner'), { do: 'owner', owner: '@carol' }),
      open('alice', { do: 'owner', owner: '@Bob' }, raise()),
      approve('bob'),
      merged(),
      applied(),
      approve('carol'),
      applied(),
    ],
    [
      ...agreed(rule('team')),
      { do: 'team', login: 'alice', isIn: true },
      open('alice', raise()),
      approve('bob'),
      approve('alice'),
      merged(),
      applied(),
    ],
  ],
  // Nobody else's head, and no rise that comes later.
  P5: [
    [
      ...agreed(rule('asked')),
      open('alice', raise(450)),
      approve('carol'),
      { do: 'amend', pull: 0, by: 'alice', edits: [raise()] },
      approve('bob'),
      merged(),
      applied(),
    ],
    [...agreed(rule('asked')), record('delete'), pushed('alice', raise()), applied(), started('owner')],
    [
      ...agreed(rule('asked'), { do: 'setting', setting: 'alone', value: true }),
      open('alice', raise()),
      merged(),
      applied(),
      started('alice'),
    ],
  ],
  // Above the ceiling at once, or with somebody else's rise.
  C1: [
    [...agreed(groupIs('b', 300), spendFree), open('alice', solo(900)), approve('bob'), merged(), applied()],
    [
      ...agreed(groupIs('glob', 300), spendFree),
      open('alice', solo(200)),
      approve('bob'),
      merged(),
      applied(),
      open('alice', solo(900)),
      approve('bob', { word: words({ guard: 'ceiling', number: 3 }) }),
      merged(),
      applied(),
      approve('carol', { word: words({ guard: 'ceiling', number: 2_000 }) }),
      applied(),
    ],
  ],
  // The ceiling rises, the workspace leaves, or the group goes: with the rise that it would have stopped.
  C2: [
    groupIs('b', 5_000),
    groupIs('a', 300),
    groupIs('nobody', 300),
    { do: 'group' as const, group: 'research' as const, is: null },
  ].map((change) => [
    ...agreed(groupIs('b', 300), spendFree),
    open('alice', change, solo(900)),
    approve('bob'),
    merged(),
    applied(),
  ]),
  // A lower one counts at once; one that nobody reviewed too, and none that somebody pushed away.
  C3: [
    [...agreed(spendFree), open('alice', groupIs('id', 150), solo(900)), approve('bob'), merged(), applied()],
    [
      ...agreed(groupIs('both', 300), spendFree),
      pushed('alice', { do: 'group', group: 'research', is: null }),
      applied(),
      open('alice', solo(900)),
      approve('bob'),
      merged(),
      applied(),
      started('alice'),
    ],
    [
      ...agreed(groupIs('b', 300), spendFree),
      open('alice', dated('2026-11-22', 900, 'solo')),
      approve('bob'),
      merged(),
      applied(),
      passed(2),
      returned,
      applied(),
    ],
  ],
  // A reviewed return comes, once and with each way of running.
  U1: [
    [...agreed(raise(), dated('2026-11-22', 105)), returned, passed(2), returned, returned, applied()],
    [...agreed(raise(), dated('2026-11-22', 105)), passed(5), applied(), returned],
    [...agreed(solo(120), dated('2026-11-22', 105, 'solo')), passed(2), returned, applied()],
  ],
  // Moved, taken out or changed by nobody's word: before its day, and on it.
  U2: [
    [
      ...agreed(raise(), dated('2026-11-22', 105)),
      pushed('alice', dated('2026-11-25', 900)),
      applied(),
      passed(2),
      returned,
      applied(),
      passed(5),
      returned,
      applied(),
    ],
    [
      ...agreed(raise(), dated('2026-11-22', 105)),
      pushed('alice', { do: 'until', cap: 'alpha', until: null }),
      passed(2),
      returned,
      applied(),
    ],
    [pushed('alice', dated('2026-11-18', 900)), returned, applied(), passed(1), returned, applied()],
    [open('alice', dated('2026-11-22', 900)), merged(), applied(), passed(2), returned, applied(), started('alice')],
  ],
  // Another amount, date or what holds then, after the review and before the merge.
  U3: [dated('2026-11-25', 105), dated('2026-11-22', 900), raise(900)].map((change) => [
    open('alice', raise(200), dated('2026-11-22', 105)),
    approve('bob'),
    { do: 'amend' as const, pull: 0, by: 'alice', edits: [change] },
    merged(),
    applied(),
    passed(2),
    returned,
    applied(),
  ]),
  // A record that somebody pushed, or put back, returns nothing that was withdrawn.
  U4: [
    [pushed('alice', dated('2026-11-22', 900)), record('forge'), passed(2), returned, applied()],
    [
      ...agreed(dated('2026-11-22', 900)),
      ...agreed({ do: 'until', cap: 'alpha', until: null }),
      record('restore'),
      passed(2),
      returned,
    ],
    [
      ...agreed(dated('2026-11-22', 900)),
      ...agreed({ do: 'until', cap: 'alpha', until: null }),
      record('restore'),
      pushed('alice', dated('2026-11-22', 900)),
      passed(2),
      applied(),
    ],
    [...agreed(raise(), dated('2026-11-22', 105)), record('delete'), passed(2), returned],
  ],
  // What somebody set by hand meanwhile is loosened by no date.
  U5: [
    [
      ...agreed(raise(200), dated('2026-11-22', 900)),
      { do: 'by-hand', name: 'alpha', budget: 90 },
      passed(2),
      returned,
      applied(),
    ],
    [...agreed(raise(), dated('2026-11-22', null)), passed(2), returned, applied()],
  ],
} satisfies Attacks;
