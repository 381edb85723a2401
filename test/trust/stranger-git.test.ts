/** Programs that a checkout names are not run, or run without a secret in sight. */

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckout } from '../../src/checkout/checkout.ts';
import { openRepository } from '../../src/checkout/repository.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote } from '../record/git-fixture.ts';
import { sampleRecord } from '../record/sample-record.ts';

const secrets = {
  PORTKEY_API_KEY: 'pk-secret-of-the-organisation',
  TOLLGATE_SEAL_KEY: 'seal-secret',
  'INPUT_PORTKEY-API-KEY': 'pk-secret-of-the-organisation',
  'INPUT_GITHUB-TOKEN': 'ghs_token',
  GITHUB_TOKEN: 'ghs_token',
  GH_TOKEN: 'ghs_token',
  ACTIONS_RUNTIME_TOKEN: 'runtime-token',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc-request-token',
  OPENAI_API_KEY: 'sk-provider',
  AWS_SECRET_ACCESS_KEY: 'aws-secret-value',
  NPM_CONFIG__AUTH: 'npm-secret-value',
  DATABASE_URL: 'postgres://user:password@host/db',
};

/** A program that leaves its environment in a file. */
function makeSpy(): { readonly program: string; readonly seen: () => string | null } {
  const folder = makeFolder();
  const program = join(folder, 'spy.sh');
  const file = join(folder, 'seen.txt');
  writeFileSync(program, `#!/bin/sh\nenv >> '${file}'\nexit 1\n`);
  chmodSync(program, 0o755);
  return { program, seen: () => (existsSync(file) ? readFileSync(file, 'utf8') : null) };
}

function expectNoSecret(environment: string | null): void {
  for (const [name, value] of Object.entries(secrets)) {
    expect(environment ?? '').not.toContain(`${name}=`);
    expect(environment ?? '').not.toContain(value);
  }
}

const environment = () => ({ ...bareEnvironment(makeFolder()), ...secrets });

/** What every run asks of the checkout. */
async function ask(directory: string, folder: string, env: Record<string, string> = environment()): Promise<void> {
  const checkout = await openCheckout({ directory, env });
  if (checkout === null) return;
  const head = await checkout.headCommit();
  await checkout.uncommittedPolicyFiles(folder);
  if (head !== null) await checkout.readFilesAtCommit(head, folder);
}

describe('trust-D2: programs of a checkout', () => {
  test('trust-D2: a file system monitor of the clone is not run', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    git(folder, 'config', 'core.fsmonitor', spy.program);
    await ask(folder, join(folder, 'policies'));
    expect(spy.seen()).toBeNull();
  });

  test('trust-D2: a bare repository committed below the policies is not believed by a run from inside it', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    const inner = join(folder, 'policies', 'inner');
    mkdirSync(inner);
    cpSync(join(folder, '.git'), inner, { recursive: true });
    writeFileSync(
      join(inner, 'config'),
      `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ${folder}\n\tfsmonitor = ${spy.program}\n\tsshCommand = ${spy.program}\n[remote "origin"]\n\turl = ssh://host/path\n`,
    );
    for (const directory of [inner, join(inner, 'refs')]) {
      await expect(openRepository({ directory, env: environment() })).rejects.toThrow('cannot use bare repository');
    }
    expect(spy.seen()).toBeNull();
  });

  test('trust-D2: a repository embedded below the policies runs what it names without a secret in sight', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    const inner = join(folder, 'policies', 'inner');
    execFileSync('git', ['clone', '--quiet', folder, inner], { stdio: 'pipe' });
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'core.askPass', 'credential.helper', 'core.gitProxy']) {
      git(inner, 'config', key, spy.program);
    }
    git(inner, 'config', 'remote.origin.url', 'ssh://somebody@localhost/record');
    await ask(inner, inner);
    const store = createGitRefStore({ directory: inner, env: environment(), ref: 'refs/tollgate/production' });
    await expect(store.read()).rejects.toMatchObject({ exit: 'unreachable' });
    // The ssh command was run: deploy keys are set up that way.
    expect(spy.seen()).toContain('PATH=');
    expectNoSecret(spy.seen());
  });

  test('trust-D2: filters that attributes choose are not run, and hide no change', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    for (const command of ['clean', 'smudge', 'process']) git(folder, 'config', `filter.mine.${command}`, spy.program);
    git(folder, 'config', 'filter.mine.required', 'true');
    const committed = readFileSync(join(folder, 'policies', 'org.yaml'), 'utf8');
    git(folder, 'config', 'filter.quiet.clean', `printf '${committed.trim()}\\n'`);
    writeFileSync(
      join(folder, '.gitattributes'),
      'policies/org.yaml filter=quiet\npolicies/workspaces/* filter=mine\n',
    );
    writeFileSync(join(folder, 'policies', 'org.yaml'), 'version: 900\n');
    writeFileSync(join(folder, 'policies', 'workspaces', 'marketing.yml'), 'kind: workspace\nmore: true\n');
    const checkout = await openCheckout({ directory: folder, env: environment() });
    expect(await checkout?.uncommittedPolicyFiles(join(folder, 'policies'))).toEqual([
      'policies/org.yaml',
      'policies/workspaces/marketing.yml',
    ]);
    expect(spy.seen()).toBeNull();
  });

  test('trust-D2: programs that the environment names for other purposes are not run', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    writeFileSync(join(folder, 'policies', 'org.yaml'), 'version: 900\n');
    await ask(folder, join(folder, 'policies'), {
      ...environment(),
      GIT_EXTERNAL_DIFF: spy.program,
      GIT_PROXY_COMMAND: spy.program,
      GIT_PAGER: spy.program,
      GIT_EDITOR: spy.program,
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: spy.program,
      GIT_CONFIG_KEY_1: 'filter.mine.clean',
      GIT_CONFIG_VALUE_1: spy.program,
    });
    expect(spy.seen()).toBeNull();
  });

  for (const [what, configure] of Object.entries({
    'its address': (folder: string, program: string) =>
      git(folder, 'config', 'remote.origin.url', `ext::${program} %S`),
    'a rewritten address': (folder: string, program: string) =>
      git(folder, 'config', `url.ext::${program} .insteadOf`, 'file://'),
    'its kind': (folder: string) => git(folder, 'config', 'remote.origin.vcs', 'ext'),
  })) {
    test(`trust-D2: a remote that is a command by ${what} is refused, even where the clone allows such`, async () => {
      const spy = makeSpy();
      const folder = clone(makeRemote().remote);
      git(folder, 'config', 'protocol.ext.allow', 'always');
      git(folder, 'config', 'protocol.allow', 'always');
      configure(folder, spy.program);
      const store = createGitRefStore({ directory: folder, env: environment(), ref: 'refs/tollgate/production' });
      await expect(store.read()).rejects.toMatchObject({ exit: 'unreachable' });
      expect(spy.seen()).toBeNull();
    });
  }

  test('trust-D2: a credential helper gets what TOLLGATE_GIT_ENV names, but never the keys of tollgate', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    git(folder, 'config', 'core.sshCommand', spy.program);
    git(folder, 'config', 'remote.origin.url', 'ssh://somebody@localhost/record');
    const env = { ...environment(), TOLLGATE_GIT_ENV: 'GH_TOKEN, PORTKEY_API_KEY TOLLGATE_SEAL_KEY' };
    await expect(
      createGitRefStore({ directory: folder, env, ref: 'refs/tollgate/production' }).read(),
    ).rejects.toMatchObject({ exit: 'unreachable' });
    expect(spy.seen()).toContain('GH_TOKEN=ghs_token');
    expect(spy.seen()).not.toContain('PORTKEY_API_KEY');
    expect(spy.seen()).not.toContain('TOLLGATE_SEAL_KEY');
  });

  test('trust-D2: what a run needs of the environment still reaches git', async () => {
    const spy = makeSpy();
    const folder = clone(makeRemote().remote);
    git(folder, 'config', 'remote.origin.url', 'ssh://somebody@localhost/record');
    const kept = {
      GIT_SSH_COMMAND: spy.program,
      SSH_AUTH_SOCK: '/tmp/agent',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      no_proxy: 'localhost',
      GIT_SSL_CAINFO: '/tmp/ca',
      LANG: 'de_DE.UTF-8',
    };
    await expect(
      createGitRefStore({
        directory: folder,
        env: { ...environment(), ...kept },
        ref: 'refs/tollgate/production',
      }).read(),
    ).rejects.toMatchObject({ exit: 'unreachable' });
    for (const [name, value] of Object.entries(kept)) expect(spy.seen()).toContain(`${name}=${value}`);
  });
});

describe('trust-D8: what git answers', () => {
  test('trust-D8: a huge file in the record is refused by its size, not read', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    const options = { directory: folder, env: bareEnvironment(makeFolder()), ref: 'refs/tollgate/production' };
    const first = await createGitRefStore(options).write(sampleRecord(), null, 'first');
    git(folder, 'fetch', '--quiet', 'origin', first);
    git(folder, 'checkout', '--quiet', first);
    writeFileSync(join(folder, 'README'), 'x'.repeat(3 * 1024 * 1024));
    git(folder, 'add', 'README');
    git(folder, 'commit', '--quiet', '-m', 'large');
    git(folder, 'push', '--quiet', 'origin', 'HEAD:refs/tollgate/production');
    expect((await createGitRefStore(options).read())?.record.environment).toBe(sampleRecord().environment);
    const reading = createGitRefStore({ ...options, mostBytes: 2 * 1024 * 1024 }).read();
    await expect(reading).rejects.toThrow('git cat-file gave more than 2 MiB');
  });
});
