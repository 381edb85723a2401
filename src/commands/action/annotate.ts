import type { Diagnostic, Source } from '../../diagnostics.ts';
import type { Annotation } from '../../github/port.ts';
import type { Change, Finding, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { describeChange } from '../../render/describe-change.ts';
import { pickFindings, toDiagnostics } from '../../render/findings.ts';
import type { Desired } from '../../resources/types.ts';

/** Of a plan, what a pull request asks for itself. */
export interface OwnPart {
  /** Ids of changes. */
  readonly changes: ReadonlySet<string>;
  /** Paths of files that it touches. */
  readonly files: ReadonlySet<string>;
}

/**
 * Problems and guards first: GitHub shows only the first few of a step. Of the rest what a pull request asks for itself: what
 * stands on the lines of others, or moved live, is nothing that its reader could change there.
 *
 * @param own what it asks for; null: not known, all is told
 */
export function annotatePlan(
  plan: Plan | null,
  diagnostics: readonly Diagnostic[],
  desired: Desired,
  own: OwnPart | null = null,
): Annotation[] {
  const changes = (plan?.changes ?? []).filter(({ id }) => own === null || own.changes.has(id));
  const findings = (plan?.findings ?? []).filter((finding) => own === null || isOwnFinding(finding, own));
  return [
    ...annotateDiagnostics(diagnostics.filter(({ severity }) => severity === 'error')),
    ...(plan?.violations ?? []).map(({ guard, details, allow, severity, lifted, first }): Annotation => {
      const place = placeOf(
        plan?.changes.find(({ id }) => id === first),
        desired,
      );
      const way = allow === null ? 'Nothing lifts this guard.' : `To allow it for this plan: /tollgate allow ${allow}`;
      return {
        path: place.file,
        line: place.line,
        level: severity === 'error' && !lifted ? 'failure' : 'warning',
        title: `guard ${guard}`,
        message: [...details.map(escapeInvisible), ...(lifted ? ['Allowed for this plan.'] : [way])].join('\n'),
      };
    }),
    ...annotateDiagnostics(toDiagnostics(pickFindings(findings).shown)),
    ...annotateDiagnostics(
      diagnostics.filter(
        ({ severity, source }) => severity !== 'error' && (own === null || own.files.has(source.file)),
      ),
    ),
    ...changes.flatMap((change) => annotateChange(change, plan)),
  ];
}

/** An entry is its change's; what is about a whole file is its own where the file is. */
function isOwnFinding({ change, entry, severity, source }: Finding, { changes, files }: OwnPart): boolean {
  if (severity === 'error') return true;
  return change === null ? entry === null && files.has(source.file) : changes.has(change);
}

/** The line of the change; of one that is no longer in the files, the file of its workspace; else that of the organisation. */
function placeOf(change: Change | undefined, { workspaces, orgFile }: Desired): Source {
  if (change === undefined) return orgFile;
  const { key, workspaceId } = change;
  const workspace = workspaces.find(({ ref }) => ref === key.workspace || ref === workspaceId);
  return change.source ?? workspace?.source ?? orgFile;
}

/** What the edit asks for, on its lines. */
export function annotateEdits(changes: readonly Change[]): Annotation[] {
  return changes.flatMap((change): Annotation[] => {
    if (change.source === null) return [];
    const message = describeChange(change, {});
    return [{ path: change.source.file, line: change.source.line, level: 'notice', title: 'this edit', message }];
  });
}

export function annotateDiagnostics(diagnostics: readonly Diagnostic[]): Annotation[] {
  return diagnostics.map(({ source, severity, code, message }) => ({
    path: source.file,
    line: source.line,
    level: severity === 'error' ? 'failure' : severity === 'warning' ? 'warning' : 'notice',
    title: code,
    // The runner prints it into the log of the job.
    message: escapeInvisible(message),
  }));
}

/** Only what a reader of the line should stop at: a loosened limit, a counter that starts again. */
function annotateChange(change: Change, plan: Plan | null): Annotation[] {
  if (change.source === null || (change.direction !== 'loosen' && change.notes.length === 0)) return [];
  return [
    {
      path: change.source.file,
      line: change.source.line,
      level: 'notice',
      title: change.direction === 'loosen' ? 'loosens a limit' : 'note',
      message: [describeChange(change, plan?.names ?? {}), ...change.notes].join('\n'),
    },
  ];
}
