/** `extends:` of the organisation file: what two directories of one repository share, and what may not be shared. */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { writeIn } from '../helpers/rig.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

const shared = (rest: string): string => `version: 1\nkind: defaults\n${rest}`;
const defaults = (dollars: number, name = 'cap'): string =>
  `defaults:\n  policies:\n    ${name}:\n      budget: $${dollars}\n      reset: monthly\n      per: workspace_id\n`;
const where = '../shared/defaults.yaml';
const extending = (rest = '', path = where): string => orgFile(`extends: ${path}\n${rest}`);

/** A repository with `env/prod` as the directory of the policies. */
async function read(files: Readonly<Record<string, string>>, prepare?: (top: string) => void) {
  const top = makeFolder();
  mkdirSync(join(top, '.git'));
  for (const [path, text] of Object.entries(files)) writeIn(top, path, text);
  prepare?.(top);
  const found = await readPolicyFiles('env/prod', top);
  const { desired, diagnostics } = compilePolicies(found.files);
  const all = [...found.diagnostics, ...diagnostics];
  return {
    found: found.files,
    desired,
    codes: all.filter(({ severity }) => severity === 'error').map(({ code }) => code),
    all,
  };
}
const files = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  'env/prod/org.yaml': extending(),
  'env/prod/a.yaml': workspaceFile('ws-team-a', ''),
  'env/shared/defaults.yaml': shared(defaults(500)),
  ...more,
});

test('mistakes-H16: defaults of a file that two directories share reach the workspaces, at their place in that file', async () => {
  const { desired, codes, found } = await read(files({}));
  expect(codes).toEqual([]);
  expect(desired?.entries).toMatchObject([
    {
      name: 'cap',
      workspace: 'ws-team-a',
      fields: { amount: 50_000 },
      source: { file: 'env/shared/defaults.yaml', line: 5 },
    },
  ]);
  expect(found.map(({ path, relative }) => [path, relative])).toEqual([
    ['env/prod/a.yaml', 'a.yaml'],
    ['env/prod/org.yaml', 'org.yaml'],
    ['env/shared/defaults.yaml', '.extends/env/shared/defaults.yaml'],
  ]);
});

describe('mistakes-H16: what the file says itself wins', () => {
  it('by name of a default, and by key of review and its guards', async () => {
    const review = (words: string): string => `review:\n  guards: {${words}}\n`;
    const { desired, codes } = await read(
      files({
        'env/prod/org.yaml': extending(`${defaults(9)}${review('rewind: warn')}`),
        'env/shared/defaults.yaml': shared(
          `${defaults(500)}    other: { rate: 5 requests/minute, per: workspace_id }\n${review('rewind: off, blocks_now: warn')}gateway: { backend: '1.19.0' }\n`,
        ),
      }),
    );
    expect(codes).toEqual([]);
    expect(desired?.entries.map(({ name, fields }) => [name, fields.amount])).toEqual([
      ['cap', 900],
      ['other', undefined],
    ]);
    expect(desired?.settings.guards).toMatchObject({ rewind: 'warn', blocks_now: 'warn' });
    expect(desired?.gateway).toMatchObject({ backend: '1.19.0' });
  });

  it('a workspace wins over both', async () => {
    const own = 'policies:\n  cap:\n    budget: $1\n    reset: monthly\n    per: workspace_id\n';
    const { desired } = await read(files({ 'env/prod/a.yaml': workspaceFile('ws-team-a', own) }));
    expect(desired?.entries.map(({ fields }) => fields.amount)).toEqual([100]);
  });

  it('may stand in the directory itself', async () => {
    const { codes, desired } = await read({
      'env/prod/org.yaml': extending('', 'shared.yaml'),
      'env/prod/shared.yaml': shared(defaults(5)),
      'env/prod/a.yaml': workspaceFile('ws-team-a', ''),
    });
    expect([codes, desired?.entries.length]).toEqual([[], 1]);
  });
});

describe('mistakes-H16: refused, and nothing is planned', () => {
  it.each<[string, Record<string, string>, string[]]>([
    [
      'a file that is not there',
      { 'env/prod/org.yaml': extending('', '../shared/none.yaml') },
      ['unreadable', 'extends-nothing'],
    ],
    [
      'a path out of the repository',
      { 'env/prod/org.yaml': extending('', '../../../x.yaml') },
      ['extends-outside', 'extends-nothing'],
    ],
    ['an absolute path', { 'env/prod/org.yaml': extending('', '/etc/x.yaml') }, ['extends-outside', 'extends-nothing']],
    [
      'a folder that starts with a dot',
      { 'env/prod/org.yaml': extending('', '../../.github/x.yaml') },
      ['extends-outside', 'extends-nothing'],
    ],
    [
      'no YAML file',
      { 'env/prod/org.yaml': extending('', '../../secrets.env') },
      ['extends-outside', 'extends-nothing', 'schema'],
    ],
    ['itself', { 'env/prod/org.yaml': extending('', 'org.yaml') }, ['extends-nothing']],
    ['an organisation file', { 'env/shared/defaults.yaml': orgFile() }, ['extends-nothing', 'duplicate-org-file']],
    [
      'a chain, and so every circle',
      { 'env/shared/defaults.yaml': shared(`extends: ../prod/org.yaml\n${defaults(5)}`) },
      ['unknown-key'],
    ],
    [
      'what says which record judges',
      { 'env/shared/defaults.yaml': shared('record:\n  ref: refs/heads/mine\n') },
      ['unknown-key'],
    ],
    ['another environment', { 'env/shared/defaults.yaml': shared('environment: staging\n') }, ['unknown-key']],
    ['what cannot be read', { 'env/shared/defaults.yaml': 'kind: defaults\n' }, ['missing-version']],
    ['two ways to write it', { 'env/prod/org.yaml': orgFile(`? extends\n: ${where}\n`) }, ['extends-form']],
    ['a line that only looks like it', { 'env/prod/org.yaml': orgFile(`"extends": ${where}\n`) }, ['extends-form']],
    [
      'shared defaults that nobody extends',
      { 'env/prod/org.yaml': orgFile(), 'env/prod/stray.yaml': shared(defaults(5)) },
      ['not-extended'],
    ],
  ])('%s', async (_, more, codes) => {
    const ran = await read(files(more));
    expect(ran.desired === null || ran.codes.length > 0).toBe(true);
    expect(ran.codes.some((code) => codes.includes(code))).toBe(true);
  });

  it.each<[string, (top: string) => void]>([
    [
      'a link to a file outside',
      (top) => {
        const outside = makeFolder();
        writeIn(outside, 'x.yaml', shared(defaults(5)));
        symlinkSync(join(outside, 'x.yaml'), join(top, 'env', 'link.yaml'));
      },
    ],
    ['a link within the repository', (top) => symlinkSync('shared/defaults.yaml', join(top, 'env', 'link.yaml'))],
    [
      'a file of a repository inside this one',
      (top) => {
        mkdirSync(join(top, 'env', 'sub', '.git'), { recursive: true });
        writeIn(top, 'env/sub/x.yaml', shared(defaults(5)));
      },
    ],
  ])('%s', async (name, prepare) => {
    const path = name.includes('repository inside') ? '../sub/x.yaml' : '../link.yaml';
    const { codes, found } = await read(files({ 'env/prod/org.yaml': extending('', path) }), prepare);
    expect(codes[0]).toMatch(/^(?:extends-outside|repository-inside)$/);
    expect(found.every(({ relative }) => !relative.startsWith('.extends'))).toBe(true);
  });
});
