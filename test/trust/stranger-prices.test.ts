/** `pricing.source` of a pull request: where it may lead, how long it may take, and what is said of what is there. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, isPublicHost } from '../../src/client/public-address.ts';
import { UserError } from '../../src/errors.ts';
import { findPriceReading, type PriceFlags, type PriceWords } from '../../src/run/price-settings.ts';
import { readPrices } from '../../src/run/read-prices.ts';
import type { Session } from '../../src/run/session.ts';
import { serve } from '../client/loopback.ts';
import { hasProgram } from '../helpers/programs.ts';
import { testSession } from '../helpers/session.ts';
import { makeFolder } from '../record/git-fixture.ts';

function makeRepository(): { readonly root: string; readonly session: Session } {
  const root = makeFolder();
  mkdirSync(join(root, '.git'));
  mkdirSync(join(root, 'policies'));
  mkdirSync(join(root, 'prices'));
  writeFileSync(join(root, 'prices', 'openai.json'), '{"gpt-4o":{}}');
  return { root, session: testSession({ cwd: root, env: { HOME: makeFolder() } }) };
}

const words = (source: string, isInForce = false): PriceWords => ({
  pricing: { source },
  gateway: {},
  orgFile: { file: 'policies/org.yaml', line: 1, column: 1 },
  isInForce,
});

const noFlag: PriceFlags = { offline: false };

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
}

describe('trust-D1: folders of prices', () => {
  test('trust-D1: a relative folder of the repository is read', async () => {
    const { session } = makeRepository();
    const reading = await findPriceReading(noFlag, words('../prices'), undefined, session);
    const { providers } = await readPrices(['openai'], reading, session);
    expect(providers.get('openai')?.status).not.toBe('missing');
  });

  test('trust-D1: what leads out of the repository is refused in the same words, whether anything is there or not', async () => {
    const { root, session } = makeRepository();
    const outside = makeFolder();
    writeFileSync(join(outside, 'openai.json'), '{}');
    symlinkSync(outside, join(root, 'policies', 'link'));
    symlinkSync(join(outside, 'none'), join(root, 'policies', 'dangling'));
    symlinkSync('/etc/passwd', join(root, 'policies', 'file'));
    const sources = [
      outside,
      '/etc',
      '/no/such/folder',
      '../../',
      '../../no',
      '../../../../../../etc',
      '..//..',
      'link',
    ];
    for (const source of [...sources, 'dangling', 'file', 'link/deeper', join(root, 'prices')]) {
      const said = await refusalOf(findPriceReading(noFlag, words(source), undefined, session));
      // The name of a temporary folder looks like a secret now and then.
      const shown = said.replaceAll(`\`${source}\``, 'X').replace(/\(a value of \d+ characters [a-z ]+\)$/, 'X');
      expect(shown).toBe('`pricing.source` names no folder of this repository: X');
    }
  });

  test.skipIf(!hasProgram('mkfifo'))(
    'trust-D1: files that are links out of the repository, pipes or devices are not read, and nothing waits for them',
    async () => {
      const { root, session } = makeRepository();
      const outside = join(makeFolder(), 'secret.json');
      writeFileSync(outside, '{"secret":{}}');
      symlinkSync(outside, join(root, 'prices', 'linked.json'));
      symlinkSync('/dev/zero', join(root, 'prices', 'device.json'));
      execFileSync('mkfifo', [join(root, 'prices', 'pipe.json')]);
      mkdirSync(join(root, 'prices', 'folder.json'));
      const reading = await findPriceReading(noFlag, words('../prices'), undefined, session);
      const { providers } = await readPrices(['linked', 'device', 'pipe', 'folder', 'none'], reading, session);
      expect([...providers].map(([name, { status }]) => `${name} ${status}`)).toEqual([
        'linked missing',
        'device missing',
        'pipe unread',
        'folder unread',
        'none missing',
      ]);
    },
  );

  test('trust-D1: the flag is the word of whom the machine belongs to', async () => {
    const { session } = makeRepository();
    const outside = makeFolder();
    const reading = await findPriceReading({ ...noFlag, pricing: outside }, words('/etc'), undefined, session);
    expect(reading).toMatchObject({ kind: 'folder', folder: outside, within: null });
  });
});

describe('trust-D1: addresses of prices', () => {
  const inside = [
    'http://localhost:8080/prices',
    'https://localhost/prices',
    'https://127.0.0.1/prices',
    'https://127.1/prices',
    'https://2130706433/prices',
    'https://0x7f000001/prices',
    'https://0177.0.0.1/prices',
    'https://10.1.2.3/prices',
    'https://172.16.0.1/prices',
    'https://192.168.1.1/prices',
    'https://169.254.169.254/latest/meta-data',
    'https://0.0.0.0/prices',
    'https://[::1]/prices',
    'https://[::]/prices',
    'https://[::ffff:127.0.0.1]/prices',
    'https://[::ffff:a00:1]/prices',
    'https://[fe80::1]/prices',
    'https://[fd00::1]/prices',
    'https://[64:ff9b::7f00:1]/prices',
    'https://intranet/prices',
    'https://metadata.google.internal/prices',
    'https://printer.local/prices',
    'https://a.localhost./prices',
  ];

  test.each(inside)('trust-D1: %s is not asked before it is in force', async (source) => {
    const { session } = makeRepository();
    const said = await refusalOf(findPriceReading(noFlag, words(source), undefined, session));
    expect(said).toBe('`pricing.source` is an address of a network of your own, and not in force yet');
  });

  test('trust-D1: the same address in force, by flag, or beside a control plane of this machine is asked', async () => {
    const { session } = makeRepository();
    const source = 'http://127.0.0.1:9/prices';
    const here = testSession({
      cwd: session.cwd,
      env: { ...session.env, PORTKEY_BASE_URL: 'http://127.0.0.1:8788/v1' },
    });
    for (const reading of [
      await findPriceReading(noFlag, words(source, true), undefined, session),
      await findPriceReading({ ...noFlag, pricing: source }, null, undefined, session),
      await findPriceReading(noFlag, words(source), undefined, here),
    ]) {
      expect(reading).toMatchObject({ kind: 'address', address: source, publicOnly: false });
    }
  });

  test('trust-D1: a name is judged by the address that it resolves to', async () => {
    const loopback = await serve(() => ({}));
    const { session } = makeRepository();
    const address = `http://localhost:${loopback.port}`;
    const kept = { shown: address, cacheFolder: null, offline: false, maxAge: 1, notes: [] };
    const reading = { kind: 'address', address, publicOnly: true, ...kept } as const;
    const { providers } = await readPrices(['openai'], reading, session);
    expect(providers.get('openai')).toMatchObject({
      status: 'unread',
      why: expect.stringContaining('its address is not a public one'),
    });
    expect(loopback.seen).toEqual([]);
  });

  test('trust-D1: nothing of what is there is repeated: no body, no redirect, no kind, no length', async () => {
    const { session } = makeRepository();
    const loopback = await serve((seen, response) => {
      const status = Number(/\d{3}/.exec(seen.url.pathname)?.[0]);
      response.writeHead(status, { 'content-type': 'text/internal-kind', location: 'https://internal.corp/next' });
      response.end('internal-body '.repeat(10));
    });
    const address = loopback.baseUrl;
    const kept = { shown: 'https://x.example.com', cacheFolder: null, offline: false, maxAge: 1, notes: [] };
    const reading = { kind: 'address', address, publicOnly: false, ...kept } as const;
    const names = ['200', '302', '401', '403', '418'];
    const { providers, notes } = await readPrices(names, reading, session, { tries: 1 });
    const said = JSON.stringify([[...providers], notes]);
    expect(said).not.toMatch(/internal|140/);
    expect(loopback.seen).toHaveLength(names.length);
  });

  test('trust-D1: all prices of a run share one deadline, however many hosts hang', async () => {
    const loopback = await serve(() => new Promise(() => {}));
    const { session } = makeRepository();
    const kept = { shown: 'https://x.example.com', cacheFolder: null, offline: false, maxAge: 1, notes: [] };
    const reading = { kind: 'address', address: loopback.baseUrl, publicOnly: false, ...kept } as const;
    const names = Array.from({ length: 400 }, (_, index) => `vendor-${index}`);
    const { providers } = await readPrices(names, reading, session, { tries: 1, altogether: 200 });
    const why = new Set(
      [...providers.values()].map((known) => (known.status === 'unread' ? known.why.split(': ')[1] : '')),
    );
    expect([...why]).toEqual(['all prices of a run are given 0.2 s together']);
    expect(loopback.seen.length).toBeLessThan(10);
  });

  test('trust-D1: a cancelled run does not wait for prices', async () => {
    const loopback = await serve(() => new Promise(() => {}));
    const { session } = makeRepository();
    const controller = new AbortController();
    const kept = { shown: 'https://x.example.com', cacheFolder: null, offline: false, maxAge: 1, notes: [] };
    const reading = { kind: 'address', address: loopback.baseUrl, publicOnly: false, ...kept } as const;
    const work = readPrices(['a', 'b'], reading, { ...session, signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ name: 'CancelledError' });
  });

  test('trust-D1: what is public and what is not', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
    }
    const closed = [
      '172.31.255.255',
      '100.64.0.1',
      '255.255.255.255',
      '240.0.0.1',
      'fe80::1%eth0',
      'fc00::',
      '2001:db8::1',
    ];
    for (const address of [...closed, '2002:7f00:1::', '2001::1', '::', '::1', '::127.0.0.1', 'nonsense', '']) {
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
    }
    expect(isPublicHost('configs.portkey.ai')).toBe(true);
  });
});
