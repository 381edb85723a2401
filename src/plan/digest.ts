import { createHash } from 'node:crypto';
import { canonicalJson } from '../stable-json.ts';

/** SHA-256 of the canonical JSON, as 64 hex digits. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** What people see and type of a digest. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 8);
}
