import { createApiBackend } from '../client/api-backend.ts';
import { createClient } from '../client/client.ts';
import type { ConnectionOptions } from '../client/request.ts';
import { systemTiming } from '../client/timing.ts';
import { sampleSeed } from '../emulator/seed.ts';
import { startEmulator } from '../emulator/server.ts';
import { UserError } from '../errors.ts';
import type { Backend } from '../reconcile/backend.ts';
import { randomSeed } from './emulate.ts';
import { type CommonOptions, nowOf, type Session } from './session.ts';

export const defaultBaseUrl = 'https://api.portkey.ai/v1';

/** The embedded emulator listens on another port in every run; the record needs one name for it. */
export const emulatorBaseUrl = 'http://emulator.localhost/v1';

export const emulatorPriceAddress = 'http://emulator.localhost/pricing';

export interface OpenBackend {
  readonly backend: Backend;
  /** Where the emulator serves price files, until it is closed. */
  readonly priceAddress?: string;
  close(): Promise<void>;
}

/** @throws UserError when a variable is missing or wrong */
export async function openBackend(options: CommonOptions, session: Session): Promise<OpenBackend> {
  return options.backend === 'emulator' ? openEmulator(options, session) : openPortkey(options, session);
}

async function openPortkey({ concurrency }: CommonOptions, session: Session): Promise<OpenBackend> {
  const { PORTKEY_API_KEY: apiKey, PORTKEY_BASE_URL: baseUrl } = session.env;
  if (apiKey === undefined || apiKey.trim() === '') {
    throw new UserError('PORTKEY_API_KEY is not set', {
      hint: 'Set it to an admin key of the organisation, or add --backend emulator to try this without an account.',
    });
  }
  return connect(baseUrl === undefined || baseUrl === '' ? defaultBaseUrl : baseUrl, apiKey, concurrency, session);
}

async function connect(
  baseUrl: string,
  apiKey: string,
  concurrency: number,
  session: Session,
  shownBaseUrl?: string,
): Promise<OpenBackend> {
  const { env, signal, version, clock } = session;
  const client = createClient({
    baseUrl,
    apiKey,
    concurrency,
    connections: concurrency,
    signal,
    // One clock for the whole run; its pauses end with the run.
    timing: { ...systemTiming, now: () => clock.now(), sleep: (milliseconds) => clock.sleep(milliseconds) },
    userAgent: `tollgate/${version}`,
    proxies: proxiesOf(env),
  });
  const backend = createApiBackend(client);
  return {
    backend: shownBaseUrl === undefined ? backend : { ...backend, baseUrl: shownBaseUrl },
    close: () => client.close(),
  };
}

export function proxiesOf(env: Session['env']): NonNullable<ConnectionOptions['proxies']> {
  return { httpsProxy: env.HTTPS_PROXY ?? env.https_proxy, noProxy: env.NO_PROXY ?? env.no_proxy };
}

async function openEmulator({ state, concurrency }: CommonOptions, session: Session): Promise<OpenBackend> {
  const key = `emulator-${session.randomId()}`;
  const emulator = await startEmulator({
    acceptKeys: key,
    state: sampleSeed(nowOf(session)),
    randomSeed: randomSeed(session),
    now: () => nowOf(session),
    ...(state === undefined ? {} : { stateDirectory: state }),
  });
  const { backend, close } = await connect(emulator.url, key, concurrency, session, emulatorBaseUrl);
  return {
    backend,
    priceAddress: new URL('/pricing', emulator.url).href,
    close: async () => {
      await close();
      await emulator.close();
    },
  };
}
