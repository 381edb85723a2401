/** What of the files cannot be followed on what is live, and how much of a plan it stops. */

import type { Diagnostic } from '../diagnostics.ts';
import type { LiveWorkspace } from '../live/live.ts';
import type { PlanNote, RecordLine, RecordStep } from './types.ts';

/** Errors about things of one workspace stop that workspace; all others stop everything. */
export class Problems {
  readonly #all: Diagnostic[] = [];
  readonly #workspaces = new Set<string>();
  #stopsAll = false;

  /** @param workspaceId null: of no workspace, or of one that is not known */
  add(diagnostic: Diagnostic, workspaceId: string | null): void {
    this.#all.push(diagnostic);
    if (diagnostic.severity !== 'error') return;
    if (workspaceId === null) this.#stopsAll = true;
    else this.#workspaces.add(workspaceId);
  }

  get all(): readonly Diagnostic[] {
    return this.#all;
  }

  get stopsAll(): boolean {
    return this.#stopsAll;
  }

  /** Ids of the workspaces of which nothing is to be carried out. */
  get stopped(): ReadonlySet<string> {
    return this.#workspaces;
  }
}

/** What a plan remembers: of stopped workspaces nothing but what is recorded. */
export function keepStopped(
  {
    recordLines,
    recordSteps,
  }: { readonly recordLines: readonly RecordLine[]; readonly recordSteps: readonly RecordStep[] },
  stopped: readonly LiveWorkspace[],
): { readonly recordLines: RecordLine[]; readonly recordSteps: RecordStep[] } {
  const ids = new Set(stopped.map(({ id }) => id));
  const slugs = new Set(stopped.map(({ slug }) => slug));
  return {
    recordLines: recordLines.filter(({ key }) => !slugs.has(key?.workspace ?? '')),
    recordSteps: recordSteps.map((step) =>
      step.changeId === null && ids.has(step.workspaceId ?? '') ? { ...step, kept: true } : step,
    ),
  };
}

export function stoppedNotes(stopped: readonly LiveWorkspace[]): PlanNote[] {
  return stopped.map(({ slug: workspace }) => ({
    code: 'workspace-stopped',
    severity: 'warning',
    workspace,
    message: `nothing of workspace "${workspace}" is applied until the errors in its file are put right`,
    source: null,
  }));
}
