import { describe, expect, it } from 'vitest';
import { parseRemote } from '../../src/checkout/remote-url.ts';
import { locateRepository } from '../../src/run/locate-repository.ts';

const token = 'sample-token';
const locate = (env: Record<string, string>, url: string | null) =>
  locateRepository({ GITHUB_TOKEN: token, ...env }, url);

it.each([
  ['https://github.com/o/r.git', 'github.com', 'o/r'],
  ['https://github.com/o/r/', 'github.com', 'o/r'],
  ['https://user:pass@github.com/o/r', 'github.com', 'o/r'],
  ['git@github.com:o/r.git', 'github.com', 'o/r'],
  ['ssh://git@ssh.github.com:443/o/r.git', 'github.com', 'o/r'],
  ['git@GHE.Example.com:o/r.name.git', 'ghe.example.com', 'o/r.name'],
  ['https://ghe.example.com:8443/o/r.git', 'ghe.example.com', 'o/r'],
])('%s is on %s, %s', (url, host, repository) => {
  expect(parseRemote(url)).toEqual({ host, repository });
});

it.each([
  '/srv/git/o/r.git',
  'file:///srv/o/r.git',
  'C:/o/r',
  '../o/r',
  'https://github.com/o',
  'https://gitlab.com/a/b/c.git',
  '',
])('%s names no repository of GitHub', (url) => expect(parseRemote(url)).toBeNull());

describe('a token is sent to GitHub, or to the API that somebody named', () => {
  it.each([
    ['github.com', {}, 'git@github.com:o/r.git', 'https://api.github.com'],
    ['a tenant', {}, 'https://acme.ghe.com/o/r.git', 'https://api.acme.ghe.com'],
    [
      'an Enterprise server',
      { GITHUB_API_URL: 'https://ghe.example.com/api/v3' },
      'git@ghe.example.com:o/r.git',
      'https://ghe.example.com/api/v3',
    ],
  ])('%s', (_name, env, url, apiUrl) => {
    expect(locate(env, url)).toEqual({ repository: 'o/r', apiUrl, token });
  });

  it.each([
    ['another host', {}, 'https://gitlab.com/o/r.git', /the remote is on gitlab\.com/],
    ['a host that only looks like it', {}, 'https://github.com.example.com/o/r.git', /github\.com\.example\.com/],
    ['a tenant of a tenant', {}, 'https://a.b.ghe.com/o/r.git', /a\.b\.ghe\.com/],
    ['no remote', {}, null, /names no repository/],
    [
      'plain http',
      { GITHUB_API_URL: 'http://ghe.example.com/api/v3' },
      'git@ghe.example.com:o/r.git',
      /not an https address/,
    ],
    [
      'an address with a password',
      { GITHUB_API_URL: 'https://a:b@ghe.example.com' },
      'git@ghe.example.com:o/r.git',
      /not an https address/,
    ],
    ['no address at all', { GITHUB_API_URL: 'ghe' }, 'git@github.com:o/r.git', /not an https address/],
    [
      'an API of another server',
      { GITHUB_API_URL: 'https://ghe.example.com/api/v3' },
      'git@github.com:o/r.git',
      /github\.com, and GITHUB_API_URL names another/,
    ],
  ])('%s is not asked', (_name, env, url, why) => {
    const found = locate(env, url);
    expect(found).toMatchObject({ repository: null, why: expect.stringMatching(why) });
    expect(JSON.stringify(found)).not.toContain(token);
  });

  it('GITHUB_REPOSITORY stands in where the remote names none, as in a checkout through a cache', () => {
    const runner = { GITHUB_REPOSITORY: 'o/r', GITHUB_API_URL: 'https://ghe.example.com/api/v3' };
    expect(locate(runner, '/srv/cache/r.git')).toMatchObject({ repository: 'o/r', apiUrl: runner.GITHUB_API_URL });
    expect(locate({ GITHUB_REPOSITORY: 'o/r' }, null)).toMatchObject({ apiUrl: 'https://api.github.com' });
    expect(locate({ GITHUB_REPOSITORY: 'nonsense' }, null)).toMatchObject({ repository: null });
  });

  it('either variable holds it, an empty one is none', () => {
    expect(locateRepository({ GITHUB_TOKEN: '', GH_TOKEN: 'b' }, 'git@github.com:o/r.git')).toMatchObject({
      token: 'b',
    });
    expect(locateRepository({ GITHUB_TOKEN: ' ' }, 'git@github.com:o/r.git')).toMatchObject({ repository: null });
  });
});
