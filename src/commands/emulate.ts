import { parseFault } from '../emulator/faults.ts';
import { parseQuirk } from '../emulator/quirks.ts';
import { sampleSeed } from '../emulator/sample/seed.ts';
import { startEmulator } from '../emulator/server.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { type CommandResult, nowOf, randomSeed, type Session } from '../run/session.ts';

export interface EmulateOptions {
  readonly port: number;
  /** Where to listen. */
  readonly host: string;
  /** Admin key that is let in; default: a random one, which is printed. */
  readonly acceptKey?: string | undefined;
  /** JSON file with the state at the start; default: the sample organisation. */
  readonly seed?: string | undefined;
  /** Directory that keeps the state over restarts. */
  readonly state?: string | undefined;
  /** `staleReads=3000ms`, `backend=1.15` … */
  readonly quirk: readonly string[];
  /** `PUT /policies/** 429 p=0.2 retry-after=1` … */
  readonly fault: readonly string[];
}

/** What stands in a line for a shell as it is, and in a header. */
const plainKey = /^[\w.+/=:@-]+$/;

/** Serves until the signal fires. */
export async function runEmulate(options: EmulateOptions, session: Session): Promise<CommandResult> {
  if (options.acceptKey !== undefined && !plainKey.test(options.acceptKey)) {
    throw new UserError('--accept-key: a shell would not take this key as it is printed', {
      hint: 'Write it with letters, digits and . _ + / = : @ - alone.',
    });
  }
  const key = options.acceptKey ?? `emulator-${session.randomId().slice(0, 12)}`;
  const quirks = Object.assign({}, ...options.quirk.map((text) => parseOr('--quirk', text, parseQuirk)));
  const faults = options.fault.map((text) => parseOr('--fault', text, parseFault));
  const emulator = await startEmulator({
    quirks,
    faults,
    port: options.port,
    host: options.host,
    acceptKeys: key,
    state: sampleSeed(nowOf(session)),
    randomSeed: randomSeed(session),
    now: () => nowOf(session),
    ...(options.seed === undefined ? {} : { seedFile: options.seed }),
    ...(options.state === undefined ? {} : { stateDirectory: options.state }),
  }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new UserError(`port ${options.port} is in use`, {
        hint: 'Name another with --port, or 0 for any free one.',
      });
    }
    if (error instanceof Error && 'syscall' in error && /^(listen|getaddrinfo)$/.test(String(error.syscall))) {
      throw new UserError(`cannot listen at ${options.host}: ${'code' in error ? error.code : 'unknown'}`, {
        cause: error,
        hint: 'Name an address of this machine with --host: 127.0.0.1 for itself alone, 0.0.0.0 for others as well.',
      });
    }
    throw error;
  });
  session.say(
    `The emulator serves ${emulator.url} until it is stopped (Ctrl-C).\n\n` +
      `  PORTKEY_BASE_URL=${emulator.url} PORTKEY_API_KEY=${key} tollgate plan --record-file record.json\n` +
      `  curl -H "x-portkey-api-key: ${key}" ${emulator.url}/admin/workspaces\n\n`,
  );
  await new Promise<void>((resolve) => {
    if (session.signal.aborted) resolve();
    session.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await emulator.close();
  return { exit: exitCodes.ok, output: '' };
}

function parseOr<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    throw new UserError(`${flag} ${text}: ${cause instanceof Error ? cause.message : 'not understood'}`, { cause });
  }
}
