/** Comments on an issue, through the port and the stand-in of GitHub. */

import { Marked } from 'marked';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGitHub } from '../../../src/github/octokit.ts';
import type { GitHub } from '../../../src/github/port.ts';
import { openSenders } from '../../../src/notify/channels/open-senders.ts';
import type { Delivery, Sender } from '../../../src/notify/message.ts';
import { at, readToken, type StandInFixture, startFixture, userToken } from '../../helpers/github/fixture.ts';
import { actionsToken } from '../../helpers/github/server.ts';
import { hostileMessage, hostileNames, message, ports } from './messages.ts';

const told: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };
let fixture: StandInFixture;
let issue: number;

beforeEach(async () => {
  fixture = await startFixture();
  const { github, octokit } = fixture;
  issue = (await octokit.rest.issues.create({ ...at, title: 'What is told' })).data.number;
  onTestFinished(async () => {
    expect(github.violations).toEqual([]);
    await github.close();
  });
});

/** Of one run. */
function sender(token = actionsToken, number = issue): Sender {
  const github: GitHub = createGitHub({
    token,
    repository: 'example/budgets',
    apiUrl: fixture.github.url,
    login: 'github-actions[bot]',
    userAgent: 'test',
    retryAfterBaseValue: 1,
    timeout: 2_000,
  });
  const channel = { type: 'github', name: 'issue', issue: number, tokenEnv: 'TOLLGATE_NOTIFY_ISSUE' } as const;
  const [one] = openSenders([channel], ports({ openGitHub: async () => github })).senders;
  if (one === undefined) throw new Error('no sender');
  return one;
}

const bodies = (): string[] => fixture.github.comments(issue).map(({ body }) => body);

describe('a comment', () => {
  it('is written once a telling, by whichever run', async () => {
    expect(await sender().send(message(), [])).toEqual(told);
    expect(await sender().send(message(), [])).toEqual(told);
    expect(await sender().send(message({ id: 'another' }), [])).toEqual(told);
    expect(bodies()).toHaveLength(2);
    expect(bodies()[0]).toMatch(
      /^<!-- tollgate:notify [0-9a-f]{64} -->\n\*\*team-a has used 80 % of its \$500 a month\*\*\n/,
    );
  });

  it('is one again where its answer got lost and GitHub was asked twice', async () => {
    const path = '/repos/*/*/issues/*/comments';
    fixture.github.setFaults([{ method: 'POST', path, times: 1, fault: { kind: 'reset', when: 'after' } }]);
    await sender().send(message(), []);
    expect(bodies()).toHaveLength(2);
    const run = sender();
    expect([await run.send(message(), []), run.knowsDoubles]).toEqual([told, true]);
    expect(bodies()).toHaveLength(1);
  });

  it('is not taken for told because somebody else wrote its mark', async () => {
    await sender().send(message(), []);
    const forged = { ...at, issue_number: issue, body: bodies()[0] ?? '' };
    await fixture.octokit.rest.issues.deleteComment({ ...at, comment_id: fixture.github.comments(issue)[0]?.id ?? 0 });
    await fixture.connect(userToken).rest.issues.createComment(forged);
    expect(await sender().send(message(), [])).toEqual(told);
    expect(fixture.github.comments(issue).map(({ body }) => body)).toEqual([forged.body, forged.body]);
  });

  it('asks for the comments once a run', async () => {
    const run = sender();
    for (const id of ['a', 'b', 'c']) await run.send(message({ id }), []);
    const reads = fixture.github.requests.filter(({ method, path }) => method === 'GET' && path.includes('/comments'));
    expect([reads.length, bodies().length]).toEqual([1, 3]);
  });

  it('fits, whatever it is about', async () => {
    const long = '@'.repeat(2_000);
    const facts = Array.from({ length: 60 }, () => ({ label: long, value: long }));
    expect(await sender().send(message({ facts, paragraphs: facts.map(() => long) }), [])).toEqual(told);
    expect(bodies()[0]?.length).toBeLessThanOrEqual(60_000);
    expect(bodies()[0]).toMatch(/left out here \| \d+ lines/);
  });

  it.each(hostileNames.map((name) => [name]))('mentions nobody and links nowhere: %j', async (name) => {
    await sender().send(hostileMessage(name), []);
    const [body = ''] = bodies();
    const html = await new Marked({ gfm: true, breaks: true }).parse(body);
    const tags = [...html.matchAll(/<(?!!--)\/?([a-z0-9]+)/gi)].map(([, tag]) => tag);
    expect([...new Set(tags)].filter((tag) => tag !== 'code').sort()).toEqual([
      'a',
      'p',
      'strong',
      'table',
      'tbody',
      'td',
      'th',
      'thead',
      'tr',
    ]);
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      'https://github.com/example/budgets',
    ]);
    // As a reader sees it: what GitHub makes of `@name` and `#1` is made of that.
    for (const [, code] of html.matchAll(/<code>(.*?)<\/code>/g)) expect(code).toMatch(/^[\w.+/=%@: -]+$/);
    const seen = html
      .replace(/<code>.*?<\/code>/g, '')
      .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    expect(seen).not.toMatch(/@[a-z\d]|(?<!&)#\d|\bGH-\d/i);
    expect(html.match(/<tr>/g)).toHaveLength(2);
    expect(html.match(/<!--/g)).toHaveLength(1);
  });
});

describe('what is refused', () => {
  it('says which permission is missing', async () => {
    const delivery = await sender(readToken).send(message(), []);
    expect(delivery).toMatchObject({ sent: false, retry: false, mayHaveArrived: false });
    expect(delivery.why).toMatch(new RegExp(`^issue #${issue}: .*(issues: write|no issue)`));
  });

  it('says that there is no such issue', async () => {
    expect(await sender(actionsToken, 4711).send(message(), [])).toMatchObject({
      sent: false,
      retry: false,
      why: expect.stringContaining('there is no issue 4711 that this token can see: open one and name its number'),
    });
  });

  it('is tried again when GitHub is down', async () => {
    fixture.github.setFaults([
      { method: 'POST', path: '/repos/*/*/issues/*/comments', fault: { kind: 'status', status: 503 } },
    ]);
    expect(await sender().send(message(), [])).toMatchObject({ sent: false, retry: true });
    fixture.github.setFaults([]);
    expect(await sender().send(message(), [])).toEqual(told);
    expect(bodies()).toHaveLength(1);
  });

  it('has no GitHub at all', async () => {
    const channel = { type: 'github', name: 'issue', issue: 1, tokenEnv: 'TOLLGATE_NOTIFY_ISSUE' } as const;
    const [one] = openSenders([channel], ports()).senders;
    expect(await one?.send(message(), [])).toMatchObject({
      sent: false,
      why: expect.stringContaining('no GitHub repository'),
    });
    expect((await one?.probe())?.state).toBe('not-tried');
  });
});

describe('the probe', () => {
  it('reads the comments, and writes none', async () => {
    await sender().send(message(), []);
    expect(await sender().probe()).toEqual({
      state: 'works',
      detail: `issue #${issue} can be read, and holds 1 of our comments`,
      untried: 'whether the token may write there (`issues: write`)',
    });
    expect((await sender(actionsToken, 4711).probe()).state).toBe('broken');
    expect(bodies()).toHaveLength(1);
  });
});

it('two of them are opened with the token of each', async () => {
  const asked: string[] = [];
  const openGitHub = async (variable: string) => {
    asked.push(variable);
    return null;
  };
  const channels = ['TOLLGATE_NOTIFY_A', 'TOLLGATE_NOTIFY_B'].map(
    (tokenEnv) => ({ type: 'github', name: tokenEnv, issue: 1, tokenEnv }) as const,
  );
  for (const one of openSenders(channels, ports({ openGitHub })).senders) {
    expect(await one.send(message(), [])).toMatchObject({ sent: false, retry: false });
  }
  expect(asked).toEqual(['TOLLGATE_NOTIFY_A', 'TOLLGATE_NOTIFY_B']);
});
