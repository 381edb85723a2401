import { describe, expect, it } from 'vitest';
import { openPriceFiles, type PriceFilesOptions } from '../../src/client/price-files.ts';
import { CancelledError } from '../../src/errors.ts';
import { answer, failureOf, fakeTiming, type Handler, onClose, serve } from './loopback.ts';

async function open(handler: Handler, options: Partial<PriceFilesOptions> = {}) {
  const loopback = await serve(handler);
  const files = openPriceFiles({ baseUrl: loopback.baseUrl, timing: fakeTiming(), ...options });
  onClose(() => files.close());
  return { files, loopback };
}

describe('price files from an address', () => {
  it('asks for one file and sends no key', async () => {
    const { files, loopback } = await open(() => ({ m: {} }), { userAgent: 'tollgate/1' });
    expect(await files.read('vertex-ai')).toEqual({ status: 'read', body: { m: {} } });
    const [seen] = loopback.seen;
    expect([seen?.method, seen?.url.pathname, seen?.headers['user-agent']]).toEqual([
      'GET',
      '/v1/vertex-ai.json',
      'tollgate/1',
    ]);
    expect(Object.keys(seen?.headers ?? {})).not.toContain('x-portkey-api-key');
    expect(Object.keys(seen?.headers ?? {})).not.toContain('authorization');
  });

  it('takes 404 for "no such file"', async () => {
    const { files, loopback } = await open((_seen, response) => answer(response, 404, 'nothing'));
    expect(await files.read('voyage')).toEqual({ status: 'missing' });
    expect(loopback.seen).toHaveLength(1);
  });

  it.each<[string, Handler, RegExp, number]>([
    ['403', (_seen, response) => answer(response, 403, 'no'), /answered 403$/, 1],
    [
      'a redirect',
      (_seen, response) => answer(response, 302, '', { location: 'https://x.example.com/' }),
      /answered 302$/,
      1,
    ],
    ['no JSON', (_seen, response) => answer(response, 200, '<html>', { 'content-type': 'text/html' }), /not JSON/, 1],
    ['cut short', (_seen, response) => answer(response, 200, '{"m":'), /not JSON/, 1],
    ['too large', (_seen, response) => answer(response, 200, JSON.stringify('x'.repeat(2000))), /too large/, 1],
    ['500, three times', (_seen, response) => answer(response, 500), /answered 500/, 3],
    ['broken off', (_seen, response) => void response.destroy(), /cut/, 3],
  ])('says why it failed: %s', async (_name, handler, why, requests) => {
    const { files, loopback } = await open(handler, { maxBodyBytes: 1000 });
    expect(await files.read('openai')).toEqual({ status: 'failed', why: expect.stringMatching(why) });
    expect(loopback.seen).toHaveLength(requests);
  });

  it('waits for an answer no longer than it may', async () => {
    const { files } = await open(() => new Promise(() => {}), { timeouts: { total: 50 } });
    expect(await files.read('openai')).toEqual({ status: 'failed', why: expect.stringContaining('no answer within') });
  });

  it('asks again after a failure that passes', async () => {
    const { files } = await open((_seen, response, count) => (count === 1 ? answer(response, 503) : { m: {} }));
    expect(await files.read('openai')).toMatchObject({ status: 'read' });
  });

  it('rejects when the run is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    const { files } = await open(() => ({}), { signal: controller.signal });
    expect(await failureOf(files.read('openai'))).toBeInstanceOf(CancelledError);
  });
});
