import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../src/github/event.ts';

const repository = { full_name: 'example/budgets', default_branch: 'main', private: true };
const pull = (head: object | null, login = 'engineer-1') => ({
  repository,
  pull_request: {
    number: 12,
    user: { login },
    head: { sha: 'h', repo: head },
    base: { ref: 'main', sha: 'b', repo: { full_name: 'example/budgets' } },
  },
});

it.each([
  ['a branch of the repository', pull({ full_name: 'example/budgets' }), false],
  ['a fork', pull({ full_name: 'somebody/budgets' }), true],
  ['a fork that was deleted', pull(null), true],
  ['Dependabot', pull({ full_name: 'example/budgets' }, 'dependabot[bot]'), true],
])('tells whether %s may be trusted with a key', (_name, payload, isForeign) => {
  const { context } = parseEvent('pull_request', payload, {});
  expect(context).toEqual({
    kind: 'pull-request',
    pull: {
      number: 12,
      head: 'h',
      base: 'b',
      baseRef: 'main',
      author: payload.pull_request.user.login,
      isForeign,
      isOpen: true,
    },
  });
});

it.each([
  ['push', { repository, ref: 'refs/heads/main', after: 'c' }, { kind: 'push', sha: 'c', isDefaultBranch: true }],
  ['push', { repository, ref: 'refs/heads/other', after: 'c' }, { kind: 'push', sha: 'c', isDefaultBranch: false }],
  [
    'workflow_dispatch',
    { repository, ref: 'refs/heads/main', inputs: null },
    { kind: 'dispatch', isDefaultBranch: true, inputs: {} },
  ],
  [
    'workflow_dispatch',
    { repository, ref: 'refs/heads/other', inputs: { approve: ' 3f9c ', allow: '', deep: true } },
    { kind: 'dispatch', isDefaultBranch: false, inputs: { approve: ' 3f9c ', allow: '', deep: true } },
  ],
  ['schedule', { repository }, { kind: 'schedule' }],
  ['merge_group', { repository }, { kind: 'merge-group', head: '', base: null, baseRef: '' }],
  ['pull_request', { repository }, { kind: 'other', name: 'pull_request' }],
  ['release', 'nonsense', { kind: 'other', name: 'release' }],
])('reads %s', (name, payload, context) => {
  expect(parseEvent(name, payload, {}).context).toEqual(context);
});

it('tells who caused a run and who repeats it, for which commit', () => {
  const environment = {
    GITHUB_ACTOR: 'engineer-1',
    GITHUB_TRIGGERING_ACTOR: 'dependabot[bot]',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: 'c',
  };
  const event = parseEvent('workflow_dispatch', { repository, sender: { login: 'engineer-2' } }, environment);
  expect(event).toMatchObject({
    actor: { login: 'engineer-1', isBot: false },
    triggeringActor: { login: 'dependabot[bot]', isBot: true },
    ref: 'refs/heads/main',
    sha: 'c',
  });
});

it("knows an app by the event where its name does not tell, and nobody by the event's sender alone", () => {
  const payload = { repository, sender: { login: 'Copilot', type: 'Bot' }, ref: 'refs/heads/main', after: 'c' };
  const told = parseEvent('push', payload, { GITHUB_ACTOR: 'Copilot', GITHUB_TRIGGERING_ACTOR: '' });
  expect(told).toMatchObject({ actor: { login: 'Copilot', isBot: true }, triggeringActor: null });
  expect(parseEvent('push', payload, {})).toMatchObject({ actor: null, ref: 'refs/heads/main', sha: 'c' });
  const group = { repository, merge_group: { head_sha: 'd', head_ref: 'refs/heads/gh-readonly-queue/main/pr-1-c' } };
  expect(parseEvent('merge_group', group, {})).toMatchObject({ sha: 'd', ref: group.merge_group.head_ref });
});

it.each([
  ['open', true],
  ['closed', false],
])('knows a pull request that is %s', (state, isOpen) => {
  const payload = pull({ full_name: 'example/budgets' });
  const { context } = parseEvent(
    'pull_request_review',
    { ...payload, pull_request: { ...payload.pull_request, state } },
    {},
  );
  expect(context).toMatchObject({ pull: { isOpen } });
});

describe('the default branch', () => {
  const push = (payload: object) => parseEvent('push', payload, {}).context;

  it.each<readonly [string, object, boolean]>([
    [
      'is the one that the event names',
      { ref: 'refs/heads/main', repository: { full_name: 'a/b', default_branch: 'main' } },
      true,
    ],
    ['is no other', { ref: 'refs/heads/next', repository: { full_name: 'a/b', default_branch: 'main' } }, false],
    [
      'is no tag of its name',
      { ref: 'refs/tags/main', repository: { full_name: 'a/b', default_branch: 'main' } },
      false,
    ],
    ['is none where the event names none', { ref: 'refs/heads/undefined', repository: { full_name: 'a/b' } }, false],
    ['is none without a repository', { ref: 'refs/heads/main' }, false],
  ])('%s', (_, payload, isDefaultBranch) => {
    expect(push(payload)).toMatchObject({ isDefaultBranch });
  });
});

describe('a pull request', () => {
  const pull = (more: object) => {
    const repo = { full_name: 'a/b' };
    const whole = {
      number: 1,
      user: { login: 'ada' },
      head: { sha: 'h', repo },
      base: { ref: 'main', sha: 'b', repo },
      ...more,
    };
    return parseEvent('pull_request', { pull_request: whole }, {}).context;
  };

  it.each<readonly [string, object, object]>([
    ['of this repository', {}, { isForeign: false, isOpen: true }],
    ['of a fork', { head: { sha: 'h', repo: { full_name: 'x/b' } } }, { isForeign: true }],
    ['of a fork that is gone', { head: { sha: 'h', repo: null } }, { isForeign: true }],
    ['by Dependabot', { user: { login: 'dependabot[bot]' } }, { isForeign: true }],
    ['that is closed', { state: 'closed' }, { isOpen: false }],
  ])('%s', (_, more, facts) => {
    expect(pull(more)).toMatchObject({ pull: facts });
  });
});

it('does not call a repository public or private where the event does not say', () => {
  expect(parseEvent('push', { repository: { full_name: 'a/b' } }, {}).isPublic).toBeNull();
});
