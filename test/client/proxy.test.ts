import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectSocket, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { runBundle } from '../helpers/bundle.ts';
import { hasOpenssl, makeCertificate } from '../helpers/certificate.ts';
import { onClose } from './loopback.ts';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onClose(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Opens a tunnel to this port, whatever host it is asked for. */
function listenAsProxy(servicePort: number, tunnels: string[]): Promise<number> {
  return listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        tunnels.push(data.toString().split('\r\n')[0] ?? '');
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const far = connectSocket(servicePort, '127.0.0.1').on('error', () => socket.destroy());
        socket.pipe(far).pipe(socket);
      });
    }),
  );
}

test.skipIf(!hasOpenssl)('https goes through the proxy to a host with a CA of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  onClose(() => rmSync(folder, { recursive: true, force: true }));
  const [cert, script, bundle] = ['cert.pem', 'entry.ts', 'entry.mjs'].map((name) => join(folder, name));
  if (!cert || !script || !bundle) throw new Error('unreachable');
  const certificate = makeCertificate('DNS:api.example.test');
  writeFileSync(cert, certificate.cert);

  const service = createTlsServer({ ...certificate }, (asked, response) => {
    response.end(JSON.stringify({ id: 'k', name: asked.headers['x-portkey-api-key'] }));
  });
  const servicePort = await listen(service);
  const tunnels: string[] = [];
  const proxyPort = await listenAsProxy(servicePort, tunnels);

  // Node reads NODE_EXTRA_CA_CERTS as it starts, hence a process of its own.
  writeFileSync(
    script,
    `import { createClient } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/client/client.ts'))};
     const proxies = { httpsProxy: process.env.HTTPS_PROXY };
     const client = createClient({ baseUrl: 'https://api.example.test/v1', apiKey: 'secret', proxies, tries: 1 });
     const rows = await client.readKey('k').catch((error) => ({ name: error.message }));
     console.log(rows.name);
     await client.close();`,
  );
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  buildSync({ entryPoints: [script], outfile: bundle, bundle: true, platform: 'node', format: 'esm', banner });
  const run = async (env: Record<string, string>): Promise<string> => {
    const all = { PATH: process.env.PATH ?? '', HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`, ...env };
    return (await promisify(execFile)(process.execPath, [bundle], { env: all })).stdout.trim();
  };
  expect(await run({ NODE_EXTRA_CA_CERTS: cert })).toBe('secret');
  expect(tunnels).toEqual(['CONNECT api.example.test:443 HTTP/1.1']);
  expect(await run({})).toContain('NODE_EXTRA_CA_CERTS');
});

test.skipIf(!hasOpenssl)('so does the command as it is shipped, whose bundle holds a part of undici', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  onClose(() => rmSync(folder, { recursive: true, force: true }));
  const certificate = makeCertificate('DNS:api.example.test');
  const cert = join(folder, 'cert.pem');
  writeFileSync(cert, certificate.cert);
  const keys: unknown[] = [];
  const service = createTlsServer({ ...certificate }, (asked, response) => {
    keys.push(asked.headers['x-portkey-api-key']);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"errorCode":"AB05","message":"no"}');
  });
  const proxyPort = await listenAsProxy(await listen(service), []);
  const { exit } = await runBundle(['status'], {
    cwd: folder,
    env: {
      PORTKEY_BASE_URL: 'https://api.example.test/v1',
      PORTKEY_API_KEY: 'secret-key-0123456789',
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
      NODE_EXTRA_CA_CERTS: cert,
    },
  });
  expect(exit).toBe(6);
  expect(keys[0]).toBe('secret-key-0123456789');
});

async function failureOf(baseUrl: string, proxies: { httpsProxy: string; noProxy?: string }): Promise<string> {
  const client = createClient({ baseUrl, apiKey: 'secret-key-0123456789', proxies, tries: 1 });
  try {
    await client.readKey('k');
    return 'no failure';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.close();
  }
}

test('mistakes-K14: a proxy that is down is named, without its password', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  const httpsProxy = `http://somebody:pass-word@127.0.0.1:${port}`;
  const said = await failureOf('https://api.example.test/v1', { httpsProxy });
  expect(said).toContain(
    `cannot reach https://api.example.test/v1: connection refused, on the way through the proxy 127.0.0.1:${port} (HTTPS_PROXY)`,
  );
  expect(said).not.toMatch(/somebody|pass-word/);
  // Taken out of it, the service itself refuses.
  const straight = await failureOf(`https://0.0.0.0:${port}/v1`, { httpsProxy, noProxy: 'example.org,0.0.0.0' });
  expect(straight).toMatch(/cannot reach https:\/\/0\.0\.0\.0:\d+\/v1: connection refused$/);
});

test.each(['socks5://127.0.0.1:1080', 'socks4a://u:pass-word@127.0.0.1:1080', 'SOCKS5h://127.0.0.1:1'])(
  'mistakes-K14: %s is said to be no proxy that can be used',
  (httpsProxy) => {
    const connect = () =>
      createClient({ baseUrl: 'https://api.example.test/v1', apiKey: 'k', proxies: { httpsProxy } });
    expect(connect).toThrow(/^HTTPS_PROXY is a proxy of the kind socks\w+, which is not supported$/);
  },
);
