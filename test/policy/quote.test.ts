import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../src/policy/quote.ts';

describe('quote', () => {
  // Put together here, so that no scanner takes this file for a leak.
  const secrets = [
    `sk-${'a1B2c3D4e5F6'.repeat(2)}`,
    `pk-live-${'0123456789ab'.repeat(2)}`,
    `${'AbC1dEf2'.repeat(4)}=`,
    `ghp_${'a1B2c3D4e5'.repeat(3)}`,
    ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'abc'].join('.'),
    '-----BEGIN PRIVATE KEY-----\nMIIB',
    '0123456789abcdef'.repeat(2),
    `key is ${'xY9zW8vU7t'.repeat(2)}`,
  ];
  it.each(secrets)('tells only the length of secret %#', (secret) => {
    expect(quote(secret)).toBe(`(a value of ${secret.length} characters that looks like a secret)`);
  });

  it.each([
    '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10',
    'ws-market-4f2a1c',
    '@anthropic/claude-opus-4-5-20250929',
    'No single key may spend more than this',
    'metadata._user_department_of_the_caller',
    'AgreedWithFinanceForTheYear2027',
    'campaigns-and-marketing@example.com',
  ])('shows %s', (text) => {
    expect(quote(text)).toBe(`\`${text}\``);
  });

  it('stays on one line and hides nothing', () => {
    expect(quote('a\nb\tc\u202ed\u200be\u0007')).toBe('`a\\nb\\tc\\u{202e}d\\u{200b}e\\u{7}`');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(quote(text)).toMatch(/^[^\p{Cc}\p{Cf}]{2,600}$/u);
      }),
    );
  });

  it('shortens', () => expect(quote('long words '.repeat(20))).toHaveLength(63));
});
