/** Whether a pull request is approved, from facts that are values: whose review speaks, and whose counts. */

import { describe, expect, it } from 'vitest';
import { candidateReviews, judgeApproval, mayWrite, speakingReviews } from '../../src/approvals/approved.ts';
import { findPartTakers, type PartTakers } from '../../src/approvals/part-takers.ts';
import { wordsOf } from '../../src/approvals/words.ts';
import type {
  CommitFacts,
  CommitPerson,
  PullReviewFacts,
  Push,
  RepositoryPermission,
  ReviewFacts,
} from '../../src/github/port.ts';

const head = 'h'.repeat(40);
const digest = 'd'.repeat(64);
const account = (login: string, isBot = false) => ({ login, isBot });
let minute = 0;
const time = (at = minute++) => new Date(Date.UTC(2026, 10, 20, 12, at)).toISOString();

function review(login: string, more: Partial<ReviewFacts> = {}): ReviewFacts {
  const body = `/tollgate allow deletes=3@${digest.slice(0, 32)}`;
  const usual = {
    id: 'r',
    url: 'u',
    author: account(login),
    state: 'APPROVED',
    body,
    commit: head,
    submittedAt: time(),
    lastEditedAt: null,
  };
  return { ...usual, ...more };
}

function factsOf(reviews: readonly ReviewFacts[], more: Partial<PullReviewFacts> = {}): PullReviewFacts {
  const pull = { number: 1, author: account('alice'), head } as PullReviewFacts['pull'];
  return {
    pull,
    state: 'merged',
    reviews,
    baseMoves: [],
    headForcePushes: [],
    commits: [],
    hasAllCommits: true,
    ...more,
  };
}

const alice: PartTakers = { people: new Set(['alice']), doubt: null };

function judge(
  reviews: readonly ReviewFacts[],
  more: {
    facts?: Partial<PullReviewFacts>;
    partTakers?: PartTakers;
    permission?: RepositoryPermission;
    digestsAt?: ReadonlyMap<string, readonly string[] | null>;
  } = {},
) {
  const permissions = new Map(reviews.map(({ author }) => [author?.login ?? '', more.permission ?? 'write']));
  const { digestsAt = new Map(), partTakers = alice } = more;
  const approval = judgeApproval({
    facts: factsOf(reviews, more.facts),
    partTakers,
    digests: [digest],
    digestsAt,
    permissions,
  });
  return [approval.isApproved, approval.approvals.map(({ author }) => author?.login)];
}

const no = [false, []];

describe('a review counts', () => {
  it.each<readonly [string, Parameters<typeof judge>, readonly unknown[]]>([
    ['of somebody else who may write', [[review('bob')]], [true, ['bob']]],
    ['not of the author, in any case of letters', [[review('Alice')]], no],
    ['not of a bot', [[review('helper', { author: account('helper', true) })]], no],
    ['not of nobody', [[review('bob', { author: null })]], no],
    ['not of who may only read', [[review('bob')], { permission: 'read' }], no],
    ['not when it is taken back', [[review('bob'), review('bob', { state: 'DISMISSED' })]], no],
    [
      'not when the same person asks for changes later',
      [[review('bob'), review('bob', { state: 'CHANGES_REQUESTED' })]],
      no,
    ],
    [
      'also when the same person comments later',
      [[review('bob'), review('bob', { state: 'COMMENTED' })]],
      [true, ['bob']],
    ],
    [
      'when it follows a call for changes',
      [[review('bob', { state: 'CHANGES_REQUESTED' }), review('bob')]],
      [true, ['bob']],
    ],
    ['not while it is pending', [[review('bob', { submittedAt: null })]], no],
    ['not of a head that is gone', [[review('bob', { commit: null })]], no],
    ['not of another head', [[review('bob', { commit: 'x' })]], no],
    [
      'of another head that asks for the same',
      [[review('bob', { commit: 'x' })], { digestsAt: new Map([['x', [digest]]]) }],
      [true, ['bob']],
    ],
    [
      'not of another head that asks for more',
      [[review('bob', { commit: 'x' })], { digestsAt: new Map([['x', [digest, 'e']]]) }],
      no,
    ],
    [
      'not of another head that asks for less',
      [[review('bob', { commit: 'x' })], { digestsAt: new Map([['x', []]]) }],
      no,
    ],
    ['not where more was committed than is told', [[review('bob')], { facts: { hasAllCommits: false } }], no],
  ])('%s', (_, given, expected) => {
    expect(judge(...given)).toEqual(expected);
  });

  it('by when it was given, whatever the order in which it is told', () => {
    const [approved, dismissed] = [
      review('bob', { submittedAt: time(1) }),
      review('bob', { submittedAt: time(2), state: 'DISMISSED' }),
    ];
    expect(judge([dismissed, approved])).toEqual(no);
    expect(speakingReviews(factsOf([dismissed, approved])).map(({ state }) => state)).toEqual(['DISMISSED']);
  });

  it.each<readonly [string, number, number]>([
    ['before', 3, 0],
    ['as', 2, 0],
    ['after', 1, 1],
  ])('not when it was given %s what it is merged into moved', (_, moved, count) => {
    const facts = factsOf([review('bob', { submittedAt: time(2) })], {
      baseMoves: [{ kind: 'changed', at: time(moved) }],
    });
    expect(candidateReviews(facts, alice)).toHaveLength(count);
  });

  it('not alone where somebody is not known', () => {
    const doubted = { people: new Set(['alice']), doubt: 'who pushed is a bot' };
    expect(judge([review('bob')], { partTakers: doubted })).toEqual([false, ['bob']]);
    expect(judge([review('bob'), review('carol')], { partTakers: doubted })).toEqual([true, ['bob', 'carol']]);
    expect(judge([review('bob'), review('bob')], { partTakers: doubted })).toEqual([false, ['bob']]);
  });

  it.each<readonly [RepositoryPermission | undefined, boolean]>([
    ['admin', true],
    ['maintain', true],
    ['write', true],
    ['read', false],
    ['none', false],
    [undefined, false],
  ])('of who has %s: %s', (permission, may) => {
    expect(mayWrite(permission)).toBe(may);
  });
});

describe('the words of a review', () => {
  const said = (more: Partial<ReviewFacts>) =>
    wordsOf([review('bob', more)], digest).map(({ guard, number, by }) => [guard, number, by]);
  const word = [['deletes', 3, 'bob']];

  it.each<readonly [string, Partial<ReviewFacts>, readonly unknown[]]>([
    ['count', {}, word],
    ['do not once it was edited', { lastEditedAt: time() }, []],
    ['do not for another request', { body: `/tollgate allow deletes=3@${'e'.repeat(32)}` }, []],
    ['do not in a quote', { body: `> /tollgate allow deletes=3@${digest.slice(0, 32)}` }, []],
    ['do not within a line', { body: `please /tollgate allow deletes=3@${digest.slice(0, 32)}` }, []],
    ['do not where they are not shown', { body: `<!--\n/tollgate allow deletes=3@${digest.slice(0, 32)}\n-->` }, []],
    ['do not in code', { body: `\`\`\`\n/tollgate allow deletes=3@${digest.slice(0, 32)}\n\`\`\`` }, []],
    ['do not folded away', { body: `<details>\n\n/tollgate allow deletes=3@${digest.slice(0, 32)}\n\n</details>` }, []],
  ])('%s', (_, more, words) => {
    expect(said(more)).toEqual(words);
  });
});

describe('who had a part', () => {
  const person = (login: string | null, more: Partial<CommitPerson> = {}): CommitPerson => ({
    account: login === null ? null : account(login),
    name: 'N',
    email: `${login ?? 'x'}@example.com`,
    isBot: false,
    ...more,
  });
  const commit = (more: Partial<CommitFacts> = {}): CommitFacts => ({
    sha: 'c1',
    parents: [],
    authors: [person('alice')],
    committer: person('alice'),
    authoredByCommitter: true,
    message: 'm',
    signature: null,
    ...more,
  });
  const byGitHub = { isValid: true, wasSignedByGitHub: true, signer: 'web-flow' };
  const push = (login: string, after = 'c1', at = time()): Push => ({
    actor: account(login),
    before: 'x',
    after,
    at,
    kind: 'push',
  });
  const takers = (commits: readonly CommitFacts[], pushes: readonly Push[] | null = [], own = commits) =>
    findPartTakers(factsOf([], { commits }), new Set(own.map(({ sha }) => sha)), pushes);

  it.each<readonly [string, Partial<CommitFacts>, readonly string[]]>([
    ['its author', { authors: [person('carol')] }, ['alice', 'carol']],
    ['a co-author', { authors: [person('alice'), person('carol')] }, ['alice', 'carol']],
    ['a committer', { committer: person('carol') }, ['alice', 'carol']],
    ['whoever asked for it', { message: 'm\n\nRequested-by: @Carol' }, ['alice', 'carol']],
    ['all who asked for it', { message: 'm\n\nRequested-by: @carol\nREQUESTED-BY: dave' }, ['alice', 'carol', 'dave']],
    [
      'not who suggested a line that GitHub committed',
      { authors: [person('alice'), person('carol')], signature: byGitHub },
      ['alice'],
    ],
    [
      'who is only said to have suggested it',
      { authors: [person('alice'), person('carol')], signature: { ...byGitHub, isValid: false } },
      ['alice', 'carol'],
    ],
  ])('%s', (_, more, people) => {
    expect([...takers([commit(more)]).people].sort()).toEqual(people);
  });

  it('whoever pushed it first, and nobody who pushed on top of it', () => {
    const two = [commit(), commit({ sha: 'c2', parents: ['c1'] })];
    const pushes = [push('dave', 'c2', time(9)), push('carol', 'c1', time(5))];
    expect([...takers(two, pushes, two.slice(0, 1)).people].sort()).toEqual(['alice', 'carol']);
  });

  it('nobody by a commit that moves no policy file', () => {
    expect([...takers([commit({ authors: [person('carol')] })], [], []).people]).toEqual(['alice']);
  });

  it.each<readonly [string, Partial<CommitFacts>, readonly Push[] | null, boolean]>([
    ['everybody is known', {}, [], false],
    ['an address that no account has', { authors: [person(null)] }, [], true],
    ['asked by somebody with an account', { message: 'm\n\nRequested-by: @carol' }, [], false],
    ['asked by an app', { message: 'm\n\nRequested-by: @helper[bot]' }, [], false],
    ['asked by a name that is no account', { message: 'm\n\nRequested-by: @carol@example.com' }, [], true],
    ['… but who pushed it is known', { authors: [person(null)] }, [push('carol')], false],
    ['a bot wrote it', { authors: [person('helper', { isBot: true })] }, [], true],
    ['a bot helped', { authors: [person('alice'), person('helper', { isBot: true })] }, [], false],
    ['a bot pushed it', {}, [{ ...push('helper'), actor: account('helper', true) }], true],
    ['the name of GitHub without its signature', { committer: person('web-flow') }, [], true],
  ])('with doubt where %s', (_, more, pushes, isDoubted) => {
    expect(takers([commit(more)], pushes).doubt !== null).toBe(isDoubted);
  });
});
