/** What an exported file holds, beside it; while it grows, how far it has come. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { LogQuestion } from '../live/log-port.ts';
import { canonicalJson } from '../stable-json.ts';
import { parseObject } from './log-row.ts';

const count = z.number().int().nonnegative();

const partSchema = z.object({
  /** From here to `to`, which belongs to the next one, but for the last. */
  from: z.string(),
  to: z.string(),
  export_id: z.string(),
  rows: count,
  bytes: count,
});

const manifestSchema = z.object({
  format: z.literal(1),
  complete: z.boolean(),
  question: z.string(),
  workspace: z.string(),
  from: z.string(),
  to: z.string(),
  filters: z.record(z.string(), z.unknown()),
  fields: z.array(z.string()),
  windows: z.array(partSchema),
  rows: count,
  bytes: count,
  sha256: z.string().nullable(),
  /** A job that is under way, and ids of rows where the window before it ends: they may come again. */
  under_way: z.object({ from: z.string(), to: z.string(), export_id: z.string(), rows: count.nullable() }).nullable(),
  seam: z.array(z.string()),
});

export type Manifest = z.infer<typeof manifestSchema>;

export function beginManifest(question: LogQuestion, workspace: string, from: string, to: string): Manifest {
  return {
    format: 1,
    complete: false,
    question: digestLogQuestion(question),
    workspace,
    from,
    to,
    filters: { ...question.filters },
    fields: [...question.fields],
    windows: [],
    rows: 0,
    bytes: 0,
    sha256: null,
    under_way: null,
    seam: [],
  };
}

export function digestLogQuestion(question: LogQuestion): string {
  return createHash('sha256').update(canonicalJson(question)).digest('hex');
}

/** Null: it is none of ours. */
export function parseManifest(text: string): Manifest | null {
  const parsed = manifestSchema.safeParse(parseObject(text));
  return parsed.success ? parsed.data : null;
}

export function renderManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}
