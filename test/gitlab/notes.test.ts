/** The port to GitLab, against the stand-in: whose notes, all of them, and what becomes of a request that fails. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { writeStickyComment } from '../../src/github/sticky-comment.ts';
import { openNotes } from '../../src/gitlab/notes.ts';
import { projectToken, type StandInUser, startGitLab } from '../helpers/gitlab/server.ts';

/** A clock that moves only by sleeping, and takes no time. */
function createTiming() {
  let now = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
  };
  return { now: () => now, random: () => 0, sleep };
}

async function start(users: Readonly<Record<string, StandInUser>> = {}, token = projectToken) {
  const gitlab = await startGitLab(users);
  const notes = openNotes({ apiUrl: gitlab.url, project: '7', token, timing: createTiming() }, 1);
  onTestFinished(async () => {
    await notes.close();
    await gitlab.close();
  });
  return { gitlab, notes };
}

const sticky = (body: string) => ({
  body,
  isOurs: (text: string) => text.startsWith('<!-- ours -->'),
  isNewer: () => false,
  isSame: (a: string, b: string) => a === b,
  onlyUpdate: false,
});

describe('one note', () => {
  it('is made once, edited in place, and left where nothing changed', async () => {
    const { gitlab, notes } = await start();
    const write = (text: string) => writeStickyComment(notes, 1, sticky(`<!-- ours -->\n${text}`));
    expect([await write('a'), await write('b'), await write('b')]).toEqual(['created', 'updated', 'unchanged']);
    expect(gitlab.notes(1).map(({ body }) => body)).toEqual(['<!-- ours -->\nb']);
  });

  it('is never another person’s, though it holds our marker, not even of a token that may edit it', async () => {
    const { gitlab, notes } = await start({ strong: { username: 'project_7_bot', role: 'maintainer' } }, 'strong');
    gitlab.write(1, 'somebody', '<!-- ours -->\nmine');
    expect(await writeStickyComment(notes, 1, sticky('<!-- ours -->\nours'))).toBe('created');
    expect(gitlab.notes(1).map(({ author, body }) => `${author}: ${body}`)).toEqual([
      'somebody: <!-- ours -->\nmine',
      'project_7_bot: <!-- ours -->\nours',
    ]);
  });

  it('is found behind pages of others, also where a page shows less than it counts', async () => {
    const { gitlab, notes } = await start();
    for (let index = 0; index < 100; index++) gitlab.write(1, 'somebody', `note ${index}`, { internal: index > 40 });
    const own = gitlab.write(1, 'project_7_bot', '<!-- ours -->\nold');
    for (let index = 0; index < 101; index++) gitlab.write(1, 'gitlab', 'pushed', { system: true });
    expect(await writeStickyComment(notes, 1, sticky('<!-- ours -->\nnew'))).toBe('updated');
    expect(own.body).toBe('<!-- ours -->\nnew');
  });

  it('stays one where an answer was lost after the note had been made', async () => {
    const { gitlab, notes } = await start();
    gitlab.fail({ method: 'POST', status: 'done-then-cut' });
    const write = () => writeStickyComment(notes, 1, sticky('<!-- ours -->\na'));
    await expect(write()).rejects.toThrow(/the connection was cut/);
    expect(await write()).toBe('unchanged');
    expect(gitlab.notes(1)).toHaveLength(1);
  });
});

describe('a request that fails', () => {
  it.each([429, 500, 502, 503, 'cut'] as const)('is sent again after %s, where that is safe', async (status) => {
    const { gitlab, notes } = await start();
    gitlab.fail({ method: 'GET', status, times: 2, retryAfter: '1' });
    expect(await notes.listComments(1)).toEqual([]);
  });

  it.each<[string, StandInUser, RegExp]>([
    ['is a job’s', { username: 'ana', isJob: true }, /answered 401.*CI_JOB_TOKEN.*writes none/],
    ['only reads', { username: 'bot', scope: 'read_api' }, /answered 403.*the scope `api`/],
    ['is of somebody outside', { username: 'bot', role: 'none' }, /answered 404.*no such merge request/],
  ])('of a token that %s says what it lacks', async (_what, user, message) => {
    const { gitlab, notes } = await start({ other: user }, 'other');
    await expect(notes.createComment(1, 'text')).rejects.toThrow(message);
    expect(gitlab.notes(1)).toEqual([]);
  });

  it('never repeats the token', async () => {
    const { notes } = await start({}, 'glpat-unknown-but-long-enough');
    const failed = await notes.readLogin().catch((error: Error) => error.message);
    expect(failed).toContain('GITLAB_TOKEN is invalid');
    expect(failed).not.toContain('glpat-unknown');
  });

  it('does not send a token in the clear', () => {
    const place = {
      apiUrl: 'http://gitlab.example.com/api/v4',
      project: '7',
      token: projectToken,
      timing: createTiming(),
    };
    expect(() => openNotes(place, 1)).toThrow(/plain http/);
  });
});
