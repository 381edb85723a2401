/** The link that the service names for the file of an export: what it may lead to, and what is never asked. */

import { type Dispatcher, MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { createDownloads } from '../../src/client/download.ts';

interface Opened {
  /** Of the lines behind a link. */
  readonly read: (link: string) => Promise<readonly string[]>;
  /** Where requests went. */
  readonly asked: readonly string[];
}

function open(baseUrl = 'https://api.example.com/v1'): Opened & { readonly agent: MockAgent } {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const asked: string[] = [];
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    asked.push(`${String(options.origin)}${options.path}`);
    return dispatch(options, handler);
  }) as Dispatcher;
  const { download } = createDownloads({ baseUrl, proxies: {}, clean: (text) => text, dispatcher, userAgent: 'test' });
  return {
    agent,
    asked,
    async read(link) {
      const lines: string[] = [];
      for await (const line of download(link)) lines.push(line);
      return lines;
    },
  };
}

const signature = 'signature-that-lets-anybody-in';

describe('the link to the file of an export', () => {
  it('is read line by line, over https', async () => {
    const { agent, read, asked } = open();
    agent.get('https://files.example.com').intercept({ path: '/a.jsonl' }).reply(200, '{"id":1}\n\n{"id":2}');
    expect(await read('https://files.example.com/a.jsonl')).toEqual(['{"id":1}', '{"id":2}']);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['plain http to another machine', 'http://files.example.com/a.jsonl', 'is not https'],
    ['plain http to an address of a network', 'http://10.0.0.7/a.jsonl', 'is not https'],
    ['another protocol', 'ftp://files.example.com/a.jsonl', 'is not https'],
    ['a file of this machine', 'file:///etc/passwd', 'is not https'],
    ['this machine', 'https://127.0.0.1/a.jsonl', 'leads onto this machine'],
    ['this machine by its name', 'http://localhost:8080/a.jsonl', 'leads onto this machine'],
    ['nothing', 'a.jsonl', 'is no address'],
  ])('is refused where it is %s, and nobody is asked', async (_what, link, said) => {
    const { read, asked } = open();
    await expect(read(`${link}?signature=${signature}`)).rejects.toMatchObject({
      name: 'ServiceError',
      message: expect.stringContaining(said),
    });
    await expect(read(`${link}?signature=${signature}`)).rejects.not.toThrow(signature);
    expect(asked).toEqual([]);
  });

  it('is refused over plain http to another machine also where the control plane is on this one', async () => {
    const { read, asked } = open('http://127.0.0.1:8788/v1');
    await expect(read('http://files.example.com/a.jsonl')).rejects.toThrow('is not https');
    expect(asked).toEqual([]);
  });

  it.each([
    [301, 'http://files.example.com/b.jsonl'],
    [302, 'http://10.0.0.7/b.jsonl'],
    [307, 'http://127.0.0.1:8080/b.jsonl'],
    [308, 'https://others.example.com/b.jsonl'],
  ])('leads nowhere else: %i to %s is not followed', async (status, location) => {
    const { agent, read, asked } = open();
    const headers = { location };
    agent.get('https://files.example.com').intercept({ path: '/a.jsonl' }).reply(status, '{"id":1}', { headers });
    agent.get(new URL(location).origin).intercept({ path: '/b.jsonl' }).reply(200, '{"id":2}');
    await expect(read('https://files.example.com/a.jsonl')).rejects.toThrow(
      `answered ${status}: it leads elsewhere, which is not followed`,
    );
    expect(asked).toEqual(['https://files.example.com/a.jsonl']);
  });
});
