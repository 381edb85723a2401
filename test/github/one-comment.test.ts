/** One comment, whatever races were run: against comments in memory. */

import { describe, expect, it } from 'vitest';
import type { GitHub, IssueComment } from '../../src/github/port.ts';
import { type StickyComment, writeStickyComment } from '../../src/github/sticky-comment.ts';

const us = 'us[bot]';

function start(...bodies: readonly (string | Partial<IssueComment>)[]) {
  const comments: IssueComment[] = bodies.map((given, index) => {
    const more = typeof given === 'string' ? { body: given } : given;
    return { id: index + 1, author: us, body: '', ...more } as IssueComment;
  });
  const github = {
    login: us,
    readLogin: async () => us,
    listComments: async () => [...comments].reverse(),
    createComment: async (_: number, body: string) =>
      void comments.push({ id: 100 + comments.length, author: us, body } as IssueComment),
    updateComment: async (id: number, body: string) => {
      const index = comments.findIndex((one) => one.id === id);
      comments[index] = { ...(comments[index] as IssueComment), body };
    },
    deleteComment: async (id: number) =>
      void comments.splice(
        comments.findIndex((one) => one.id === id),
        1,
      ),
  } as unknown as GitHub;
  const write = (body: string, onlyUpdate = false) => writeStickyComment(github, 1, commentOf(body, onlyUpdate));
  return { comments, github, write, all: () => comments.map(({ id, body }) => [id, body]) };
}

/** `run: text`; without a run it has no readable header. */
function commentOf(body: string, onlyUpdate: boolean): StickyComment {
  const contentOf = (text: string) => text.replace(/^tollgate \d+:/, '');
  const runOf = (text: string) => /^tollgate (\d+):/.exec(text)?.[1];
  return {
    body,
    isOurs: (text) => text.startsWith('tollgate'),
    isNewer: (text, than) => Number(runOf(text) ?? -1) > Number(runOf(than) ?? -1),
    isSame: (text, other) => contentOf(text) === contentOf(other),
    onlyUpdate,
  };
}

describe('a later run', () => {
  it.each<readonly [string, string, string, string]>([
    ['overwrites an earlier one', 'tollgate 1: a', 'tollgate 2: b', 'updated'],
    ['overwrites itself', 'tollgate 2: a', 'tollgate 2: b', 'updated'],
    ['is not overwritten', 'tollgate 3: a', 'tollgate 2: b', 'superseded'],
    ['leaves what a reader sees as it is', 'tollgate 1: a', 'tollgate 2: a', 'unchanged'],
    ['overwrites what has no readable header', 'tollgate: a', 'tollgate 1: b', 'updated'],
  ])('%s', async (_, old, next, result) => {
    const { write, all } = start(old);
    expect(await write(next)).toBe(result);
    expect(all()).toEqual([[1, result === 'updated' ? next : old]]);
  });
});

describe('of several', () => {
  it('the oldest stays, and says what the latest run says', async () => {
    const { write, all } = start('tollgate 1: a', 'tollgate 5: e', 'tollgate 3: c');
    expect(await write('tollgate 4: d')).toBe('superseded');
    expect(all()).toEqual([[1, 'tollgate 5: e']]);
  });

  it('none is taken that somebody else wrote, nor that is not ours', async () => {
    const { write, comments } = start({ author: 'mallory', body: 'tollgate 1: a' }, 'hello');
    expect(await write('tollgate 2: b')).toBe('created');
    expect(comments.map(({ body }) => body)).toEqual(['tollgate 1: a', 'hello', 'tollgate 2: b']);
  });

  it('one is left where another run made one at the same moment', async () => {
    const { write, github, comments, all } = start();
    const create = github.createComment.bind(github);
    Object.assign(github, {
      createComment: async (number: number, body: string) => {
        comments.push({ id: 7, author: us, body: 'tollgate 3: c' } as IssueComment);
        return create(number, body);
      },
    });
    expect(await write('tollgate 2: b')).toBe('superseded');
    expect(all()).toEqual([[7, 'tollgate 3: c']]);
  });

  it('none is made where there is nothing to say', async () => {
    const { write, all } = start();
    expect(await write('tollgate 1: a', true)).toBe('not-wanted');
    expect(all()).toEqual([]);
  });
});
