/** Signed webhooks over real sockets: what arrives, who can say that it is from us, and what is done when nobody takes it. */

import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { openSenders } from '../../../src/notify/channels/open-senders.ts';
import { parseSigningKeys, renderPayloadSchema } from '../../../src/notify/channels/write-payload.ts';
import type { Delivery, Message, Sender, WebhookChannel } from '../../../src/notify/message.ts';
import { answer, fakeTiming, type Handler, type Loopback, onClose, type Seen, serve } from '../../client/loopback.ts';
import { root } from '../../helpers/bundle.ts';
import { hasOpenssl } from '../../helpers/certificate.ts';
import { undescribed } from '../../helpers/undescribed.ts';
import { message, ports } from './messages.ts';

const schema = readFileSync(join(root, 'schemas', 'telling.schema.json'), 'utf8');
const key = Buffer.from('0123456789abcdef0123456789abcdef');
const secret = `whsec_${key.toString('base64')}`;
const env = { TOLLGATE_NOTIFY_HOOK: secret };

const channelAt = (url: string): WebhookChannel => ({
  type: 'webhook',
  name: 'desk',
  url,
  secret: 'TOLLGATE_NOTIFY_HOOK',
});

interface Scene {
  readonly hook: Loopback;
  readonly sender: Sender;
  readonly slept: readonly number[];
  send(over?: Partial<Message>): Promise<Delivery>;
}

async function scene(handler: Handler, over: Parameters<typeof ports>[0] = {}): Promise<Scene> {
  const hook = await serve(handler);
  const timing = fakeTiming();
  const { senders, close } = openSenders(
    [channelAt(`http://127.0.0.1:${hook.port}/hooks/desk?tenant=1`)],
    ports({ env, timing, ...over }),
  );
  onClose(close);
  const [sender] = senders;
  if (sender === undefined) throw new Error('no sender');
  return { hook, sender, slept: timing.slept, send: (more) => sender.send(message(more), ['a@example.com']) };
}

const headerOf = ({ headers }: Seen, name: string): string => String(headers[name]);

describe('what arrives', () => {
  it.skipIf(!hasOpenssl)('is signed as Standard Webhooks has it, by the word of OpenSSL', async () => {
    const { hook, send } = await scene((_seen, response) => answer(response, 204));
    expect(await send()).toEqual({ sent: true, refused: [], why: null, retry: false, mayHaveArrived: false });
    const [seen] = hook.seen;
    if (seen === undefined) throw new Error('nothing came');
    const signed = `${headerOf(seen, 'webhook-id')}.${headerOf(seen, 'webhook-timestamp')}.${seen.body}`;
    const digest = execFileSync(
      'openssl',
      ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'],
      { input: signed },
    );
    expect(headerOf(seen, 'webhook-signature')).toBe(`v1,${digest.toString('base64')}`);
    expect(headerOf(seen, 'webhook-timestamp')).toBe(String(Date.parse('2026-08-01T00:00:00Z') / 1000));
    expect([seen.method, seen.url.pathname, seen.url.search]).toEqual(['POST', '/hooks/desk', '?tenant=1']);
    expect([seen.headers['content-type'], seen.headers['user-agent']]).toEqual(['application/json', 'tollgate/test']);
  });

  it('is what the schema says, to a validator that is not ours', async () => {
    const { hook, send } = await scene(() => ({}));
    await send();
    const body: unknown = JSON.parse(hook.seen[0]?.body ?? '');
    const validate = new Ajv2020({ strict: false, formats: { 'date-time': true, uri: true } }).compile(
      JSON.parse(schema),
    );
    expect([validate(body), validate.errors]).toEqual([true, null]);
    expect(body).toEqual({
      type: 'tollgate.threshold',
      timestamp: '2026-11-20T12:00:00.000Z',
      data: {
        version: 1,
        id: message().id,
        title: message().title,
        facts: message().facts,
        paragraphs: message().paragraphs,
        link: message().link,
        recipients: ['a@example.com'],
        details: message().data,
      },
    });
  });

  it('has a schema that is up to date and says of every member what it is', () => {
    expect(schema).toBe(renderPayloadSchema());
    expect(undescribed(JSON.parse(schema))).toEqual([]);
  });

  it('has the same id for the same telling, and another for another', async () => {
    const { hook, send } = await scene(() => ({}));
    for (const id of ['one', 'one', 'two']) await send({ id });
    const [first, again, other] = hook.seen.map((seen) => headerOf(seen, 'webhook-id'));
    expect(first).toMatch(/^msg_[0-9a-f]{32}$/);
    expect([again === first, other === first]).toEqual([true, false]);
  });

  it('is signed with the old key and the new one while both are named', async () => {
    const fresh = Buffer.from('fedcba9876543210fedcba9876543210');
    const both = { TOLLGATE_NOTIFY_HOOK: `${secret} ${fresh.toString()}` };
    const { hook, send } = await scene(() => ({}), { env: both });
    await send();
    const [seen] = hook.seen;
    if (seen === undefined) throw new Error('nothing came');
    const signed = `${headerOf(seen, 'webhook-id')}.${headerOf(seen, 'webhook-timestamp')}.${seen.body}`;
    const of = (one: Buffer): string => `v1,${createHmac('sha256', one).update(signed).digest('base64')}`;
    expect(headerOf(seen, 'webhook-signature')).toBe(`${of(key)} ${of(fresh)}`);
  });

  it('holds no secret of the run, whoever pasted it into a name', async () => {
    const admin = 'pk-S3cret+key/for=tests';
    const { hook, send } = await scene(() => ({}), { secrets: [admin] });
    await send({ title: `key ${admin}`, data: { name: [`${admin}`], [secret]: 1 }, paragraphs: [secret] });
    const body = hook.seen[0]?.body ?? '';
    expect([body.includes(admin), body.includes(secret), body.includes('[key]')]).toEqual([false, false, true]);
  });

  it('leaves out details that are too large, and says that they are not known', async () => {
    const { hook, send } = await scene(() => ({}));
    await send({ data: { rows: 'x'.repeat(200_000) } });
    expect(JSON.parse(hook.seen[0]?.body ?? '').data.details).toBeNull();
  });
});

describe('what is done when nobody takes it', () => {
  it('tries again after 500 and after a cut, with the id by which a double is known, and signed anew', async () => {
    const { hook, send, slept } = await scene((_seen, response, count) => {
      if (count === 1) return answer(response, 500, 'busy');
      if (count === 2) return void response.destroy();
      return {};
    });
    expect((await send()).sent).toBe(true);
    expect(new Set(hook.seen.map((seen) => headerOf(seen, 'webhook-id'))).size).toBe(1);
    expect(new Set(hook.seen.map((seen) => headerOf(seen, 'webhook-timestamp'))).size).toBeGreaterThan(1);
    expect([hook.seen.length, slept]).toEqual([3, [500, 1000]]);
  });

  it('waits as long as it is told to', async () => {
    const { hook, send, slept } = await scene((_seen, response, count) =>
      count === 1 ? answer(response, 429, '', { 'retry-after': '7' }) : {},
    );
    expect((await send()).sent).toBe(true);
    expect([hook.seen.length, slept]).toEqual([2, [7000]]);
  });

  it('gives up after three, says what it heard, and that it may have arrived', async () => {
    const { hook, send } = await scene((_seen, response) => answer(response, 503, '{"error":"no room"}'));
    expect(await send()).toEqual({
      sent: false,
      refused: [],
      why: `127.0.0.1:${hook.port} answered 503: no room`,
      retry: true,
      mayHaveArrived: false,
    });
    expect(hook.seen).toHaveLength(3);
  });

  it.each([
    [400, 'answered 400: bad'],
    [401, 'answered 401: bad; it does not take posts from here: look at its address and secret'],
    [404, 'answered 404: bad; there is nobody at this address any more: make a new webhook'],
    [410, 'answered 410: bad; there is nobody at this address any more: make a new webhook'],
  ])('does not try again after %d', async (status, why) => {
    const { hook, send } = await scene((_seen, response) => answer(response, status, 'bad'));
    expect(await send()).toMatchObject({
      sent: false,
      retry: false,
      mayHaveArrived: false,
      why: expect.stringContaining(why),
    });
    expect(hook.seen).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    const elsewhere = await serve(() => ({}));
    const { send } = await scene((_seen, response) =>
      answer(response, 307, '', { location: `http://127.0.0.1:${elsewhere.port}/` }),
    );
    const { sent, why } = await send();
    expect([sent, why]).toEqual([false, expect.stringContaining('it leads elsewhere, which is not followed')]);
    expect(elsewhere.seen).toEqual([]);
  });

  it.each(['total', 'silence'] as const)('does not wait for ever (%s)', async (which) => {
    const { send } = await scene(() => new Promise(() => {}), { timeouts: { [which]: 60 } });
    expect(await send()).toMatchObject({
      sent: false,
      retry: true,
      mayHaveArrived: true,
      why: expect.stringContaining('no answer'),
    });
  });

  it('reads no answer to its end that has none, and takes the word of its first line', async () => {
    const { send } = await scene((_seen, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    expect((await send()).sent).toBe(true);
  });

  it('says that nothing arrived where nobody was there', async () => {
    const { hook, sender } = await scene(() => ({}));
    const { senders, close } = openSenders([channelAt('http://127.0.0.1:1/x')], ports({ env }));
    onClose(close);
    expect(await senders[0]?.send(message(), [])).toEqual({
      sent: false,
      refused: [],
      why: 'cannot reach 127.0.0.1:1: connection refused',
      retry: true,
      mayHaveArrived: false,
    });
    expect([hook.seen.length, sender.knowsDoubles]).toEqual([0, true]);
  });

  it('asks a dead channel three times, not for each of a hundred messages', async () => {
    const { hook, send } = await scene((_seen, response) => answer(response, 503));
    const all: Delivery[] = [];
    for (let index = 0; index < 10; index++) all.push(await send({ id: String(index) }));
    expect(hook.seen).toHaveLength(9);
    expect(all.map(({ retry }) => retry)).toEqual(Array(10).fill(true));
    expect(all.at(-1)).toMatchObject({
      mayHaveArrived: false,
      why: expect.stringMatching(/^not tried, as the last 3 messages found nobody: /),
    });
  });
});

describe('what is refused before anything leaves', () => {
  it.each([
    ['http://example.com/x', 'is plain http'],
    ['https://user:pass@example.com/x', 'holds a user name or a password'],
    ['ftp://example.com/x', 'begins with ftp:'],
    ['https://example.com/#x', 'ends in a fragment'],
    ['example.com', 'is not a URL'],
  ])('%s', async (url, why) => {
    const { senders, close } = openSenders([channelAt(url)], ports({ env }));
    onClose(close);
    const delivery = await senders[0]?.send(message(), []);
    expect(delivery).toMatchObject({ sent: false, retry: false, why: expect.stringContaining(why) });
    expect(delivery?.why).not.toContain('pass@');
  });

  it.each([
    [undefined, 'TOLLGATE_NOTIFY_HOOK is not set'],
    ['  ', 'TOLLGATE_NOTIFY_HOOK is not set'],
    ['too-short', 'holds a key that is too short, 9 of 24 bytes'],
    ['whsec_no-base64!', 'what follows is not base64'],
  ])('the secret %j', async (value, why) => {
    const { hook, send } = await scene(() => ({}), { env: { TOLLGATE_NOTIFY_HOOK: value } });
    expect(await send()).toMatchObject({ sent: false, retry: false, why: expect.stringContaining(why) });
    expect(hook.seen).toEqual([]);
  });

  it('a variable that is not for channels', async () => {
    const { hook, sender } = await scene(() => ({}));
    const named = { ...channelAt(`http://127.0.0.1:${hook.port}/`), secret: 'PORTKEY_API_KEY' };
    const { senders, close } = openSenders([named], ports({ env: { PORTKEY_API_KEY: 'x'.repeat(40) } }));
    onClose(close);
    expect((await senders[0]?.send(message(), []))?.why).toContain('has to begin with TOLLGATE_NOTIFY_');
    expect([hook.seen.length, sender.channel.name]).toEqual([0, 'desk']);
  });

  it('reads keys as the libraries do, and plain ones as their bytes', () => {
    expect(parseSigningKeys(secret)).toEqual([key]);
    expect(parseSigningKeys(key.toString())).toEqual([key]);
  });
});

describe('the probe', () => {
  it('asks the root of the host for its head, and posts nothing', async () => {
    const { hook, sender } = await scene((_seen, response) => answer(response, 405));
    expect(await sender.probe()).toEqual({
      state: 'works',
      detail: `127.0.0.1:${hook.port} answers`,
      untried: 'whether the address takes a message: `tollgate notify --test desk` sends one',
    });
    expect(hook.seen.map(({ method, url, body }) => [method, url.pathname, url.search, body])).toEqual([
      ['HEAD', '/', '', ''],
    ]);
  });

  it('says what is missing', async () => {
    const { sender } = await scene(() => ({}), { env: {} });
    expect(await sender.probe()).toMatchObject({ state: 'not-tried', detail: expect.stringContaining('is not set') });
  });
});
