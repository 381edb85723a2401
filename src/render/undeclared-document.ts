/** Workspaces that no file is about, for programs: amounts as exact text, in US cents. */

import type { UndeclaredWorkspace, UndeclaredWorkspaces } from '../impact/undeclared.ts';

/** Null: nobody has looked. */
export function undeclaredDocument(undeclared: UndeclaredWorkspaces | undefined): Record<string, unknown> | null {
  if (undeclared === undefined) return null;
  const { asOf, workspaces, excepted } = undeclared;
  return { as_of: asOf, workspaces: workspaces.map(workspaceDocument), excepted };
}

function workspaceDocument({ id, slug, name, spend, held }: UndeclaredWorkspace): Record<string, unknown> {
  const { committed, atMost, limits } = held;
  return {
    id,
    slug,
    name,
    spent_30_days: 'value' in spend ? spend.value : null,
    unknown_because: 'value' in spend ? null : spend.unknown,
    committed,
    at_most: atMost,
    limits,
  };
}
