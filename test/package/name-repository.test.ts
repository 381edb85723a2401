/** The owner of the repository and the version, which stand in one place and are written to all others. */

import { expect, it } from 'vitest';
import { nameInPackage, nameInRegistration, nameOwner, ownerOf } from '../../scripts/name-repository.ts';
import { markdownFiles, readText } from '../docs/markdown.ts';

const packageText = readText('package.json');

it('stand everywhere as package.json has them (npm run generate)', () => {
  expect(nameInPackage(packageText)).toBe(packageText);
  expect(nameInRegistration(readText('server.json'), packageText)).toBe(readText('server.json'));
  const owner = ownerOf(packageText);
  const forms = ['config', 'bug'].map((name) => `.github/ISSUE_TEMPLATE/${name}.yml`);
  expect([...markdownFiles, ...forms].filter((path) => nameOwner(readText(path), owner) !== readText(path))).toEqual(
    [],
  );
});

it('are in the lock file as well, which npm writes', () => {
  const { version } = JSON.parse(packageText) as { version: string };
  const lock = JSON.parse(readText('package-lock.json')) as {
    version: string;
    packages: Readonly<Record<string, { version: string }>>;
  };
  expect([lock.version, lock.packages['']?.version]).toEqual([version, version]);
});

it('change in one place: another owner and version reach every address', () => {
  const moved = nameInPackage(
    packageText.replace(/git\+https:\/\/github\.com\/[\w-]+\//, 'git+https://github.com/acme/'),
  ).replace(/"version": "[^"]*"/, '"version": "9.8.7"');
  const { homepage, bugs, mcpName, repository } = JSON.parse(moved) as {
    homepage: string;
    bugs: { url: string };
    mcpName: string;
    repository: { url: string };
  };
  expect([homepage, bugs.url, mcpName, repository.url]).toEqual([
    'https://github.com/acme/tollgate#readme',
    'https://github.com/acme/tollgate/issues',
    'io.github.acme/tollgate',
    'git+https://github.com/acme/tollgate.git',
  ]);
  const server = JSON.parse(nameInRegistration(readText('server.json'), moved)) as {
    name: string;
    version: string;
    repository: { url: string };
    packages: { version: string }[];
  };
  expect(server).toMatchObject({
    name: 'io.github.acme/tollgate',
    version: '9.8.7',
    repository: { url: 'https://github.com/acme/tollgate' },
    packages: [{ version: '9.8.7' }],
  });
});

it.each([
  ['        uses: OWNER/tollgate@COMMIT', '        uses: acme/tollgate@COMMIT'],
  ['          repository: OWNER/tollgate', '          repository: acme/tollgate'],
  ['see https://github.com/old-one/tollgate/issues', 'see https://github.com/acme/tollgate/issues'],
  ['refs/tollgate/production, ../tollgate and node_modules/tollgate', null],
  ['https://github.com/OWNER/tollgate-policies', null],
  ['uses: actions/checkout@v7', null],
])('%j', (line, expected) => {
  expect(nameOwner(line, 'acme')).toBe(expected ?? line);
});

it('refuses an address that npm would write otherwise', () => {
  expect(() => ownerOf('{"repository": {"url": "https://github.com/acme/tollgate"}}')).toThrow('not git+https');
});
