/**
 * A release as the workflow makes it, against a repository on disk: what is refused before anything is built, the commit that holds the
 * bundle, the tags, and what is published. The scripts are run as the workflow's lines run them.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root } from '../helpers/bundle.ts';
import { bareEnvironment, clone, copyMade, git, makeFolder } from '../record/git-fixture.ts';

const changelog = (version: string, unreleased = '') =>
  `# Changelog\n\n## [Unreleased]\n\n${unreleased}## [${version}] - 2026-12-01\n\n### Added\n\n- News of ${version}, see [files](docs/files.md#a) and [there](https://example.com/x).\n\n## [0.0.9] - 2026-11-01\n\n- Old news.\n\n[Unreleased]: #unreleased\n`;

function filesOf(version: string, owner = 'acme'): Record<string, string> {
  const address = `https://github.com/${owner}/tollgate`;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'package.json': json({
      name: 'tollgate',
      version,
      homepage: `${address}#readme`,
      repository: { type: 'git', url: `git+${address}.git` },
    }),
    'package-lock.json': json({ name: 'tollgate', version, packages: { '': { version } } }),
    'server.json': json({ version, packages: [{ version }] }),
    'CHANGELOG.md': changelog(version),
    'src.ts': `export const version = '${version}';\n`,
  };
}

class Project {
  readonly #base = copyMade('a project to release', (base) => {
    git(base, 'init', '--quiet', '--bare', '--initial-branch=main', 'remote.git');
    git(base, 'init', '--quiet', '--initial-branch=main', 'work');
    git(join(base, 'work'), 'remote', 'add', 'origin', '../remote.git');
    return null;
  }).folder;
  readonly remote = join(this.#base, 'remote.git');
  readonly work = join(this.#base, 'work');

  commit(files: Readonly<Record<string, string>>, branch = 'main'): string {
    git(this.work, 'checkout', '--quiet', '-B', branch);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(this.work, path, '..'), { recursive: true });
      writeFileSync(join(this.work, path), text);
    }
    git(this.work, 'add', '--all', '--force');
    git(this.work, 'commit', '--quiet', '--allow-empty', '-m', 'work');
    git(this.work, 'push', '--quiet', '--force', 'origin', branch);
    return git(this.work, 'rev-parse', 'HEAD');
  }

  tag(name: string, ...words: string[]): void {
    git(this.work, 'tag', ...words, name);
    git(this.work, 'push', '--quiet', '--force', 'origin', `refs/tags/${name}`);
  }

  at(name: string): string {
    return git(this.remote, 'rev-parse', `${name}^{commit}`);
  }

  refs(): string {
    return git(this.remote, 'for-each-ref', '--format=%(refname) %(objectname)');
  }

  /** One line of the workflow, in a checkout of the commit that the tag named when the run began. */
  async step(script: string, words: readonly string[], at: string, bundle = 'the bundle\n') {
    const folder = clone(this.remote);
    git(folder, 'checkout', '--quiet', '--detach', at);
    // As after `npm ci`.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'action.js'), bundle);
    return run(script, words, folder);
  }

  /** All of them but npm's and GitHub's, in the workflow's order. */
  async release(tag: string, at: string, bundle?: string): Promise<string> {
    let said = '';
    for (const [script, ...words] of [['check'], ['commit-bundle', 'action.js'], ['move-major']] as const) {
      const { exit, text } = await this.step(script, [tag, ...words], at, bundle);
      said += `${text}\n`;
      if (exit !== 0) return said;
    }
    return said;
  }
}

async function run(script: string, words: readonly string[], cwd: string, env = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts/release', `${script}.mjs`), ...words], {
    cwd,
    env: { ...bareEnvironment(cwd), ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, text: text.trim() };
}

/** Before Git is asked anything. */
function checkFiles(tag: string, files: Readonly<Record<string, string>>) {
  const folder = makeFolder();
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return run('check', [tag], folder);
}

describe('a release', () => {
  it('puts the bundle into a commit above the tagged one, moves its tag there and v0 after it', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.tag('v0.1.0');
    const said = await project.release('v0.1.0', source);
    expect(said).toContain('version=0.1.0\n');
    const commit = project.at('v0.1.0');
    expect(commit).not.toBe(source);
    expect(project.at('v0')).toBe(commit);
    expect(project.at('main')).toBe(source);
    expect(git(project.remote, 'rev-parse', `${commit}^`)).toBe(source);
    expect(git(project.remote, 'diff', '--name-status', source, commit)).toBe('A\tdist/action.js');
    expect(git(project.remote, 'show', `${commit}:dist/action.js`)).toBe('the bundle');
    expect(git(project.remote, 'show', '--no-patch', '--format=%an %cI', commit)).toBe(
      `github-actions[bot] ${git(project.remote, 'show', '--no-patch', '--format=%cI', source)}`,
    );
  });

  it('run again changes nothing, from the tagged commit and from the one that the tag was moved to', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.tag('v0.1.0');
    await project.release('v0.1.0', source);
    const before = project.refs();
    for (const at of [source, project.at('v0.1.0')]) {
      const said = await project.release('v0.1.0', at);
      expect(said.match(/nothing to do/g), said).toHaveLength(2);
      expect(said).toContain(`source=${source}\n`);
    }
    expect(project.refs()).toBe(before);
  });

  it('goes on where a run ended after any of its steps', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.tag('v0.1.0');
    expect((await project.step('commit-bundle', ['v0.1.0', 'action.js'], source)).exit).toBe(0);
    await project.release('v0.1.0', source);
    expect(project.at('v0')).toBe(project.at('v0.1.0'));
  });

  it('is the tagged commit itself while the default branch still holds the same bundle', async () => {
    const project = new Project();
    const source = project.commit({ ...filesOf('0.1.0'), 'dist/action.js': 'the bundle\n' });
    project.tag('v0.1.0');
    await project.release('v0.1.0', source);
    expect([project.at('v0.1.0'), project.at('v0')]).toEqual([source, source]);
  });

  it('of an ignored dist/ is made all the same, and leaves the checkout as it was', async () => {
    const project = new Project();
    const source = project.commit({ ...filesOf('0.1.0'), '.gitignore': 'dist/\n' });
    project.tag('v0.1.0');
    await project.release('v0.1.0', source);
    expect(git(project.remote, 'show', 'v0:dist/action.js')).toBe('the bundle');
  });

  it('takes an annotated tag, whose commit counts', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.tag('v0.1.0', '--annotate', '--message', 'the first');
    await project.release('v0.1.0', source);
    expect(git(project.remote, 'rev-parse', 'v0.1.0^')).toBe(source);
  });

  it('moves v0 on, and never back: not for a repair of an older version, nor when an older release runs again', async () => {
    const project = new Project();
    const sources: Record<string, string> = {};
    for (const version of ['0.9.0', '0.10.0']) {
      sources[version] = project.commit(filesOf(version));
      project.tag(`v${version}`);
      await project.release(`v${version}`, sources[version]);
      expect(project.at('v0'), version).toBe(project.at(`v${version}`));
    }
    const repair = project.commit(filesOf('0.9.1'));
    project.tag('v0.9.1');
    const repaired = await project.release('v0.9.1', repair);
    expect(repaired).toContain('latest=false\nnpm-tag=release-0.9\n');
    expect(repaired).toContain('v0 stays at v0.10.0');
    expect(await project.release('v0.9.0', sources['0.9.0'] ?? '')).toContain('v0 stays at v0.10.0');
    expect(project.at('v0')).toBe(project.at('v0.10.0'));
    const next = project.commit(filesOf('1.0.0'));
    project.tag('v1.0.0');
    await project.release('v1.0.0', next);
    expect([project.at('v0'), project.at('v1')]).toEqual([project.at('v0.10.0'), project.at('v1.0.0')]);
  });

  it('before a release moves no tag that people follow, and is nobody’s latest', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.2.0-rc.1'));
    project.tag('v0.2.0-rc.1');
    const said = await project.release('v0.2.0-rc.1', source);
    expect(said).toContain('prerelease=true\nlatest=false\nnpm-tag=next\n');
    expect(project.refs()).not.toContain('refs/tags/v0 ');
    expect(git(project.remote, 'show', 'v0.2.0-rc.1:dist/action.js')).toBe('the bundle');
  });
});

describe('is refused', () => {
  it.each([
    ['v0.1', 'is no tag of a release'],
    ['0.1.0', 'is no tag of a release'],
    ['v00.1.0', 'is no tag of a release'],
    ['v0.1.0+build', 'is no tag of a release'],
    ['v0.1.1', 'is not the version of package.json, 0.1.0'],
  ])('the tag %s', async (tag, reason) => {
    const { exit, text } = await checkFiles(tag, filesOf('0.1.0'));
    expect([exit, text]).toEqual([1, expect.stringContaining(reason)]);
  });

  it.each([
    [
      'another version in the lock file',
      { 'package-lock.json': filesOf('0.0.9')['package-lock.json'] },
      'package-lock.json, 0.0.9',
    ],
    ['another version in server.json', { 'server.json': filesOf('0.0.9')['server.json'] }, 'server.json, 0.0.9'],
    ['no owner', { 'package.json': filesOf('0.1.0', 'OWNER')['package.json'] }, 'names no owner'],
    ['no section', { 'CHANGELOG.md': changelog('0.1.1') }, 'no heading "## [0.1.0] - DATE"'],
    ['a section twice', { 'CHANGELOG.md': changelog('0.1.0') + changelog('0.1.0') }, 'two headings of 0.1.0'],
    ['no date', { 'CHANGELOG.md': '## [0.1.0]\n\n- x\n' }, 'has no date'],
    ['a date that there is not', { 'CHANGELOG.md': '## [0.1.0] - 2026-02-30\n\n- x\n' }, 'has no date'],
    [
      'an empty section',
      { 'CHANGELOG.md': '## [0.1.0] - 2026-12-01\n\n### Added\n\n## [0.0.9] - 2026-11-01\n- x\n' },
      'says nothing of 0.1.0',
    ],
    [
      'news that are left below Unreleased',
      { 'CHANGELOG.md': changelog('0.1.0', '### Fixed\n\n- Late.\n\n') },
      'news below Unreleased',
    ],
    ['a heading that is text', { 'CHANGELOG.md': '```\n## [0.1.0] - 2026-12-01\n\n- x\n```\n' }, 'no heading'],
  ])('%s', async (_, files, reason) => {
    const { exit, text } = await checkFiles('v0.1.0', { ...filesOf('0.1.0'), ...(files as Record<string, string>) });
    expect([exit, text]).toEqual([1, expect.stringContaining(reason)]);
  });

  it('a tag on a commit that is not on the default branch, by each step that could write it', async () => {
    const project = new Project();
    project.commit(filesOf('0.1.0'));
    const aside = project.commit({ 'src.ts': 'nobody reviewed this\n' }, 'aside');
    project.tag('v0.1.0');
    const before = project.refs();
    for (const [script, ...words] of [['check'], ['commit-bundle', 'action.js']] as const) {
      const { exit, text } = await project.step(script, ['v0.1.0', ...words], aside);
      expect([exit, text]).toEqual([1, expect.stringContaining(`${aside} is not on main`)]);
    }
    expect(project.refs()).toBe(before);
  });

  it('a tag on a bundle that somebody made by hand', async () => {
    const project = new Project();
    project.commit(filesOf('0.1.0'));
    const forged = project.commit({ 'dist/action.js': 'something else\n' }, 'aside');
    project.tag('v0.1.0');
    const { exit, text } = await project.step('commit-bundle', ['v0.1.0', 'action.js'], forged);
    expect([exit, text]).toEqual([1, expect.stringContaining('somebody moved it')]);
    expect(project.at('v0.1.0')).toBe(forged);
  });

  it('a tag that was moved to another commit of the default branch after the run began', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.commit({ 'src.ts': 'later\n' });
    project.tag('v0.1.0');
    const { exit, text } = await project.step('commit-bundle', ['v0.1.0', 'action.js'], source);
    expect([exit, text]).toEqual([1, expect.stringContaining('somebody moved it')]);
  });

  it('a v0 that is no release', async () => {
    const project = new Project();
    const source = project.commit(filesOf('0.1.0'));
    project.tag('v0');
    project.tag('v0.1.0');
    await project.step('commit-bundle', ['v0.1.0', 'action.js'], source);
    const { exit, text } = await project.step('move-major', ['v0.1.0'], source);
    expect([exit, text]).toEqual([1, expect.stringContaining('which is no release')]);
    expect(project.at('v0')).toBe(source);
  });
});

it('the news of a release are its section alone, with links that lead somewhere from outside the repository', async () => {
  const folder = makeFolder();
  for (const [path, text] of Object.entries(filesOf('0.1.0'))) writeFileSync(join(folder, path), text);
  expect((await run('changelog', ['v0.1.0'], folder)).text).toBe(
    '### Added\n\n- News of 0.1.0, see [files](https://github.com/acme/tollgate/blob/v0.1.0/docs/files.md#a) and [there](https://example.com/x).',
  );
});

// npm comes with Node, but a path may hold one without the other.
const hasNpm = spawnSync('npm', ['--version']).error === undefined;

describe.skipIf(!hasNpm)(`a package${hasNpm ? '' : ' (skipped: there is no npm here)'}`, () => {
  it.each([
    ['is published where the registry has none of its version', null, 0, ['GET', 'PUT']],
    ['that is published already is left alone', 'same', 0, ['GET']],
    ['of which another file is published is refused', 'sha512-AAAA', 1, ['GET']],
    ['is not published where the registry gives no answer', 500, 1, ['GET']],
  ] as const)('%s', async (_, there, exit, methods) => {
    const folder = makeFolder();
    for (const [path, text] of Object.entries(filesOf('0.1.0'))) writeFileSync(join(folder, path), text);
    const { file, integrity } = packIn(folder);
    const registry = await startRegistry(there === 'same' ? integrity : there);
    const ran = await run('publish', [file, '--tag', 'latest'], folder, registry.env);
    expect(ran.exit, ran.text).toBe(exit);
    expect([...new Set(registry.methods)]).toEqual(methods);
  });
});

function packIn(folder: string): { file: string; integrity: string } {
  execFileSync('npm', ['pack', '--ignore-scripts', '--offline'], { cwd: folder, stdio: 'ignore' });
  const file = join(folder, 'tollgate-0.1.0.tgz');
  return { file, integrity: `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` };
}

/** As far as npm asks it here. @param there the hash of the one version that is published, or the status of every answer; null: nothing is */
async function startRegistry(there: string | number | null) {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(request.method ?? '');
    request.resume();
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method === 'PUT') return answer(201, { ok: true });
    if (there === null) return answer(404, { error: 'not_found' });
    if (typeof there === 'number') return answer(there, { error: 'later' });
    const version = {
      name: 'tollgate',
      version: '0.1.0',
      dist: { integrity: there, tarball: 'http://127.0.0.1/x.tgz' },
    };
    return answer(200, { name: 'tollgate', 'dist-tags': { latest: '0.1.0' }, versions: { '0.1.0': version } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const env = {
    npm_config_registry: `http://${place}`,
    [`npm_config_//${place}:_authToken`]: 'nobody',
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  };
  return { methods, env };
}
