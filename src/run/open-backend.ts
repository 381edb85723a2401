import { secretsOf } from '../blank-secrets.ts';
import { createApiBackend } from '../client/api-backend.ts';
import { type Client, createClient } from '../client/client.ts';
import { readSignedLines } from '../client/signed-lines.ts';
import { systemTiming } from '../client/timing.ts';
import { UserError } from '../errors.ts';
import type { Backend } from '../live/backend.ts';
import { proxiesOf } from '../proxies.ts';
import { type CommonOptions, nowOf, randomSeed, type Session } from './session.ts';

export const defaultBaseUrl = 'https://api.portkey.ai/v1';

/** The embedded emulator listens on another port in every run; the record needs one name for it. */
export const emulatorBaseUrl = 'http://emulator.localhost/v1';

export const emulatorPriceAddress = 'http://emulator.localhost/pricing';

export interface OpenBackend {
  readonly backend: Backend;
  /** Single requests, for finding out what the key may do. */
  readonly probe: Client['probe'];
  /** Jobs of the service that are no limits. */
  readonly begin: Client['begin'];
  /** The lines of a file that the service has signed a link to. */
  readonly readLines: (url: string) => AsyncIterable<string>;
  /** Where the emulator serves price files, until it is closed. */
  readonly priceAddress?: string;
  close(): Promise<void>;
}

export interface OpenBackendOptions {
  /** Requests sent for one call at most; default 5. */
  readonly tries?: number;
}

/** @throws UserError when a variable is missing or wrong */
export async function openBackend(
  options: Pick<CommonOptions, 'backend' | 'state' | 'concurrency'>,
  session: Session,
  { tries }: OpenBackendOptions = {},
): Promise<OpenBackend> {
  const connecting = { concurrency: options.concurrency, tries };
  return options.backend === 'emulator'
    ? openEmulator(options.state, connecting, session)
    : openPortkey(connecting, session);
}

interface Connecting {
  readonly concurrency: number;
  readonly tries: number | undefined;
  /** In place of the real one, for messages and the record. */
  readonly shownBaseUrl?: string;
}

/** Where `--backend portkey` goes. */
export function baseUrlOf({ PORTKEY_BASE_URL: baseUrl }: Session['env']): string {
  return baseUrl === undefined || baseUrl === '' ? defaultBaseUrl : baseUrl;
}

async function openPortkey(connecting: Connecting, session: Session): Promise<OpenBackend> {
  const { PORTKEY_API_KEY: apiKey } = session.env;
  if (apiKey === undefined || apiKey.trim() === '') {
    throw new UserError('PORTKEY_API_KEY is not set', {
      hint: 'Set it to an admin key of the organisation, or add --backend emulator to try this without an account.',
    });
  }
  return connect(baseUrlOf(session.env), apiKey, connecting, session);
}

async function connect(
  baseUrl: string,
  apiKey: string,
  { concurrency, tries, shownBaseUrl }: Connecting,
  session: Session,
): Promise<OpenBackend> {
  const { env, signal, version, clock, surroundings } = session;
  const client = createClient({
    baseUrl,
    apiKey,
    concurrency,
    connections: concurrency,
    tries,
    signal,
    // One clock for the whole run; its pauses end with the run.
    timing: { ...systemTiming, now: () => clock.now(), sleep: (milliseconds) => clock.sleep(milliseconds) },
    userAgent: `tollgate/${version}`,
    secrets: secretsOf(env).filter((secret) => secret !== apiKey),
    proxies: proxiesOf(env),
    dispatcher: surroundings?.dispatcher,
  });
  const backend = createApiBackend(client);
  return {
    backend: shownBaseUrl === undefined ? backend : { ...backend, baseUrl: shownBaseUrl },
    probe: (request) => client.probe(request),
    begin: (path, body, scope) => client.begin(path, body, scope),
    readLines: (url) => readSignedLines(url, { signal, proxies: proxiesOf(env), userAgent: `tollgate/${version}` }),
    close: () => client.close(),
  };
}

async function openEmulator(state: string | undefined, connecting: Connecting, session: Session): Promise<OpenBackend> {
  // A plan against a real control plane does not wait for it to be loaded.
  const [{ startEmulator }, { sampleSeed }] = await Promise.all([
    import('../emulator/server.ts'),
    import('../emulator/sample/seed.ts'),
  ]);
  const key = `emulator-${session.randomId()}`;
  const emulator = await startEmulator({
    acceptKeys: key,
    state: sampleSeed(nowOf(session)),
    randomSeed: randomSeed(session),
    now: () => nowOf(session),
    ...(state === undefined ? {} : { stateDirectory: state }),
  });
  const open = await connect(emulator.url, key, { ...connecting, shownBaseUrl: emulatorBaseUrl }, session);
  return {
    ...open,
    priceAddress: new URL('/pricing', emulator.url).href,
    close: async () => {
      await open.close();
      await emulator.close();
    },
  };
}
