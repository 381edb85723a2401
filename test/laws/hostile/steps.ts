/** Stories as values that shrink: what people do, step by step, and attacks that are known, between steps that are not. */

import fc from 'fast-check';
import {
  capNames,
  type Edit,
  type Group,
  groupNames,
  type Members,
  memberTexts,
  ruleNames,
  type Settings,
  type Until,
} from './model.ts';

/** Pull requests are counted from the latest one back. */
export type Step =
  | { readonly do: 'attack'; readonly name: string }
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

/** Of a name all forms of an attack. */
export type Attacks = Readonly<Record<string, readonly (readonly Step[])[]>>;

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

export const parts = { plainOpen, oddOpen, review, merge, apply, dispatch, other, days, ordinary };

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
