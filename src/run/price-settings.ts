import path from 'node:path';
import { isLoopback } from '../client/base-url.ts';
import { isPublicHost } from '../client/public-address.ts';
import { UserError } from '../errors.ts';
import { quote } from '../policy/quote.ts';
import { findCacheFolder, findRepositoryRoot, findWithin, readPriceText } from '../prices/files.ts';
import { defaultPriceAddress, type PriceSource, parsePriceSource } from '../prices/source.ts';
import type { Desired } from '../resources/types.ts';
import { baseUrlOf, emulatorPriceAddress } from './open-backend.ts';
import type { Session } from './session.ts';

/** Where prices are read from in this run, and how old they may be. */
export type PriceReading = {
  /** Milliseconds. */
  readonly maxAge: number;
  /** For people: what the deployment means for the prices that the gateway counts by. */
  readonly notes: readonly string[];
} & (
  | {
      readonly kind: 'address';
      /** Where requests go. */
      readonly address: string;
      /** What it is called in output; another for the emulator, whose port changes with every run. */
      readonly shown: string;
      /** Null: nothing is kept. */
      readonly cacheFolder: string | null;
      /** No request is made. */
      readonly offline: boolean;
      /** Requests go to addresses of the public internet alone. */
      readonly publicOnly: boolean;
    }
  | {
      readonly kind: 'folder';
      /** Absolute. */
      readonly folder: string;
      /** As written. */
      readonly shown: string;
      /** What its files must lie in, links followed; null: anywhere. */
      readonly within: string | null;
    }
);

export interface PriceFlags {
  /** `--pricing`: an address, or a folder relative to the working directory. */
  readonly pricing?: string | undefined;
  readonly offline: boolean;
}

/**
 * What the files say, and whether that is in force: `pricing.source` of a pull request is nobody's word yet. A caller that
 * judges passes the settings of the last apply.
 */
export type PriceWords = Pick<Desired, 'pricing' | 'gateway' | 'orgFile'> & {
  /** Default false. */
  readonly isInForce?: boolean;
  /** Whether the files of a folder are those that were applied last. Default: they are. */
  readonly isAsApplied?: (folder: string) => Promise<boolean>;
};

const hour = 3_600_000;

/**
 * The flag, else the emulator, else `pricing:` of the organisation file, else the service's own address.
 *
 * | source | may lead |
 * |---|---|
 * | the flag | anywhere: it is typed by whom the machine belongs to |
 * | a folder in the file | into the repository alone |
 * | an address in the file, in force | anywhere |
 * | an address in the file, not in force | to the public internet; anywhere if the control plane itself is on this machine |
 *
 * @param settings null: no policy files
 * @param emulator the address at which the embedded emulator serves prices
 * @throws UserError when the source makes no sense or the folder is not there
 */
export async function findPriceReading(
  flags: PriceFlags,
  settings: PriceWords | null,
  emulator: string | undefined,
  session: Session,
): Promise<PriceReading> {
  const { pricing, gateway, orgFile } = settings ?? {};
  const days = (number: number): number => number * 24 * hour;
  const maxAge = (otherwise: number): number =>
    pricing?.maxAgeHours === undefined ? otherwise : pricing.maxAgeHours * hour;
  const written = flags.pricing ?? (emulator === undefined ? pricing?.source : undefined);
  const source: PriceSource =
    written === undefined ? { kind: 'address', address: defaultPriceAddress } : parsePriceSource(written);
  const isAirGapped = gateway?.deployment === 'air-gapped';
  if (source.kind === 'folder') {
    // A setting means the same from whichever directory the command is run.
    const base = flags.pricing === undefined ? path.dirname(orgFile?.file ?? '.') : '.';
    const folder = path.resolve(session.cwd, base, source.folder);
    const within = flags.pricing === undefined ? await confine(folder, source.folder, base, session) : null;
    await requireFolder(folder, source.folder);
    if (flags.pricing === undefined && (await settings?.isAsApplied?.(folder)) === false) {
      throw new UserError(
        `the price files in ${quote(source.folder)} are not those of the commit that was applied last: they count after the next apply`,
      );
    }
    return { kind: 'folder', folder, shown: source.folder, within, maxAge: maxAge(days(30)), notes: describe(gateway) };
  }
  if (written === undefined && emulator !== undefined) {
    const shown = emulatorPriceAddress;
    const kept = { cacheFolder: null, offline: false, publicOnly: false };
    return { kind: 'address', address: emulator, shown, ...kept, maxAge: maxAge(days(1)), notes: [] };
  }
  const isCutOff = isAirGapped && written === undefined;
  const isAnybodys = flags.pricing === undefined && written !== undefined && settings?.isInForce !== true;
  const publicOnly = isAnybodys && !isLoopback(new URL(baseUrlOf(session.env)).hostname);
  if (publicOnly && !isPublicHost(new URL(source.address).hostname)) {
    throw new UserError('`pricing.source` is an address of a network of your own, and not in force yet', {
      hint: 'It counts once it has been applied; until then name it with --pricing, or take it out.',
    });
  }
  return {
    kind: 'address',
    address: source.address,
    shown: source.address,
    cacheFolder: findCacheFolder(session.env, 'prices'),
    offline: flags.offline || isCutOff,
    publicOnly,
    maxAge: maxAge(days(1)),
    notes: [
      ...describe(gateway),
      ...(isCutOff
        ? ['air-gapped: no request is made; name a folder or a mirror with `pricing.source` or --pricing']
        : []),
    ],
  };
}

/** Prices here and prices there: the gateway counts by its own copy. */
function describe(gateway: Desired['gateway'] | undefined): readonly string[] {
  switch (gateway?.deployment) {
    case 'hybrid':
      return ['hybrid: the gateway reads prices once in 24 h, so that it may count by older ones for that long'];
    case 'air-gapped':
      return ['air-gapped: the gateway counts by the prices that its operator gave it, which may be older'];
    default:
      return [];
  }
}

/**
 * Confined to the repository of the organisation's file, or without one to the working directory that it lies in. Whether anything lies
 * outside is not looked at: the answer would tell.
 *
 * @returns what the folder has to stay in
 */
async function confine(folder: string, shown: string, base: string, { cwd }: Session): Promise<string> {
  const own = path.resolve(cwd, base);
  const isBelow = (inner: string, outer: string): boolean =>
    `${inner}${path.sep}`.startsWith(path.join(outer, path.sep));
  const top = (await findRepositoryRoot(own)) ?? (isBelow(own, cwd) ? path.resolve(cwd) : own);
  const isInside = isBelow(folder, top);
  if (isInside && !path.isAbsolute(shown) && (await findWithin(top, folder)) !== null) return top;
  throw new UserError(`\`pricing.source\` names no folder of this repository: ${quote(shown)}`, {
    hint: 'Write a relative path that stays in the repository, without links out of it; another folder goes with --pricing.',
  });
}

async function requireFolder(folder: string, shown: string): Promise<void> {
  const found = await readPriceText(folder, Number.POSITIVE_INFINITY);
  if (found.status === 'failed') return;
  throw new UserError(
    found.status === 'missing'
      ? `there is no folder ${shown} to read prices from`
      : `${shown} is a file: prices are read from the folder that holds it`,
    { hint: 'Name a folder that holds openai.json and the like, or an address.' },
  );
}
