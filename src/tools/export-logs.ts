import path from 'node:path';
import { z } from 'zod';
import { exportToFile, manifestPathOf, partPathOf } from '../logs/export-to-file.ts';
import { bodyFields, exportColumns } from '../logs/log-row.ts';
import { findRealPath } from '../real-path.ts';
import { formatWhole } from '../resources/amounts.ts';
import { windowOfCalls, windowSchema } from './analytics-input.ts';
import { jobNeedsOf, logShape, orAnalytics, readLogQuestion } from './log-question.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool, type ToolContext } from './tool.ts';

/** Milliseconds for one job. */
const patience = { agent: 20_000, person: 30 * 60_000 } as const;

const input = () =>
  z.strictObject({
    ...logShape(),
    file: z.string().min(1).max(300).optional().describe('below the working folder, ending in .jsonl'),
    include_bodies: z.boolean().optional(),
  });

const output = () =>
  z.object({
    answer: z.string(),
    state: z.enum(['done', 'pending']),
    workspace: z.string(),
    window: windowSchema,
    file: z.string(),
    manifest: z.string(),
    rows: z.number(),
    bytes: z.number(),
    sha256: z.string().nullable(),
    exports: z.array(z.object({ from: z.string(), to: z.string(), export_id: z.string(), rows: z.number() })),
    notes: z.array(z.string()),
  });

export const exportLogsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'export_logs',
  twin: 'logs export',
  toolset: 'logs',
  effect: 'write',
  purpose:
    'Writes all calls of a window into one JSONL file where tollgate runs, with a manifest of windows, counts and hash.',
  hints:
    'Makes log exports, one for each 50,000 rows; `pending`: call the same again. Bodies only with include_bodies. For a look at single calls use list_logs. Needs logs.export, an Enterprise plan.',
  input,
  output,
  async run({ file, include_bodies: withBodies = false, ...given }, context) {
    const wanted = withBodies ? [...exportColumns, ...bodyFields] : exportColumns;
    const { question, calls, workspace, notes } = await readLogQuestion(given, wanted, context);
    const window = windowOfCalls(calls);
    const name = file ?? `logs-${workspace}-${window.from.slice(0, 10)}-${window.to.slice(0, 10)}.jsonl`;
    const target = await placeOf(name, context);
    const manifest = await orAnalytics(
      exportToFile(question, calls.from, calls.to, {
        ...jobNeedsOf(context, patience[context.asker]),
        path: target,
        workspace,
        waiting: (what, work) => context.session.waiting(what, work),
      }),
    );
    const { complete, rows, bytes, sha256, windows } = manifest;
    const jobs = `${windows.length} ${windows.length === 1 ? 'export' : 'exports'}`;
    return {
      answer: complete
        ? `${formatWhole(rows)} calls in ${name}, from ${jobs}, ${bytes} bytes.`
        : `${formatWhole(rows)} calls so far, from ${jobs}; the next is not done. Call the same again, with the window ${window.from} to ${window.to}: it goes on where this ended.`,
      state: complete ? 'done' : 'pending',
      workspace,
      window,
      file: name,
      manifest: manifestPathOf(name),
      rows,
      bytes,
      sha256,
      exports: windows.map(({ from, to, export_id, rows: count }) => ({ from, to, export_id, rows: count })),
      notes: [
        ...notes,
        ...(withBodies ? ['The file holds what callers sent and were answered.'] : []),
        'Each export ends where the next begins; a row at the seam is written once.',
      ],
    };
  },
  show: ({ answer, exports, file, manifest, sha256 }) => [
    {
      columns: [{ head: 'from' }, { head: 'to' }, { head: 'rows', align: 'right' }, { head: 'export' }],
      rows: exports.map(({ from, to, rows, export_id: id }) => [from, to, rows, id]),
    },
    { text: answer },
    ...(sha256 === null ? [] : [{ text: `SHA-256 of ${file}: ${sha256}; ${manifest} says what it holds.` }]),
  ],
});

/** An agent writes below the working folder, through no link that leads out of it, and nothing but logs. @throws ToolRefusal */
async function placeOf(name: string, { asker, session }: ToolContext): Promise<string> {
  const target = path.resolve(session.cwd, name);
  if (asker === 'person') return target;
  const isName = isBelow(target, session.cwd) && /^[\w.-]+(?:\/[\w.-]+)*\.jsonl$/.test(name);
  if (isName && (await staysWithin(session.cwd, [target, partPathOf(target), manifestPathOf(target)]))) return target;
  throw new ToolRefusal('invalid_input', 'file: it has to lie below the working folder and end in .jsonl', {
    hint: 'Write a name such as logs.jsonl, which no link leads elsewhere, or leave it out.',
  });
}

async function staysWithin(folder: string, paths: readonly string[]): Promise<boolean> {
  const [root, ...places] = await Promise.all([folder, ...paths].map((one) => findRealPath(one)));
  return root !== undefined && places.every((place) => isBelow(place, root));
}

function isBelow(place: string, folder: string): boolean {
  const below = path.relative(folder, place);
  return below !== '' && below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
}
