/**
 * The seal of a record: an HMAC over its content, the version before it and the place it is kept at. Who may push to the
 * repository can write a record; only who holds the key can seal one. With the version before it, so that an old record put on
 * top of a newer one is not taken for sealed.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { TreeFiles } from './record-tree.ts';

export const sealFile = 'seal.json';

const sealSchema = z.object({ by: z.enum(['seal-key', 'admin-key']), mac: z.string().regex(/^[0-9a-f]{64}$/) });
export type Seal = z.infer<typeof sealSchema>;

/** `own`: by the key of this run, or kept where nobody else writes. `foreign`: by another key, or broken. */
export type SealState = 'own' | 'foreign' | 'none';

/** What is sealed. */
export interface SealedVersion {
  /** All files of the version but the seal itself. */
  readonly files: TreeFiles;
  /** Token of the version before; null for the first. */
  readonly parent: string | null;
  /** The ref. */
  readonly place: string;
}

export interface Sealer {
  /** Which key: only one set on purpose is the same for everybody who plans. */
  readonly by: Seal['by'];
  seal(version: SealedVersion): Seal;
  check(version: SealedVersion, seal: unknown): Exclude<SealState, 'none'>;
}

/** Null where there is no key. The admin key itself signs nothing: what is derived from it is of no use to the service. */
export function createSealer(env: Readonly<Record<string, string | undefined>>): Sealer | null {
  const { TOLLGATE_SEAL_KEY: own, PORTKEY_API_KEY: admin } = env;
  const by = own ? 'seal-key' : 'admin-key';
  const secret = own || admin;
  if (!secret) return null;
  const key = createHmac('sha256', secret).update(`tollgate record seal 1 by ${by}`).digest();
  const macOf = ({ files, parent, place }: SealedVersion): Buffer => {
    const mac = createHmac('sha256', key);
    // With its length before each part: no two versions run together to one text.
    const add = (part: string): void => void mac.update(`${Buffer.byteLength(part)}:`).update(part);
    add(place);
    add(parent ?? '');
    for (const path of [...files.keys()].sort()) {
      if (path === sealFile) continue;
      add(path);
      add(files.get(path) ?? '');
    }
    return mac.digest();
  };
  return {
    by,
    seal: (version) => ({ by, mac: macOf(version).toString('hex') }),
    check(version, seal) {
      const parsed = sealSchema.safeParse(seal);
      if (!parsed.success || parsed.data.by !== by) return 'foreign';
      return timingSafeEqual(macOf(version), Buffer.from(parsed.data.mac, 'hex')) ? 'own' : 'foreign';
    },
  };
}

/** How the version is sealed, as far as the key of this run can tell. */
export function sealStateOf(version: SealedVersion, sealer: Sealer | null): SealState {
  const text = version.files.get(sealFile);
  if (text === undefined) return 'none';
  return sealer?.check(version, parseSeal(text)) ?? 'foreign';
}

function parseSeal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
