/** A record that only one token may push, over loopback HTTP: the job's own credentials stay out of it. */

import { appendFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCheckout } from '../../src/checkout/checkout.ts';
import { createGitRefStore, type GitRefStoreOptions } from '../../src/record/git-ref.ts';
import { echoedToken, type GitHttp, startGitHttp } from '../helpers/git-http.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote, settingInEnvironment } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

const ref = 'refs/heads/tollgate-record';
const jobToken = 'job_0sample0token';
const recordToken = 'app_0sample0token';

let remote: string;
let server: GitHttp;
let folder: string;
let home: string;

beforeEach(async () => {
  ({ remote } = makeRemote());
  server = await startGitHttp({
    bareDir: remote,
    tokens: [jobToken, recordToken],
    guarded: { ref, token: recordToken },
  });
  folder = clone(remote);
  home = makeFolder();
  git(folder, 'remote', 'set-url', 'origin', server.url);
  // As actions/checkout leaves it.
  git(folder, 'config', `http.${new URL(server.url).origin}/.extraheader`, headerOf(jobToken));
});
afterEach(() => server.close());

const headerOf = (token: string): string =>
  `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

const openStore = (options: Partial<GitRefStoreOptions> = {}) =>
  createGitRefStore({ directory: folder, ref, env: bareEnvironment(home), ...options });

const tokensSent = (): readonly string[] => {
  const requests = server.takeRequests();
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.filter(({ tokens }) => tokens.length !== 1)).toEqual([]);
  return [...new Set(requests.flatMap(({ tokens }) => tokens))];
};

it("the job's own token is refused by the rule, and the message says by which input it goes", async () => {
  const store = openStore();
  expect(await store.read()).toBeNull();
  const failed = await store.write(sampleRecord(), null, 'claim').catch((error: unknown) => error);
  expect(failed).toMatchObject({ exit: 'unreachable', message: expect.stringContaining('GH013') });
  expect((failed as { hint: string }).hint).toContain('record-token');
  expect(tokensSent()).toEqual([jobToken]);
});

it('the record token reads and pushes, alone in every request, and nothing of it stays in the clone', async () => {
  const store = openStore({ token: recordToken });
  const first = await store.write(sampleRecord(), null, 'claim');
  const second = await store.write(sampleRecord('local:host:1:b'), first, 'apply');
  expect((await store.read())?.token).toBe(second);
  expect((await store.history(5)).versions).toHaveLength(2);
  expect(await store.readToken()).toBe(second);
  expect(tokensSent()).toEqual([recordToken]);
  expect(git(folder, 'config', '--list')).not.toContain(
    Buffer.from(`x-access-token:${recordToken}`).toString('base64'),
  );
});

it('without one, a header that a wrapper set in the environment is sent once', async () => {
  git(folder, 'config', '--unset-all', `http.${new URL(server.url).origin}/.extraheader`);
  const header = settingInEnvironment('http.extraheader', headerOf(jobToken));
  expect(await openStore({ env: { ...bareEnvironment(home), ...header } }).read()).toBeNull();
  expect(tokensSent()).toEqual([jobToken]);
});

it('a server that repeats the record token in its refusal finds it blanked', async () => {
  const failed = await openStore({ token: echoedToken })
    .read()
    .catch((error: unknown) => error);
  const said = String(failed);
  expect(said).toContain('not with');
  expect(said).toContain('***');
  for (const spelling of [echoedToken, headerOf(echoedToken).split(' ').at(-1) ?? '']) {
    expect(said).not.toContain(spelling);
  }
});

it("what is not a record's goes on with the credentials of the clone", async () => {
  git(remote, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const shallow = clone(remote, '--depth=1');
  git(shallow, 'remote', 'set-url', 'origin', server.url);
  git(shallow, 'config', `http.${new URL(server.url).origin}/.extraheader`, headerOf(jobToken));
  const checkout = await openCheckout({ directory: shallow, env: bareEnvironment(home) });
  const head = git(shallow, 'rev-parse', 'HEAD');
  expect(await checkout?.isAncestor(git(remote, 'rev-parse', 'main~2'), head)).toBe('yes');
  expect(tokensSent()).toEqual([jobToken]);
});

it.each<[name: string, set: () => unknown]>([
  ['a header for every address', () => void git(folder, 'config', 'http.extraheader', headerOf(jobToken))],
  [
    'a header for exactly this address',
    () => void git(folder, 'config', `http.${server.url}.extraheader`, headerOf(jobToken)),
  ],
  [
    "a header of the user's",
    () => appendFileSync(join(home, '.gitconfig'), `[http]\n\textraheader = ${headerOf(jobToken)}\n`),
  ],
  [
    'a header from the environment',
    () => ({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraheader', GIT_CONFIG_VALUE_0: headerOf(jobToken) }),
  ],
  [
    'a header in the parameters of a wrapper',
    () => ({ GIT_CONFIG_PARAMETERS: `'http.extraheader=${headerOf(jobToken)}'` }),
  ],
  [
    'a header in a file that the clone includes, as later versions of actions/checkout leave it',
    () => {
      const file = join(makeFolder(), 'credentials.config');
      writeFileSync(file, `[http]\n\textraheader = ${headerOf(jobToken)}\n`);
      git(folder, 'config', `includeIf.gitdir:${realpathSync(folder)}/.git.path`, file);
    },
  ],
  ['a password in the address', () => void git(folder, 'remote', 'set-url', 'origin', withPassword())],
  [
    'an address that is rewritten to one with a password',
    () => appendFileSync(join(home, '.gitconfig'), `[url "${withPassword()}"]\n\tinsteadOf = ${server.url}\n`),
  ],
  ['another address to push to', () => void git(folder, 'config', 'remote.origin.pushurl', withPassword())],
  [
    'a helper that knows a password',
    () => void git(folder, 'config', 'credential.helper', `!printf 'username=x\\npassword=${jobToken}\\n' #`),
  ],
  [
    'a file of passwords',
    () => appendFileSync(join(home, '.netrc'), `machine 127.0.0.1 login x password ${jobToken}\n`),
  ],
])(
  'beside %s only the record token is sent; one that is not accepted is nobody else, and stands in no message',
  async (_name, set) => {
    const env = { ...bareEnvironment(home), ...(set() as NodeJS.ProcessEnv | undefined) };
    const store = openStore({ token: recordToken, env });
    const first = await store.write(sampleRecord(), null, 'claim');
    expect((await store.read())?.token).toBe(first);
    expect(tokensSent()).toEqual([recordToken]);

    const wrong = 'bad_0sample0token';
    const refused = openStore({ token: wrong, env: { ...env, GIT_CURL_VERBOSE: '1', GIT_TRACE_REDACT: '0' } });
    const failed = await refused.read().catch((error: unknown) => error);
    expect(failed).toMatchObject({ exit: 'unreachable' });
    expect(tokensSent()).toEqual([wrong]);
    const said = JSON.stringify([String(failed), failed, (failed as Error).stack, (failed as Error).cause]);
    for (const spelling of [wrong, headerOf(wrong).split(' ').at(-1) ?? '']) expect(said).not.toContain(spelling);
  },
);

const withPassword = (): string => server.url.replace('//', `//x-access-token:${jobToken}@`);
