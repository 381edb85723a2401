import path from 'node:path';
import { UserError } from '../errors.ts';
import { findCacheFolder, readPriceText } from '../prices/files.ts';
import { defaultPriceAddress, type PriceSource, parsePriceSource } from '../prices/source.ts';
import type { Desired } from '../resources/types.ts';
import { emulatorPriceAddress } from './open-backend.ts';
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
    }
  /** Absolute, and as written. */
  | { readonly kind: 'folder'; readonly folder: string; readonly shown: string }
);

export interface PriceFlags {
  /** `--pricing`: an address, or a folder relative to the working directory. */
  readonly pricing?: string | undefined;
  readonly offline: boolean;
}

const hour = 3_600_000;

/**
 * The flag, else the emulator, else `pricing:` of the organisation file, else the service's own address.
 *
 * @param settings null: no policy files
 * @param emulator the address at which the embedded emulator serves prices
 * @throws UserError when the source makes no sense or the folder is not there
 */
export async function findPriceReading(
  flags: PriceFlags,
  settings: Pick<Desired, 'pricing' | 'gateway' | 'orgFile'> | null,
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
    await requireFolder(folder, source.folder);
    return { kind: 'folder', folder, shown: source.folder, maxAge: maxAge(days(30)), notes: describe(gateway) };
  }
  if (written === undefined && emulator !== undefined) {
    const shown = emulatorPriceAddress;
    const kept = { cacheFolder: null, offline: false };
    return { kind: 'address', address: emulator, shown, ...kept, maxAge: maxAge(days(1)), notes: [] };
  }
  const isCutOff = isAirGapped && written === undefined;
  return {
    kind: 'address',
    address: source.address,
    shown: source.address,
    cacheFolder: findCacheFolder(session.env),
    offline: flags.offline || isCutOff,
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
