/** What policy files were read as is kept on the machine of who plans; only there, and only for who may see it. */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openKeptFiles } from '../../src/kept-files.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { startLoading } from '../../src/run/load-policies.ts';
import { testSession } from '../helpers/session.ts';
import { orgFile } from '../helpers/world.ts';

const bytes = Buffer.from('what was kept');
let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tollgate-kept-'));
  folder = join(home, 'tollgate', 'policies');
});
const env = (more: Record<string, string> = {}) => ({ XDG_CACHE_HOME: home, PORTKEY_API_KEY: 'key', ...more });
const openIn = (more: Record<string, string> = {}) => openKeptFiles(env(more), 'build');

describe('the folder', () => {
  it('gives back what was kept for a directory, and nothing for another', async () => {
    const kept = openIn();
    expect(await kept?.read('/policies')).toBeNull();
    await kept?.write('/policies', bytes);
    expect(await kept?.read('/policies')).toEqual(bytes);
    expect(await kept?.read('/others')).toBeNull();
  });

  it.each([
    ['others may look into it', () => chmodSync(folder, 0o755)],
    ['others may write into it', () => chmodSync(folder, 0o770)],
  ])('is not used where %s', async (_what, spoil) => {
    const kept = openIn();
    await kept?.write('/policies', bytes);
    spoil();
    expect(await kept?.read('/policies')).toBeNull();
    await kept?.write('/more', bytes);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('is not used where it is a link', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'tollgate-elsewhere-'));
    mkdirSync(join(home, 'tollgate'));
    symlinkSync(elsewhere, folder);
    const kept = openIn();
    await kept?.write('/policies', bytes);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('follows no link to what it keeps', async () => {
    const kept = openIn();
    await kept?.write('/policies', bytes);
    const [name = ''] = readdirSync(folder);
    const other = join(home, 'other');
    writeFileSync(other, bytes);
    await kept?.write('/second', bytes);
    const [second = ''] = readdirSync(folder).filter((one) => one !== name);
    symlinkSync(other, join(folder, 'link'));
    const { renameSync } = await import('node:fs');
    renameSync(join(folder, 'link'), join(folder, second));
    expect(await kept?.read('/second')).toBeNull();
  });

  it('holds the last eight directories', async () => {
    const kept = openIn();
    for (let number = 0; number < 10; number++) {
      await kept?.write(`/policies/${number}`, bytes);
      for (const [index, name] of readdirSync(folder).entries()) {
        if (number < 9) utimesSync(join(folder, name), index + 1, index + 1);
      }
    }
    expect(readdirSync(folder)).toHaveLength(8);
    expect(await kept?.read('/policies/9')).toEqual(bytes);
  });

  it('takes no more than 64 MiB of one directory', async () => {
    const kept = openIn();
    await kept?.write('/policies', Buffer.alloc(64 * 1024 * 1024 + 1));
    expect(await kept?.read('/policies')).toBeNull();
  });

  it.each([
    ['it is switched off', { TOLLGATE_FILE_CACHE: 'off' }],
    ['there is no key to seal it with', { PORTKEY_API_KEY: '' }],
    ['the run is one of CI', { CI: 'true' }],
    ['the run is one of GitHub', { GITHUB_ACTIONS: 'true' }],
  ])('does not exist where %s', (_what, more) => {
    expect(openIn(more)).toBeUndefined();
    expect(openIn()).toBeDefined();
  });

  it('does not exist where nobody knows which build this is', () => {
    expect(openKeptFiles(env(), undefined)).toBeUndefined();
  });
});

describe('a run', () => {
  const padding = `# ${'-'.repeat(98)}\n`.repeat(2_500);
  const write = (amount: number): string => {
    const dir = join(home, 'policies');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'org.yaml'), orgFile());
    const text = `version: 1\nkind: workspace\nworkspace: ws-a\nkeys:\n  app:\n    budget: $${amount}\n    reset: monthly\n${padding}`;
    writeFileSync(join(dir, 'a.yaml'), text);
    return home;
  };
  const load = async (mayRecall: boolean) => {
    let asides = 0;
    const session = {
      ...testSession({ cwd: home, env: env() }),
      keptFiles: openIn(),
      compileAside: async (files: Parameters<typeof compilePolicies>[0]) => {
        asides += 1;
        const texts = new Map();
        return { ...compilePolicies(files, texts), texts };
      },
    };
    const { policies } = await startLoading({ dir: 'policies', mayRecall }, session);
    const { desired } = await policies;
    return { asides, budget: JSON.stringify(desired?.entries.map(({ fields }) => fields)) };
  };
  const isKept = () => expect.poll(() => readdirSync(folder).filter((name) => name.endsWith('.kept'))).toHaveLength(1);

  it('reads an unchanged file once, and a changed one again', async () => {
    write(5);
    const first = await load(true);
    await isKept();
    expect(first.asides).toBe(1);
    expect(await load(true)).toEqual({ ...first, asides: 0 });
    write(6);
    const changed = await load(true);
    expect(changed.asides).toBe(1);
    expect(changed.budget).not.toBe(first.budget);
  });

  it('that may write reads all files', async () => {
    write(5);
    await load(true);
    await isKept();
    expect((await load(false)).asides).toBe(1);
  });
});
