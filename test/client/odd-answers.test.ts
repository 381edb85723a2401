import { describe, expect, test } from 'vitest';
import { keySchema, providerSchema, usagePolicySchema } from '../../src/client/schemas.ts';
import { connect, failureOf, serve } from './loopback.ts';

describe('mistakes-D3: an empty list that is null', () => {
  test.each([{ data: null }, { records: null }, { workspaces: null }])('%j with a total of 0', async (list) => {
    const client = connect(await serve(() => ({ total: 0, ...list })));
    expect(await client.listUsagePolicies('w')).toEqual([]);
    expect(await client.listWorkspaces()).toEqual([]);
    expect(await client.listIntegrationWorkspaces('i')).toEqual([]);
  });

  test.each([
    ['without a total', {}],
    ['with another one', { total: 3 }],
    ['with one that is not a number', { total: 'many' }],
  ])('is not a list %s: all of it would look removed', async (_, total) => {
    const client = connect(await serve(() => ({ ...total, data: null })));
    expect((await failureOf(client.listUsagePolicies('w'))).message).toContain('holds no list');
  });

  test('an empty list in another member is one', async () => {
    const client = connect(await serve(() => ({ total: 0, data: [], records: null })));
    expect(await client.listKeys()).toEqual([]);
  });
});

describe('mistakes-D3: a time without a zone is UTC, wherever this runs', () => {
  test.each([
    ['2026-12-01T00:00:00', '2026-12-01T00:00:00Z'],
    ['2026-12-01T00:00:00.000', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01 00:00:00', '2026-12-01T00:00:00Z'],
    ['2026-12-01T00:00', '2026-12-01T00:00Z'],
    ['2026-12-01T02:00:00+02:00', '2026-12-01T02:00:00+02:00'],
    ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-12-01', '2026-12-01'],
    ['soon', 'soon'],
  ])('%s', (said, read) => {
    const usage_limits = { credit_limit: 5, next_usage_reset_at: said, last_reset_at: said };
    const key = keySchema.parse({ id: 'k', expires_at: said, next_usage_reset_at: said, usage_limits });
    const told = [
      key.expires_at,
      key.next_usage_reset_at,
      key.usage_limits?.next_usage_reset_at,
      key.usage_limits?.last_reset_at,
    ];
    expect(told).toEqual([read, read, read, read]);
    expect(providerSchema.parse({ id: 'p', slug: 'p', expires_at: said }).expires_at).toBe(read);
    expect(usagePolicySchema.parse({ id: 'u', next_usage_reset_at: said }).next_usage_reset_at).toBe(read);
  });
});

test('mistakes-D4: a row above a full page is read, whatever the total says', async () => {
  const rows = Array.from({ length: 101 }, (_, index) => ({
    id: `u${index}`,
    name: index > 98 ? 'spend' : `p${index}`,
  }));
  const client = connect(
    await serve(({ url }) => {
      const page = Number(url.searchParams.get('current_page') ?? 0);
      const data = rows.slice(page * 100, page * 100 + 100);
      return { total: data.length, data };
    }),
  );
  const listed = await client.listUsagePolicies('w');
  expect(listed.filter(({ name }) => name === 'spend').map(({ id }) => id)).toEqual(['u99', 'u100']);
});
