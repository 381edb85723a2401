import type { Change, RecordStep } from '../plan/types.ts';
import type { GuardInput, Objection } from './input.ts';
import { takesAway } from './tally.ts';

/** Protection is the record's: a change that takes it away and uses that at once is what it protects against. */
export function judgeProtected({ plan, steps, isProtected }: GuardInput): Objection | null {
  const isGuarded = ({ previous, next, workspaceId: id, workspaceSlug: slug }: RecordStep): boolean => {
    const entry = previous ?? next;
    return previous?.protect === true || (entry !== null && isProtected?.(entry, { id, slug }) === true);
  };
  // Asked of what changes alone: most of a plan does not.
  const guarded = new Set(steps.flatMap((step) => (step.changeId !== null && isGuarded(step) ? [step.changeId] : [])));
  const byChange = plan.changes.filter(
    (change) => guarded.has(change.id) && (change.action === 'replace' || takesAway(change)),
  );
  const byForget = plan.recordLines.filter(
    (line) =>
      line.why === 'forget' &&
      steps.some(
        (step) =>
          step.previous?.kind === line.key?.kind &&
          step.previous?.name === line.key?.name &&
          step.workspaceSlug === line.key?.workspace &&
          isGuarded(step),
      ),
  );
  const details = [
    ...byChange.map(({ action, id }) => `${verbOf(action)} ${id}, which is protected`),
    ...byForget.map(({ key }) => `forgets ${key?.kind}/${key?.workspace ?? '-'}/${key?.name}, which is protected`),
  ];
  if (details.length === 0) return null;
  const hint = 'remove `protect:` first, in a merged change of its own';
  const said = [...details, hint];
  return { count: details.length, details: said, first: byChange[0]?.id };
}

function verbOf(action: Change['action']): string {
  return action === 'delete' ? 'deletes' : action === 'replace' ? 'replaces' : 'clears a limit of';
}
