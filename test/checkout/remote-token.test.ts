import { describe, expect, it } from 'vitest';
import { planTokenAccess } from '../../src/checkout/remote-token.ts';

const recordToken = 'app_0sample0token';

describe('a token that cannot be sent', () => {
  it.each([
    ['plain http beyond this machine', 'http://github.example.com/example/budgets.git'],
    ['ssh', 'git@github.com:example/budgets.git'],
    ['ssh', 'ssh://git@github.com/example/budgets.git'],
    ['a folder', '/srv/budgets.git'],
    ['a folder', 'file:///srv/budgets.git'],
    ['a name that only begins like this machine', 'http://127.0.0.1.example.com/example/budgets.git'],
    ['no remote', null],
  ])('over %s is not sent: %s', (_name, url) => {
    expect(() => planTokenAccess(recordToken, url, 'origin')).toThrow(/over https alone/);
  });

  it.each([
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n', /private key/],
    ['two lines', 'ghs_a\nX-Other: b', /cannot be sent/],
    ['nothing but a blank', ' ', /cannot be sent/],
  ])('%s is refused without being repeated', (_name, token, message) => {
    const refuse = () => planTokenAccess(token, 'https://github.com/example/budgets.git', 'origin');
    expect(refuse).toThrow(message);
    expect(refuse).not.toThrow(/X-Other|abc/);
  });

  it('user names and passwords of the address are left out', () => {
    const { address } = planTokenAccess(recordToken, 'https://me:secret@ghe.example.com:8443/a/b.git', 'origin');
    expect(address).toBe('https://ghe.example.com:8443/a/b.git');
  });
});
