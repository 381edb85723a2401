/** Workspaces that no file is about, for programs: amounts in whole US cents. */

import { type ExactText, fromText, round } from '../exact.ts';
import type { UndeclaredWorkspace, UndeclaredWorkspaces } from '../impact/undeclared.ts';
import type { UndeclaredDocument } from './documents/undeclared.ts';

/** Null: nobody has looked. */
export function undeclaredDocument(undeclared: UndeclaredWorkspaces | undefined): UndeclaredDocument {
  if (undeclared === undefined) return null;
  const { asOf, workspaces, excepted } = undeclared;
  return { as_of: asOf, workspaces: workspaces.map(workspaceDocument), excepted };
}

function workspaceDocument({ id, slug, name, spend, held }: UndeclaredWorkspace) {
  const { committed, atMost, limits } = held;
  return {
    ...{ id, slug, name },
    spent_cents_30_days: 'value' in spend ? wholeCents(spend.value) : null,
    unknown_because: 'value' in spend ? null : spend.unknown,
    committed: committed.kind,
    committed_cents_30_days: committed.cents === null ? null : wholeCents(committed.cents),
    at_most_cents_30_days: atMost === null ? null : wholeCents(atMost),
    limits,
  };
}

function wholeCents(exact: ExactText): number {
  return Number(round(fromText(exact)));
}
