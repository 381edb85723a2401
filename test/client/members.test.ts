/** People of the organisation (docs/service-notes.md#people), through client and port. */

import { expect, it } from 'vitest';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { testNow } from '../helpers/session.ts';
import { adminKey } from '../helpers/world.ts';
import { connect, failureOf, onClose, serve } from './loopback.ts';

const row = (index: number, more: object = {}): object => ({
  id: `id-${index}`,
  email: `p${index}@Example.com`,
  role: 'member',
  ...more,
});

it('are paged to the end by the names that this list alone has', async () => {
  const rows = Array.from({ length: 230 }, (_, index) => row(index));
  const { seen, ...loopback } = await serve(({ url }) => {
    const start = Number(url.searchParams.get('currentPage')) * 100;
    return {
      object: 'list',
      total: rows.length,
      data: rows.slice(start, start + Number(url.searchParams.get('pageSize'))),
    };
  });
  const found = await createApiBackend(connect(loopback)).listMembers();
  expect(found).toHaveLength(230);
  expect(found[0]).toEqual({ id: 'id-0', email: 'p0@example.com', role: 'member' });
  expect(seen).toHaveLength(3);
});

it('without an address or a role are there all the same; a refusal names the scope', async () => {
  const odd = await serve(() => ({
    total: 2,
    data: [row(0, { email: null, role: undefined }), row(1, { email: '' })],
  }));
  expect(await createApiBackend(connect(odd)).listMembers()).toEqual([
    { id: 'id-0', email: null, role: null },
    { id: 'id-1', email: null, role: 'member' },
  ]);
  const refusing = await startEmulator({
    acceptKeys: [{ key: adminKey, kind: 'organisation-service', scopes: ['workspaces.list'] }],
    state: sampleSeed(new Date(testNow)),
  });
  onClose(() => refusing.close());
  const failure = await failureOf(
    createApiBackend(connect({ baseUrl: refusing.url }, { apiKey: adminKey })).listMembers(),
  );
  expect(failure.message).toContain('users.list');
});
