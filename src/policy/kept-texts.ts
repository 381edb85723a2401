/**
 * What workspace files were read as, kept on this machine for the next look at the same directory: reading YAML is most of the work of a
 * large one. Pure. Who could write this would choose what is desired, so:
 *
 * | it is | because |
 * |---|---|
 * | sealed by a key made from the admin key | who may write into the folder, but holds no key, can make nothing that is believed |
 * | bound to the directory, and to the build of tollgate and of V8 | what another tollgate understood is not what this one would |
 * | only of files that nothing is said about | a warning would be said once and then no more |
 * | read by `plan` and `drift` alone, and not for a saved plan | what is written to the service comes from the text of the files (`mayRecall` in run/start.ts) |
 *
 * Whatever is wrong with it, the files are read.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Diagnostic } from '../diagnostics.ts';
import type { Compiled, KnownTexts, PolicyFile, ReadFile } from './compile.ts';

/** By digest of path and text. */
export type KeptTexts = ReadonlyMap<string, ReadFile>;

export interface KeptFor {
  /** Of the run; what is made from it is of no other use. */
  readonly secret: string;
  /** What reads policy files, to the last change of its code. */
  readonly build: string;
  /** Of the policies, as an absolute path. */
  readonly directory: string;
}

const macBytes = 32;

export function sealTexts(kept: KeptTexts, context: KeptFor): Buffer {
  const body = serialize(kept);
  return Buffer.concat([macOf(body, context), body]);
}

/** Null: it is not of this key, build and directory, or not whole. */
export function openTexts(bytes: Buffer, context: KeptFor): KeptTexts | null {
  const body = bytes.subarray(macBytes);
  if (bytes.length <= macBytes || !timingSafeEqual(bytes.subarray(0, macBytes), macOf(body, context))) return null;
  try {
    const kept: unknown = deserialize(body);
    return kept instanceof Map ? kept : null;
  } catch {
    return null;
  }
}

function macOf(body: Buffer, { secret, build, directory }: KeptFor): Buffer {
  const key = createHmac('sha256', secret).update('tollgate kept policy files 1').digest();
  const mac = createHmac('sha256', key);
  for (const part of [build, directory]) mac.update(`${Buffer.byteLength(part)}:`).update(part);
  return mac.update(body).digest();
}

/** For `compilePolicies`. */
export function recallTexts(files: readonly PolicyFile[], kept: KeptTexts): KnownTexts {
  const known: KnownTexts = new Map();
  for (const file of withOwnText(files)) {
    const read = kept.get(nameOf(file));
    if (read !== undefined) known.set(file.text, read);
  }
  return known;
}

/** Of these files what may be kept. */
export function collectTexts(
  files: readonly PolicyFile[],
  { diagnostics, texts }: Pick<Compiled, 'diagnostics'> & { readonly texts: KnownTexts },
): KeptTexts {
  const spokenOf = new Set(diagnostics.map(({ source }: Diagnostic) => source.file));
  const kept = new Map<string, ReadFile>();
  for (const file of withOwnText(files)) {
    const read = texts.get(file.text);
    // Of the organisation's file more is noticed while it is read: what it extends.
    if (read?.kind === 'workspace' && !spokenOf.has(file.path)) kept.set(nameOf(file), read);
  }
  return kept;
}

/** Files that are alike have each a place of their own, which is part of what they were read as. */
function withOwnText(files: readonly PolicyFile[]): readonly PolicyFile[] {
  const seen = new Map<string, number>();
  for (const { text } of files) seen.set(text, (seen.get(text) ?? 0) + 1);
  return files.filter(({ text }) => seen.get(text) === 1);
}

function nameOf({ path, text }: PolicyFile): string {
  return createHash('sha256')
    .update(`${Buffer.byteLength(path)}:${path}`)
    .update(text)
    .digest('base64');
}
