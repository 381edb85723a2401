import { describe, expect, it } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { CancelledError, ServiceError } from '../../src/errors.ts';
import type { Backend, ConfigRow } from '../../src/live/backend.ts';
import { configLimits, readConfigs } from '../../src/run/read-configs.ts';

const refused = (path: string, status = 403): ServiceError =>
  new ServiceError('refused', { status, method: 'GET', path, maybeApplied: false });

/** Lists by workspace id; contents are made of their slug. What is asked is noted, in order. */
function backendOf(counts: Readonly<Record<string, number>>, content: (slug: string) => unknown = () => ({})) {
  const asked: string[] = [];
  const listConfigs = async (id: string): Promise<readonly ConfigRow[]> => {
    asked.push(`list ${id}`);
    const count = counts[id];
    if (count === undefined) throw refused('/configs?workspace_id=w');
    return Array.from({ length: count }, (_, index) => {
      const slug = `pc-${id}-${index}`;
      return { id: slug, slug, name: `name of ${slug}`, status: 'active' };
    });
  };
  const readConfig = async (slug: string) => {
    asked.push(slug);
    const config = content(slug);
    if (config instanceof Error) throw config;
    return { slug, config };
  };
  const backend = { listConfigs, readConfig } as Partial<Backend> as Backend;
  return { backend: createReads(backend), asked };
}

const workspacesOf = (...ids: readonly string[]) => ids.map((id) => ({ id, slug: `ws-${id}` }));

describe('configs of workspaces', () => {
  it('are read with what they say, by workspace', async () => {
    const { backend } = backendOf({ a: 2, b: 0 }, (slug) => ({ retry: slug }));
    expect(await readConfigs(backend, workspacesOf('a', 'b'))).toEqual(
      new Map([
        [
          'a',
          {
            configs: [
              { slug: 'pc-a-0', name: 'name of pc-a-0', config: { retry: 'pc-a-0' } },
              { slug: 'pc-a-1', name: 'name of pc-a-1', config: { retry: 'pc-a-1' } },
            ],
            unread: null,
          },
        ],
        ['b', { configs: [], unread: null }],
      ]),
    );
  });

  it('ask nothing for no workspace', async () => {
    const { backend, asked } = backendOf({});
    expect([(await readConfigs(backend, [])).size, asked]).toEqual([0, []]);
  });

  it('are the first twenty of a workspace', async () => {
    const { backend } = backendOf({ a: 20, b: 21 });
    const found = await readConfigs(backend, workspacesOf('a', 'b'));
    expect([found.get('a')?.configs.length, found.get('a')?.unread]).toEqual([20, null]);
    expect([found.get('b')?.configs.length, found.get('b')?.unread]).toEqual([
      20,
      '20 of 21 were read: a plan reads 20 of a workspace and 100 in all',
    ]);
  });

  it('are a hundred in all, and lists of a hundred workspaces', async () => {
    const ids = Array.from({ length: 103 }, (_, index) => `w${index}`);
    const { backend, asked } = backendOf(Object.fromEntries(ids.map((id) => [id, 30])));
    const found = await readConfigs(backend, workspacesOf(...ids));
    expect(asked.filter((what) => what.startsWith('list'))).toHaveLength(configLimits.workspaces);
    expect(asked.filter((what) => what.startsWith('pc-'))).toHaveLength(configLimits.inAll);
    expect([...found.values()].filter(({ unread }) => unread === null)).toEqual([]);
    expect([found.get('w4')?.configs.length, found.get('w5')?.configs.length]).toEqual([20, 0]);
    expect([found.size, found.get('w102')?.unread]).toEqual([103, 'a plan looks into 100 workspaces']);
  });
});

describe('what is refused', () => {
  it('is asked for once: lists', async () => {
    const { backend, asked } = backendOf({});
    const found = await readConfigs(backend, workspacesOf('a', 'b', 'c'));
    expect(asked).toEqual(['list a']);
    expect(new Set([...found.values()].map(({ unread }) => unread))).toEqual(new Set(['GET /configs answered 403']));
  });

  it('is asked for once: contents', async () => {
    const { backend, asked } = backendOf({ a: 9, b: 9 }, (slug) => refused(`/configs/${slug}`));
    const found = await readConfigs(backend, workspacesOf('a', 'b'));
    expect(asked.filter((what) => what.startsWith('pc-'))).toEqual(['pc-a-0']);
    expect(found.get('b')).toEqual({ configs: [], unread: 'GET /configs/pc-a-0 answered 403' });
  });

  it('is one config where others were answered: it may be gone meanwhile', async () => {
    const { backend } = backendOf({ a: 3 }, (slug) => (slug === 'pc-a-1' ? refused(`/configs/${slug}`, 404) : {}));
    const found = (await readConfigs(backend, workspacesOf('a'))).get('a');
    expect(found?.configs.map(({ slug }) => slug)).toEqual(['pc-a-0', 'pc-a-2']);
    expect(found?.unread).toBe('GET /configs/pc-a-1 answered 404');
  });

  it.each([['{"targets": ['], [[1]], [null], [5]])('cannot be read: %j', async (config) => {
    const { backend } = backendOf({ a: 2 }, (slug) => (slug === 'pc-a-0' ? config : {}));
    const found = (await readConfigs(backend, workspacesOf('a'))).get('a');
    expect([found?.configs.length, found?.unread]).toEqual([1, 'pc-a-0 holds no JSON object']);
  });

  it('is no end of a run, but a cancelled one ends', async () => {
    const { backend } = backendOf({ a: 2 }, () => new CancelledError('cancelled'));
    await expect(readConfigs(backend, workspacesOf('a'))).rejects.toThrow(CancelledError);
  });
});
