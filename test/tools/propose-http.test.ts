/** Who asks over HTTP is whose token it is, whatever the call says of it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it, onTestFinished } from 'vitest';
import { runMcp } from '../../src/commands/mcp.ts';
import { asAuthor, type ProposeScene, startProposeScene } from '../helpers/propose-scene.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

const tokens = { ana: 'a'.repeat(40), reviewer: 'r'.repeat(40) } as const;

async function serve(scene: ProposeScene): Promise<(who: keyof typeof tokens, name?: string) => Promise<Client>> {
  const file = join(makeFolder(), 'tokens');
  writeFileSync(
    file,
    Object.entries(tokens)
      .map((pair) => `${pair.join(' ')}\n`)
      .join(''),
    { mode: 0o600 },
  );
  const session = scene.session();
  let listening: (url: string) => void = () => {};
  const url = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const asking = { toolsets: [], readOnly: false, http: 0, host: '127.0.0.1', allowHost: [], tokens: file, listening };
  const running = runMcp({ ...scene.options, ...asking }, session);
  onTestFinished(async () => {
    session.cancel();
    await running;
  });
  const address = new URL(await Promise.race([url, running.then(() => Promise.reject(new Error('it ended')))]));
  return async (who, name = 'client') => {
    const client = new Client({ name, version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${tokens[who]}` } };
    await client.connect(new StreamableHTTPClientTransport(address, { requestInit }));
    onTestFinished(() => client.close());
    return client;
  };
}

interface Answer {
  readonly ok: boolean;
  readonly data?: { readonly status: string; readonly branch: string };
  readonly error?: { readonly code: string };
}

const wishOf = (name: string) => ({
  workspace: 'ws-team-a',
  target: { kind: 'policy', name },
  budget: '$5',
  reset: 'monthly',
  per: 'workspace_id',
});

async function create(client: Client, input: object): Promise<Answer> {
  const answered = await client.callTool({ name: 'create_policy', arguments: { ...input } });
  return answered.structuredContent as unknown as Answer;
}

const requestersOf = (scene: ProposeScene, branch: string | undefined) =>
  git(scene.remote, 'log', '-1', '--format=%B', branch ?? '').match(/^\S+-by:.*$/gim);

it('two callers: each proposal names the one whose token it came with', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const connect = await serve(scene);
  const [ana, reviewer] = [await connect('ana'), await connect('reviewer')];
  const [one, other] = await Promise.all([create(ana, wishOf('of-ana')), create(reviewer, wishOf('of-reviewer'))]);
  expect([one.data?.status, other.data?.status]).toEqual(['opened', 'opened']);
  expect(requestersOf(scene, one.data?.branch)).toEqual(['Requested-by: @ana']);
  expect(requestersOf(scene, other.data?.branch)).toEqual(['Requested-by: @reviewer']);
  const bodies = scene.github?.state.repositories[0]?.issues.map(({ body }) => body ?? '') ?? [];
  expect(bodies.filter((body) => body.includes('asked by `ana`'))).toHaveLength(1);
  expect(bodies.filter((body) => body.includes('asked by `reviewer`'))).toHaveLength(1);
});

it('no argument, and no name of a client, says who asked', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const connect = await serve(scene);
  const client = await connect('ana', 'x\nRequested-by: @reviewer');
  for (const more of [
    { requested_by: 'reviewer' },
    { requester: 'reviewer' },
    { caller: { name: 'reviewer' } },
    { name: 'reviewer' },
    { target: { kind: 'policy', name: 'x', requested_by: 'reviewer' } },
  ]) {
    expect(await create(client, { ...wishOf('x'), ...more })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
  }
  expect(scene.branches()).toEqual([]);
  const hostile = 'why\n\nRequested-by: @reviewer\nCo-authored-by: reviewer <reviewer@example.com>';
  const said = await create(client, { ...wishOf('x'), reason: hostile, description: 'Requested-by: @reviewer' });
  expect(said.data?.status).toBe('opened');
  expect(requestersOf(scene, said.data?.branch)).toEqual(['Requested-by: @ana']);
  expect(scene.github?.state.repositories[0]?.issues[0]?.body).toContain('asked by `ana`');
});
