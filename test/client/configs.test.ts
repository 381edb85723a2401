/** Configs of the gateway in both forms that the service has (docs/service-notes.md#configs), through client and port. */

import { describe, expect, test } from 'vitest';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { answer, connect, failureOf, type Handler, serve } from './loopback.ts';

async function open(handler: Handler) {
  const loopback = await serve(handler);
  return { ...loopback, backend: createApiBackend(connect(loopback)) };
}

const row = (index: number, more: object = {}): object => ({
  id: `id-${index}`,
  slug: `pc-${index}`,
  name: `config ${index}`,
  status: 'active',
  workspace_id: 'w',
  ...more,
});

describe('a list', () => {
  test('is paged to its end', async () => {
    const rows = Array.from({ length: 230 }, (_, index) => row(index));
    const { backend, seen } = await open(({ url }) => {
      const start = Number(url.searchParams.get('current_page')) * 100;
      return { object: 'list', total: rows.length, data: rows.slice(start, start + 100) };
    });
    const found = await backend.listConfigs('w');
    expect(found).toHaveLength(230);
    expect(found[0]).toEqual({ id: 'id-0', slug: 'pc-0', name: 'config 0', status: 'active' });
    expect(seen.map(({ url }) => url.pathname + url.search)).toEqual(
      [0, 1, 2].map((page) => `/v1/configs?workspace_id=w&page_size=100&current_page=${page}`),
    );
  });

  test('is read in an envelope without a total, whether it pages or not', async () => {
    const { backend } = await open(() => ({ success: true, data: [row(1), row(2)] }));
    expect((await backend.listConfigs('w')).map(({ slug }) => slug)).toEqual(['pc-1', 'pc-2']);
    const paging = await open(({ url }) => ({
      success: true,
      data: url.searchParams.get('current_page') === '0' ? [row(1), row(2)] : [],
    }));
    expect(await paging.backend.listConfigs('w')).toHaveLength(2);
  });

  test('leaves out what is archived or of another workspace, and shows the slug for a name that is missing', async () => {
    const { backend } = await open(() => ({
      total: 5,
      data: [
        row(1, { name: null }),
        row(2, { name: '' }),
        row(3, { status: 'archived' }),
        row(4, { workspace_id: 'other' }),
        row(5, { workspace_id: undefined, status: null }),
      ],
    }));
    expect(await backend.listConfigs('w')).toEqual([
      { id: 'id-1', slug: 'pc-1', name: 'pc-1', status: 'active' },
      { id: 'id-2', slug: 'pc-2', name: 'pc-2', status: 'active' },
      { id: 'id-5', slug: 'pc-5', name: 'config 5', status: null },
    ]);
  });

  test('with a row that makes no sense is refused whole', async () => {
    const { backend } = await open(() => ({ total: 2, data: [row(1), row(2, { slug: 5 })] }));
    expect(await failureOf(backend.listConfigs('w'))).toMatchObject({
      name: 'ServiceError',
      message: expect.stringContaining('row id-2: member slug'),
    });
  });
});

describe('a content', () => {
  const config = { strategy: { mode: 'fallback' }, targets: [{ provider: '@a' }] };

  test.each([
    ['flat, as text', { id: 'c', config: JSON.stringify(config) }, config],
    ['flat, as an object', { id: 'c', config }, config],
    ['in an envelope, as an object', { success: true, data: { config } }, config],
    ['in an envelope, as text', { success: true, data: { config: JSON.stringify(config) } }, config],
    ['that is no JSON', { config: '{"targets": [' }, '{"targets": ['],
    ['that is JSON and no object', { config: '[1]' }, [1]],
    ['that is empty', { config: '' }, ''],
    ['with a number', { config: 5 }, 5],
    ['with a member that means the prototype', { config: '{"__proto__": {"cache": "simple"}}' }, expect.any(Object)],
  ])('%s', async (_, body, expected) => {
    const { backend, seen } = await open(() => body);
    expect(await backend.readConfig('pc-a/b')).toEqual({ slug: 'pc-a/b', config: expected });
    expect(seen.map(({ url }) => url.pathname)).toEqual(['/v1/configs/pc-a%2Fb']);
  });

  test('nested more deeply than any stack', async () => {
    const depth = 200_000;
    const { backend } = await open(() => ({ config: `${'{"targets":['.repeat(depth)}${']}'.repeat(depth)}` }));
    const { config: found } = await backend.readConfig('pc-deep');
    // No config is that deep: it is text that nobody looks into.
    expect(typeof found).toBe('string');
  });

  test.each([[{}], [{ config: null }], [{ data: null }], [{ data: [] }], [{ success: true, data: { id: 'c' } }]])(
    'that is not there is a broken answer: %j',
    async (body) => {
      const { backend } = await open(() => body);
      expect(await failureOf(backend.readConfig('pc-a'))).toMatchObject({
        name: 'ServiceError',
        status: 200,
        message: expect.stringContaining('member config cannot be read (there is none)'),
      });
    },
  );

  test('names the scope that is missing', async () => {
    const { backend } = await open((_seen, response) => answer(response, 403));
    expect((await failureOf(backend.readConfig('pc-a'))).message).toContain('configs.read');
    expect((await failureOf(backend.listConfigs('w'))).message).toContain('configs.list');
  });
});
