/** Stories as values that shrink: what people do, step by step, and attacks that are known, between steps that are not. */

import fc from 'fast-check';
import {
  capNames,
  type Edit,
  type Group,
  groupNames,
  type Members,
  memberTexts,
  otherOrganisation,
  ruleNames,
  type Settings,
  type Until,
} from './model.ts';

/** Pull requests are counted from the latest one back. */
export type Step =
  | { readonly do: 'attack'; readonly name: Attack }
  | {
      readonly do: 'open';
      readonly by: string;
      readonly edits: readonly Edit[];
      readonly from: 'tip' | 'start';
      readonly opener?: string;
      readonly author?: null | string;
      readonly coAuthor?: string;
      readonly asGitHub?: 'signed' | 'forged';
      readonly pusher?: string;
      readonly requestedBy?: string;
    }
  | {
      readonly do: 'amend';
      readonly pull: number;
      readonly by: string;
      readonly edits: readonly Edit[];
      readonly suggestedBy?: string;
    }
  | { readonly do: 'update'; readonly pull: number; readonly by: string; readonly edits: readonly Edit[] }
  | {
      readonly do: 'review';
      readonly pull: number;
      readonly by: string;
      readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
      readonly back: number;
      readonly word?: WordStep;
    }
  | { readonly do: 'retarget'; readonly pull: number }
  | {
      readonly do: 'merge';
      readonly pull: number;
      readonly method: 'merge' | 'squash' | 'rebase';
      readonly evil: readonly Edit[];
    }
  | { readonly do: 'push-head'; readonly pull: number }
  | { readonly do: 'push'; readonly by: string; readonly edits: readonly Edit[] }
  | { readonly do: 'comment'; readonly pull: number }
  | { readonly do: 'role'; readonly login: string; readonly role: 'write' | 'read' }
  | { readonly do: 'team'; readonly login: string; readonly isIn: boolean }
  | { readonly do: 'pass'; readonly days: number }
  | { readonly do: 'returns' }
  | { readonly do: 'forget-heads'; readonly pull: number }
  | { readonly do: 'by-hand'; readonly name: string; readonly budget: number }
  | { readonly do: 'record'; readonly deed: 'delete' | 'forge' | 'restore' | 'copy' }
  | {
      readonly do: 'apply';
      readonly event: 'push' | 'schedule' | 'issue_comment' | 'dispatch';
      readonly workTree: boolean;
    }
  | {
      readonly do: 'dispatch';
      readonly actor: string;
      readonly triggeringActor: string;
      readonly approve: 'latest' | 'first' | 'short';
      readonly allow: readonly { readonly guard: string; readonly number: number }[];
      readonly rerun: boolean;
    };

export interface WordStep {
  readonly guard: 'deletes' | 'spend-up' | 'ceiling' | 'protected';
  readonly number: number;
  /** Whose request it names: of this pull request, or of another. */
  readonly of: 'own' | 'other' | 'short';
  readonly place: 'line' | 'quote' | 'comment' | 'code';
  readonly isEdited: boolean;
}

const pull = fc.constantFrom(0, 0, 0, 1, 2);
const author = fc.constantFrom('alice', 'alice', 'bob', 'carol');
const capName = fc.constantFrom(...capNames);
const budget = fc.constantFrom(100, 110, 120, 200, 900);

const until: fc.Arbitrary<Until | null> = fc.option(
  fc.record({
    // One is over, and most come while a story lasts.
    date: fc.constantFrom('2026-11-18', '2026-11-22', '2026-11-22', '2026-11-25'),
    later: fc.constantFrom(null, 90, 105, 600, 900),
  }),
  { freq: 4 },
);
const group: fc.Arbitrary<Group | null> = fc.option(
  fc.record({
    members: fc.constantFrom(...(Object.keys(memberTexts) as Members[])),
    ceiling: fc.constantFrom(150, 300, 5_000),
  }),
  { freq: 4 },
);

/** What judges amounts and dates, and amounts and dates themselves. */
const judging: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('until' as const), cap: fc.constantFrom('alpha', 'beta', 'solo'), until }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rule' as const),
      rule: fc.constantFrom(...ruleNames),
      isThere: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('group' as const), group: fc.constantFrom(...groupNames), is: group }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('owner' as const),
      owner: fc.constantFrom('platform', '@alice', '@Bob', '@carol', '@example/finance'),
    }),
  },
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 12, arbitrary: judging },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('amount' as const), cap: capName, budget }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('key' as const),
      cap: capName,
      key: fc.constantFrom('all' as const, 'app' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('note' as const), cap: capName, note: fc.constantFrom('wide', 'agreed') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), cap: capName }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), cap: capName, budget }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('protect' as const), cap: capName, protect: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('id' as const), cap: capName, id: fc.constantFrom(null, 'foreign') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const), cap: capName, late: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('silence' as const), cap: capName, silenced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), cap: fc.option(capName) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('solo' as const), budget }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('floor' as const), budget: fc.constantFrom(4_000, 9_000, null) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), skips: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('star' as const), budget: fc.constantFrom(300, 800, null) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('setting' as const),
      setting: fc.constantFrom<keyof Settings>('alone', 'reviewed', 'deletes', 'spendUp', 'late'),
      value: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('environment' as const),
      environment: fc.constantFrom('prod', 'production'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('ref' as const),
      ref: fc.constantFrom(null, 'refs/heads/evil-record', 'refs/tollgate/other'),
    }),
  },
);
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

const word: fc.Arbitrary<WordStep> = fc.record({
  guard: fc.constantFrom<WordStep['guard']>('deletes', 'deletes', 'spend-up', 'ceiling', 'protected'),
  number: fc.constantFrom(1, 3, 2_000),
  of: fc.constantFrom('own' as const, 'own' as const, 'own' as const, 'other' as const, 'short' as const),
  place: fc.constantFrom(
    'line' as const,
    'line' as const,
    'line' as const,
    'quote' as const,
    'comment' as const,
    'code' as const,
  ),
  isEdited: fc.constantFrom(false, false, false, true),
});
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 6 });
const someone = fc.constantFrom('alice', 'bob', 'carol', 'bob', 'carol', 'owner', 'reader', 'helper[bot]');

const plainOpen: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('open' as const),
  by: author,
  edits,
  from: fc.constantFrom('tip' as const, 'tip' as const, 'start' as const),
});
const oddOpen: fc.Arbitrary<Step> = fc
  .record({
    do: fc.constant('open' as const),
    by: author,
    edits,
    from: fc.constant('tip' as const),
    opener: option(fc.constantFrom('helper[bot]', 'bob')),
    author: option(fc.constantFrom(null, 'bob')),
    coAuthor: option(fc.constantFrom('bob', 'copilot[bot]')),
    asGitHub: option(fc.constantFrom('signed' as const, 'forged' as const)),
    pusher: option(fc.constantFrom('helper[bot]', 'carol')),
    requestedBy: option(fc.constantFrom('bob', 'carol')),
  })
  .map((open) => withoutUndefined(open) as Step);

const review: fc.Arbitrary<Step> = fc
  .record({
    do: fc.constant('review' as const),
    pull,
    by: someone,
    state: fc.constantFrom(
      'APPROVED',
      'APPROVED',
      'APPROVED',
      'APPROVED',
      'CHANGES_REQUESTED',
      'COMMENTED',
      'DISMISSED',
    ),
    back: fc.constantFrom(0, 0, 0, 1),
    word: fc.option(word, { nil: undefined, freq: 2 }),
  })
  .map((one) => withoutUndefined(one) as Step);

const merge: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('merge' as const),
  pull,
  method: fc.constantFrom('squash' as const, 'merge' as const, 'rebase' as const),
  evil: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: edits }),
});

const apply: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('apply' as const),
  event: fc.constantFrom(
    'push' as const,
    'push' as const,
    'schedule' as const,
    'issue_comment' as const,
    'dispatch' as const,
  ),
  workTree: fc.constantFrom(false, false, true),
});

const dispatch: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('dispatch' as const),
  actor: someone,
  triggeringActor: someone,
  approve: fc.constantFrom('latest' as const, 'latest' as const, 'first' as const, 'short' as const),
  allow: fc.array(
    fc.record({
      guard: fc.constantFrom('deletes', 'spend-up', 'ceiling', 'protected'),
      number: fc.constantFrom(1, 2_000),
    }),
    {
      maxLength: 1,
    },
  ),
  rerun: fc.constantFrom(false, false, true),
});

const other: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      do: fc.constant('amend' as const),
      pull,
      by: author,
      edits,
      suggestedBy: option(fc.constantFrom('bob', 'carol')),
    })
    .map((one) => withoutUndefined(one) as Step),
  fc.record({ do: fc.constant('update' as const), pull, by: author, edits: fc.oneof(fc.constant([]), edits) }),
  fc.record({ do: fc.constant('retarget' as const), pull }),
  fc.record({ do: fc.constant('push-head' as const), pull }),
  fc.record({ do: fc.constant('push' as const), by: author, edits }),
  fc.record({ do: fc.constant('comment' as const), pull }),
  fc.record({ do: fc.constant('team' as const), login: fc.constantFrom('alice', 'carol'), isIn: fc.boolean() }),
  fc.record({
    do: fc.constant('role' as const),
    login: fc.constantFrom('bob', 'carol'),
    role: fc.constantFrom('write' as const, 'read' as const),
  }),
  fc.record({ do: fc.constant('forget-heads' as const), pull }),
  fc.record({
    do: fc.constant('by-hand' as const),
    name: fc.constantFrom('alpha', 'beta'),
    budget: fc.constantFrom(90, 300, 900),
  }),
  fc.record({
    do: fc.constant('record' as const),
    deed: fc.constantFrom('delete' as const, 'forge' as const, 'restore' as const),
  }),
);

const pass: fc.Arbitrary<Step> = fc.record({ do: fc.constant('pass' as const), days: fc.constantFrom(1, 2, 5) });
const returns: fc.Arbitrary<Step> = fc.constant({ do: 'returns' });
/** Days and hourly jobs: some are left out, and some come twice. */
const days: fc.Arbitrary<readonly Step[]> = fc.oneof(
  fc.tuple(pass),
  fc.tuple(returns),
  fc.tuple(pass, returns),
  fc.tuple(pass, returns, returns),
  fc.tuple(pass, apply),
);

/** Opened, approved and merged: what most of a day is. */
const ordinary: fc.Arbitrary<readonly Step[]> = fc.tuple(plainOpen, review, merge, apply);

export type Attack = (typeof attackNames)[number];
export const attackNames = [
  'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8',
  'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12',
  'P1', 'P2', 'P3', 'P4', 'P5', 'C1', 'C2', 'C3', 'U1', 'U2', 'U3', 'U4', 'U5',
] as const; // biome-ignore format: a table

const open = (by: string, ...changes: Edit[]): Step => ({ do: 'open', by, edits: changes, from: 'tip' });
const approve = (by: string, more: Partial<Extract<Step, { do: 'review' }>> = {}): Step => {
  return { do: 'review', pull: 0, by, state: 'APPROVED', back: 0, ...more };
};
const merged = (pull = 0, method: 'merge' | 'squash' = 'squash'): Step => ({ do: 'merge', pull, method, evil: [] });
const applied = (event: 'push' | 'schedule' | 'issue_comment' = 'push', workTree = false): Step => ({
  do: 'apply',
  event,
  workTree,
});
const pushed = (by: string, ...changes: Edit[]): Step => ({ do: 'push', by, edits: changes });
const record = (deed: 'delete' | 'forge' | 'restore' | 'copy'): Step => ({ do: 'record', deed });
const started = (
  actor: string,
  triggeringActor = actor,
  more: Partial<Extract<Step, { do: 'dispatch' }>> = {},
): Step => {
  return { do: 'dispatch', actor, triggeringActor, approve: 'latest', allow: [], rerun: false, ...more };
};
const raise = (budget = 900): Edit => ({ do: 'amount', cap: 'alpha', budget });
const remove: Edit = { do: 'remove', cap: 'beta' };
const note: Edit = { do: 'note', cap: 'gamma', note: 'harmless' };
const words = (more: Partial<WordStep> = {}): WordStep => {
  return { guard: 'deletes', number: 3, of: 'own', place: 'line', isEdited: false, ...more };
};
const rule = (name: (typeof ruleNames)[number], isThere = true): Edit => ({ do: 'rule', rule: name, isThere });
const groupIs = (members: Members, ceiling: number, name: (typeof groupNames)[number] = 'research'): Edit => {
  return { do: 'group', group: name, is: { members, ceiling } };
};
const dated = (date: string, later: number | null, cap: 'alpha' | 'solo' = 'alpha'): Edit => {
  return { do: 'until', cap, until: { date, later } };
};
const passed = (days: number): Step => ({ do: 'pass', days });
const returned: Step = { do: 'returns' };
/** Brought into force by a pull request that everybody has approved. */
const agreed = (...changes: Edit[]): Step[] => [
  { do: 'open', by: 'alice', edits: changes, from: 'tip' },
  ...['bob', 'carol', 'owner'].map((by) => approve(by)),
  merged(),
  applied(),
];
const solo = (budget: number): Edit => ({ do: 'solo', budget });
const spendFree: Edit = { do: 'setting', setting: 'spendUp', value: false };
const loosened: Edit[] = [
  { do: 'setting', setting: 'deletes', value: false },
  { do: 'setting', setting: 'reviewed', value: false },
];

const attacks: Readonly<Record<Attack, readonly (readonly Step[])[]>> = {
  A1: [
    [
      open('alice', { do: 'environment', environment: 'prod' }, ...loosened, { do: 'remove', cap: 'gamma' }, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', { do: 'organisation', organisation: otherOrganisation }, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A2: [
    [
      record('copy'),
      open('alice', { do: 'ref', ref: 'refs/heads/evil-record' }, remove, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A3: ['refs/tags/v9', 'refs/heads/main', 'refs/notes/commits'].map((ref) => [
    open('alice', { do: 'ref', ref }, raise()),
    approve('bob'),
    merged(),
    applied(),
  ]),
  A4: [
    [open('alice', ...loosened, remove), approve('bob'), merged(), applied()],
    [
      open('alice', { do: 'setting', setting: 'late', value: false }, { do: 'late', cap: 'alpha', late: true }),
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', { do: 'silence', cap: 'alpha', silenced: true }, { do: 'late', cap: 'alpha', late: true }),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A5: [
    [record('delete'), open('alice', raise()), approve('bob'), merged(), applied(), started('bob'), started('owner')],
  ],
  A6: [[record('forge'), applied(), pushed('alice', remove), applied()]],
  B1: [[open('alice', remove), approve('bob', { word: words({ of: 'short' }) }), merged(), applied()]],
  B2: [
    [
      open('alice', remove),
      open('bob', note),
      approve('alice', { word: words({ of: 'other' }) }),
      approve('bob', { pull: 1 }),
      merged(1),
      merged(0),
      applied(),
    ],
  ],
  B3: [
    [
      open('alice', raise()),
      merged(),
      applied(),
      started('alice'),
      started('bob', 'alice'),
      started('reader'),
      started('bob'),
    ],
  ],
  B4: [[open('alice', raise()), { do: 'comment', pull: 0 }, merged(), applied()]],
  B5: [
    [open('alice', { do: 'id', cap: 'alpha', id: 'foreign' }), merged(), applied()],
    [pushed('alice', { do: 'id', cap: 'alpha', id: 'foreign' }, raise()), applied()],
  ],
  B6: (['comment', 'code', 'quote', 'line'] as const).map((place) => [
    open('alice', remove),
    approve('bob', { word: words({ place, isEdited: place === 'line' }) }),
    merged(),
    applied(),
  ]),
  B7: [[open('alice', remove), approve('bob', { word: words() }), merged(), applied()]],
  B8: [[open('alice', raise()), approve('bob'), applied('schedule'), applied('issue_comment')]],
  F1: [
    [
      open('alice', raise()),
      { do: 'open', by: 'bob', edits: [{ do: 'key', cap: 'alpha', key: 'app' }], from: 'tip' },
      approve('bob', { pull: 1 }),
      approve('alice'),
      merged(1),
      merged(0),
      applied(),
    ],
  ],
  F2: [
    [
      open('alice', raise()),
      approve('bob'),
      merged(),
      open('alice', raise(100)),
      approve('bob'),
      merged(),
      pushed('alice', raise()),
      applied(),
    ],
    [
      open('alice', raise()),
      approve('bob'),
      merged(),
      applied(),
      record('restore'),
      pushed('alice', raise(100)),
      pushed('alice', raise()),
      applied(),
    ],
  ],
  F3: [
    [pushed('alice', raise()), open('alice', note), approve('bob'), merged(0, 'merge'), applied()],
    [open('alice', raise()), approve('bob'), { do: 'push-head', pull: 0 }, applied()],
  ],
  F4: [[open('alice', raise()), approve('bob'), { do: 'retarget', pull: 0 }, merged(), applied()]],
  F5: [
    [pushed('alice', { do: 'setting', setting: 'alone', value: true }, raise()), applied(), record('forge'), applied()],
  ],
  F6: [
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', opener: 'helper[bot]' },
      approve('bob'),
      merged(),
      applied(),
      approve('carol'),
      applied(),
    ],
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', author: 'bob', pusher: 'helper[bot]' },
      approve('carol'),
      merged(),
      applied(),
    ],
  ],
  F7: [
    [
      open('alice', raise()),
      merged(),
      applied(),
      started('bob'),
      open('alice', raise(100)),
      approve('bob'),
      merged(),
      applied(),
      pushed('alice', raise()),
      started('bob', 'alice', { approve: 'first', rerun: true }),
      started('bob', 'bob', { approve: 'first', rerun: true }),
    ],
  ],
  F8: [
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', asGitHub: 'forged' },
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', raise(200)),
      pushed('carol', note),
      { do: 'update', pull: 0, by: 'bob', edits: [raise()] },
      approve('bob'),
      merged(0, 'merge'),
      applied(),
    ],
  ],
  F9: [[open('alice', raise()), approve('bob'), approve('bob', { state: 'CHANGES_REQUESTED' }), merged(), applied()]],
  F10: [
    [
      { do: 'by-hand', name: 'alpha', budget: 900 },
      pushed('alice', raise()),
      applied(),
      pushed('alice', raise(100)),
      applied(),
    ],
    [
      pushed('alice', { do: 'protect', cap: 'gamma', protect: false }),
      applied(),
      open('alice', { do: 'remove', cap: 'gamma' }),
      approve('bob', { word: words() }),
      merged(),
      applied(),
    ],
    [open('alice', { do: 'forget', cap: 'alpha' }), merged(), applied()],
  ],
  F11: [[applied('push', true), open('alice', raise(120)), approve('bob'), merged(), applied('push', true)]],
  F12: [
    [{ do: 'by-hand', name: 'alpha', budget: 90 }, applied(), open('alice', note), approve('bob'), merged(), applied()],
  ],
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
};

const attacksOf = (name: Attack): (readonly Step[])[] =>
  attacks[name].map((steps) => [{ do: 'attack', name }, ...steps]);
/** Each by itself, in all its forms. */
export const everyAttack = attackNames.flatMap(attacksOf);
const attack: fc.Arbitrary<readonly Step[]> = fc
  .constantFrom(...attackNames)
  .chain((name) => fc.constantFrom(...attacksOf(name)));

export const story: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: attack },
      { weight: 4, arbitrary: ordinary },
      { weight: 1, arbitrary: fc.tuple(oddOpen, review, review, merge, apply) },
      { weight: 2, arbitrary: fc.tuple(apply) },
      { weight: 3, arbitrary: days },
      { weight: 1, arbitrary: fc.tuple(dispatch) },
      { weight: 1, arbitrary: fc.tuple(review) },
      { weight: 3, arbitrary: fc.tuple(other) },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.flat());

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
