/** What strangers wrote, where it is shown; secrets, however an answer spells them; numbers that no limit can have. */

import { describe, expect, test } from 'vitest';
import { createValueBlanker } from '../../src/blank-secrets.ts';
import { parseBoundedJson } from '../../src/bounded-json.ts';
import { usagePolicySchema } from '../../src/client/schemas.ts';
import { UserError } from '../../src/errors.ts';
import { renderFailure } from '../../src/render/failure.ts';
import { renderForScreen } from '../../src/render/log-text.ts';
import { apiKey, connect, serve } from '../client/loopback.ts';

describe('trust-D7: what is shown', () => {
  const workflow = { color: false, isWorkflow: true };

  test.each([
    ['::add-mask::x', '\\::add-mask::x'],
    ['a\n::set-output name=x::y', 'a\n\\::set-output name=x::y'],
    ['a\r::stop-commands::x', 'a\\u{d}::stop-commands::x'],
    ['  ::error::x', '  \\::error::x'],
    ['x ##[add-mask]y', 'x #\\#[add-mask]y'],
    ['a::b', 'a::b'],
  ])('trust-D7: %j is not a command of the runner', (text, shown) => {
    expect(renderForScreen(text, workflow)).toBe(shown);
  });

  test('trust-D7: escape sequences and marks of direction act on no terminal, colours asked for stay', () => {
    const text = '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b2J \u202e';
    const screen = { color: true, isWorkflow: false };
    expect(renderForScreen(text, screen)).toBe('\u001b[31mred\u001b[0m \\u{1b}]0;title\\u{7} \\u{9b}2J \\u{202e}');
    expect(renderForScreen(text, { ...screen, color: false })).not.toContain('\u001b');
  });

  test('trust-D7: advice that quotes a forged claim is escaped as messages are', () => {
    const hint = 'add --take-over \u001b[2Jx';
    const { message } = renderFailure(new UserError('claimed by \u001b[2Jy', { hint }), 'text');
    expect(message).not.toContain('\u001b');
    expect(message).toContain('\\u{1b}');
  });
});

describe('trust-D4: secrets in answers', () => {
  const key = 'pk-live/0123456789+abcdef';
  const escaped = [...key].map((letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join('');
  const blank = createValueBlanker(key, 'seal-0123456789');

  test.each<[string, unknown]>([
    ['as it is', key],
    ['in a sentence', `the key ${key} is wrong`],
    ['in escapes of JSON inside a text', escaped],
    ['in a document inside a text', JSON.stringify({ a: { b: key } }).replaceAll('/', '\\/')],
    ['escaped twice', JSON.stringify(escaped)],
    ['in escapes of a URL', [...key].map((letter) => `%${(letter.codePointAt(0) ?? 0).toString(16)}`).join('')],
    ['in entities', [...key].map((letter) => `&#${letter.codePointAt(0)};`).join('')],
    ['with characters of no width between', [...key].join('\u200b')],
    ['in base64', Buffer.from(key).toString('base64')],
    ['in hexadecimal digits', Buffer.from(key).toString('hex')],
    ['the seal key', 'seal-0123456789'],
  ])('trust-D4: %s is blanked, as text, in lists and as the name of a member', (_what, value) => {
    const text = String(value);
    const told = JSON.stringify(blank({ [text]: [{ deep: text }], plain: 'stays' }));
    expect(told).toContain('[key]');
    expect(told).toContain('stays');
    expect(told).not.toContain(JSON.stringify(text).slice(1, -1));
  });

  test('trust-D4: an answer with the key in escapes reaches nobody, in rows and in refusals', async () => {
    const written = [...apiKey]
      .map((letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
      .join('');
    const row = `{"id":"p1","name":"${written}","workspace_id":"w","status":"active","credit_limit":1,"type":"cost"}`;
    const loopback = await serve((seen, response) => {
      const isRefused = seen.url.pathname.endsWith('/refused');
      response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/json' });
      response.end(isRefused ? `{"message":"${written}"}` : row);
    });
    const client = connect(loopback);
    expect((await client.readUsagePolicy('p1')).name).toBe('[key]');
    await expect(client.readUsagePolicy('refused')).rejects.toThrow('[key]');
  });

  test('trust-D4: values without a secret are given back as they are', () => {
    const value = { a: [1, 'text', { b: null }] };
    expect(blank(value)).toBe(value);
  });
});

describe('trust-D8: bounds of answers', () => {
  test.each(['[', '{"a":', '[[{"a":['])('trust-D8: a document of nothing but %s is refused by its depth', (again) => {
    expect(() => parseBoundedJson(again.repeat(100_000))).toThrow('inside one another');
    expect(() => parseBoundedJson(`${'['.repeat(101)}${']'.repeat(101)}`)).toThrow('inside one another');
    expect(parseBoundedJson(`${'['.repeat(100)}${']'.repeat(100)}`)).toBeDefined();
    expect(parseBoundedJson(JSON.stringify({ text: '[[[["{'.repeat(100) }))).toBeDefined();
  });

  test.each(['1e308', '1e999', '-1', '1e-320', '"1e400"', '"NaN"', '"a lot"', '9007199254740993', '{}'])(
    'trust-D8: a limit of %s makes the row one that cannot be read',
    (written) => {
      const row = JSON.parse(`{"id":"p1","name":"x","credit_limit":${written}}`);
      expect(usagePolicySchema.safeParse(row).success).toBe(false);
    },
  );
});
