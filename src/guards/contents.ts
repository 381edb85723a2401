/** Guards over what a plan holds beside its numbers: findings, members nobody here knows, limits in no file. */

import { isDeepStrictEqual } from 'node:util';
import { listKinds } from '../plan/not-read.ts';
import type { NotRead } from '../plan/types.ts';
import { isApi } from '../resources/fields.ts';
import { type GuardInput, type Objection, shortenDetails } from './input.ts';
import { undeclaredOf } from './undeclared.ts';

/**
 * `review.unmanaged: fail`: the files are to say everything that binds, and where nothing does. What is known to be somebody else's is
 * left out; a workspace counts once more only where nothing else of it does.
 */
export function judgeUnmanaged({ plan, settings }: GuardInput): Objection | null {
  if (settings.unmanaged !== 'fail') return null;
  const excepted = new Set<string | null>(plan.undeclared?.excepted);
  const isOurs = ({ workspace }: Pick<NotRead, 'workspace'>): boolean => !excepted.has(workspace);
  const unread = plan.unreadable?.length ?? 0;
  const unmanaged = plan.unmanaged.filter(isOurs);
  const places = (plan.notRead ?? []).filter(isOurs);
  const undeclared = undeclaredOf(plan);
  const told = new Set([...unmanaged, ...places].map(({ workspace }) => workspace));
  const bare = undeclared.filter(({ slug }) => !told.has(slug)).length;
  const count = unmanaged.length + bare + unread + places.reduce((sum, { kinds }) => sum + kinds.length, 0);
  if (count === 0) return null;
  const said = (many: number, one: string, more: string): string => `${many} live ${many === 1 ? one : more}`;
  const details = [
    ...(unmanaged.length === 0
      ? []
      : [`${said(unmanaged.length, 'limit is', 'limits are')} in no file (tollgate plan --verbose lists them)`]),
    ...(undeclared.length === 0
      ? []
      : [`${said(undeclared.length, 'workspace has', 'workspaces have')} no file (the plan names them)`]),
    ...(unread === 0 ? [] : [`${said(unread, 'row', 'rows')} cannot be read, whatever they limit`]),
    ...(places.length === 0
      ? []
      : [
          `not all could be read in ${places.length} ${places.length === 1 ? 'place' : 'places'}: ${listKinds(places)}`,
        ]),
  ];
  return { count, details };
}

/** Findings of severity error. What lowers one for good is `review.rules` or a reason under `silence:`; this is for one plan. */
export function judgeFindings({ plan: { findings } }: GuardInput): Objection | null {
  const errors = findings.filter(({ severity, silenced }) => severity === 'error' && silenced === null);
  if (errors.length === 0) return null;
  const details = shortenDetails(
    errors.map(({ source, rule, message }) => `${source.file}:${source.line} ${rule}: ${message}`),
  );
  const first = errors.find(({ change }) => change !== null)?.change ?? undefined;
  return { count: errors.length, details, first };
}

/**
 * Members under `api:` that a change sets: the service may do with them what nobody here knows. Those that stay as they were
 * have been allowed before.
 */
export function judgeApiMembers({ plan: { changes } }: GuardInput): Objection | null {
  const set = changes.flatMap((change) =>
    Object.entries(change.after ?? {})
      .filter(([field, value]) => isApi(field) && !isDeepStrictEqual(value, change.before?.[field]))
      .map(([field]) => ({ change, field })),
  );
  if (set.length === 0) return null;
  const details = shortenDetails(
    set.map(({ change: { key }, field }) => {
      const place = key.workspace === null ? key.name : `${key.workspace}/${key.name}`;
      return `${key.kind} ${place}: \`${field}\` is sent unchecked`;
    }),
  );
  return { count: set.length, details, first: set[0]?.change.id };
}
