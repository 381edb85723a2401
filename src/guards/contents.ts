/** Guards over what a plan holds beside its numbers: findings, members nobody here knows, limits in no file. */

import { isDeepStrictEqual } from 'node:util';
import { listKinds } from '../plan/not-read.ts';
import { isApi } from '../resources/fields.ts';
import { type GuardInput, type Objection, shortenDetails } from './input.ts';

/** `review.unmanaged: fail`: the files are to say everything that binds. */
export function judgeUnmanaged({ plan, settings }: GuardInput): Objection | null {
  const unread = plan.unreadable?.length ?? 0;
  const unmanaged = plan.unmanaged.length;
  const places = plan.notRead ?? [];
  const count = unmanaged + unread + places.reduce((sum, { kinds }) => sum + kinds.length, 0);
  if (settings.unmanaged !== 'fail' || count === 0) return null;
  const details = [
    ...(unmanaged === 0
      ? []
      : [
          `${unmanaged} live ${unmanaged === 1 ? 'limit is' : 'limits are'} in no file (tollgate plan --verbose lists them)`,
        ]),
    ...(unread === 0 ? [] : [`${unread} live ${unread === 1 ? 'row' : 'rows'} cannot be read, whatever they limit`]),
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
