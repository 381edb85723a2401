import { z } from 'zod';
import { compareText } from '../diagnostics.ts';
import type { Change } from '../plan/types.ts';
import { describeChange } from '../render/describe-change.ts';
import { describeDrift } from '../render/describe-drift.ts';
import { type DriftView, hasDrift, summarizeDrift } from '../render/drift.ts';
import { gatherDrift } from '../run/gather-drift.ts';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { refuseFiles } from './refuse-files.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () => z.strictObject({ workspace: z.string().min(1).max(200).optional(), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    state: z.enum(['clean', 'drifted', 'unknown', 'apply_under_way']),
    moved: z.array(
      z.object({
        what: z.enum(['moved_live', 'owed_to_git', 'gone', 'beside']),
        kind: z.string().nullable(),
        workspace: z.string().nullable(),
        direction: z.string().nullable(),
        left: z.boolean(),
        at: z.string().nullable(),
        file: z.string().nullable(),
        line: z.number().nullable(),
        untrusted: untrustedSchema('name', 'summary', 'who'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type DriftData = z.infer<ReturnType<typeof output>>;
type Row = DriftData['moved'][number];

export const reportDriftTool = defineTool<z.infer<ReturnType<typeof input>>, DriftData>({
  name: 'report_drift',
  twin: 'drift',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Reports limits that somebody moved by hand since the last apply, who and when, and what Git still waits for.',
  hints:
    'What an apply would do says plan_policies. Needs the policy files, the record and an admin key; who needs audit-logs.list. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'moved',
  async run({ workspace }, context) {
    const { options, session, open } = context;
    const slugs = workspace === undefined ? [] : [workspaceNamed(workspace, await context.workspaces()).slug];
    const found = await gatherDrift({ ...options, workspace: slugs, quiet: true, mayRecall: false }, session, open);
    if ('diagnostics' in found) throw refuseFiles(found.diagnostics);
    if ('meanwhile' in found) {
      const answer = 'An apply writes while this is read: what is live is not compared. Look again when it has ended.';
      return { answer, state: 'apply_under_way', moved: [], page: wholePage, notes: [] };
    }
    const { record, report, authors } = found;
    return {
      answer: describeAnswer(found),
      state: record !== 'read' ? 'unknown' : hasDrift(report) ? 'drifted' : 'clean',
      moved: rowsOf(found),
      page: wholePage,
      notes:
        authors === null && report.drifts.length > 0
          ? ['Who moved it and when is not known: the audit log cannot be read.']
          : [],
    };
  },
  show: ({ answer }) => [{ text: answer }],
});

function describeAnswer(view: DriftView): string {
  const said = summarizeDrift(view).trim();
  return view.record === 'read' || said.endsWith('.') ? said : `${said}.`;
}

/** In the order of the report: loosenings first. */
function rowsOf({ plan, report, authors }: DriftView): Row[] {
  const placed = ({ key, source }: Change) => ({
    kind: key.kind,
    workspace: key.workspace,
    file: source?.file ?? null,
    line: source?.line ?? null,
  });
  const unplaced = { kind: null, direction: null, left: false, at: null, file: null, line: null };
  return [
    ...report.drifts.map((drift): Row => {
      const author = authors?.get(drift.change.id);
      return {
        what: 'moved_live',
        ...placed(drift.change),
        direction: drift.direction,
        left: drift.left,
        at: author?.when ?? null,
        untrusted: {
          name: drift.change.key.name,
          summary: describeDrift(drift, plan.names),
          who: author?.who ?? null,
        },
      };
    }),
    ...report.owed.map(
      (change): Row => ({
        what: 'owed_to_git',
        ...placed(change),
        direction: change.direction,
        left: false,
        at: null,
        untrusted: {
          name: change.key.name,
          summary: `${change.action}: ${describeChange(change, plan.names)}`,
          who: null,
        },
      }),
    ),
    ...report.gone.map(({ workspace, message }): Row => unplacedRow('gone', workspace, message)),
    ...report.beside
      .toSorted((a, b) => compareText(a.message, b.message))
      .map(({ workspace, message }): Row => unplacedRow('beside', workspace, message)),
  ];

  function unplacedRow(what: 'gone' | 'beside', workspace: string | null, message: string): Row {
    return { what, workspace, ...unplaced, untrusted: { name: null, summary: message, who: null } };
  }
}
