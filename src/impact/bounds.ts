/** What bounds the traffic of workspaces before and after a plan: the limits that committed spend and binding are judged by. */

import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { oddState } from '../live/row-state.ts';
import { budgetField, slotFor, toFields } from '../resources/fields.ts';
import { budgetLimitsOf } from '../resources/limit.ts';
import type { Fields, Kind } from '../resources/types.ts';
import type { WireKey } from '../resources/wire.ts';
import {
  type Bound,
  type Committed,
  type CommittedSum,
  committedOf,
  type KeyTerms,
  sumCommitted,
  type WorkspaceTerms,
} from './committed.ts';
import { type ChangeFacts, fieldsAfter } from './moves.ts';
import type { Usage } from './usage.ts';

export interface Side {
  readonly before: WorkspaceTerms;
  readonly after: WorkspaceTerms;
}

/** By workspace id; every active workspace is there. */
export function boundsOf(
  changes: readonly ChangeFacts[],
  index: LiveIndex,
  usage: Pick<Usage, 'lists'>,
  workspaces: readonly LiveWorkspace[] = index.live.workspaces,
): ReadonlyMap<string, Side> {
  const byTarget = new Map<string, ChangeFacts>();
  const created = new Map<string, ChangeFacts[]>();
  for (const change of changes) {
    if (change.liveId !== null) byTarget.set(`${change.key.kind}\n${change.liveId}`, change);
    else if (change.key.kind === 'usage-policy' && change.workspaceId !== null) {
      const list = created.get(change.workspaceId);
      if (list === undefined) created.set(change.workspaceId, [change]);
      else list.push(change);
    }
  }
  const touched = new Set(changes.map(({ workspaceId }) => workspaceId));
  return new Map(
    workspaces.map((workspace) => {
      const lists = usage.lists.get(workspace.id);
      const found = (kind: Kind, extra: readonly { readonly id: string }[] | null): Found[] | null => {
        const own = index.isRead(kind, workspace.id)
          ? index.at(kind, workspace.id).all
          : (extra?.map((row) => toObject(kind, workspace.id, row)) ?? null);
        return own?.map((object) => ({ object, fields: index.fieldsOf(object) })) ?? null;
      };
      const rows = {
        own: found('workspace-limits', null)?.[0],
        policies: found('usage-policy', listOf(lists?.policies)),
        keys: found('key-limits', listOf(lists?.keys)),
      };
      const shown = (workspace.budgets ?? [])
        .flatMap((budget) => budgetLimitsOf('workspace-limits', toFields([[budgetField(slotFor(budget)), budget]])))
        .map((limit): Bound => ({ name: 'limits', limit, live: { object: rowless, limit } }));
      const before = termsOfRows(rows, shown, ({ fields }) => fields, []);
      if (!touched.has(workspace.id)) return [workspace.id, { before, after: before }];
      const later = ({ object, fields }: Found): Fields | null => {
        const change = byTarget.get(`${object.kind}\n${object.id}`);
        return change === undefined ? fields : fieldsAfter(fields, change);
      };
      const added = (created.get(workspace.id) ?? []).flatMap(({ key, after }) =>
        budgetLimitsOf('usage-policy', after ?? {}).map((limit): Bound => ({ name: key.name, limit, live: null })),
      );
      return [workspace.id, { before, after: termsOfRows(rows, shown, later, added) }];
    }),
  );
}

/** Its use is estimated. */
const rowless: LiveObject = { kind: 'workspace-limits', id: '', name: 'limits', workspaceId: null, row: {} };

interface Found {
  readonly object: LiveObject;
  readonly fields: Fields;
}

interface Rows {
  readonly own: Found | undefined;
  readonly policies: readonly Found[] | null;
  readonly keys: readonly Found[] | null;
}

function termsOfRows(
  { own, policies, keys }: Rows,
  shown: readonly Bound[],
  fieldsAt: (found: Found) => Fields | null,
  added: readonly Bound[],
): WorkspaceTerms {
  const boundsIn = (found: Found): Bound[] =>
    oddState(found.object.row) === null ? toBounds(found, fieldsAt(found) ?? {}) : [];
  return {
    budgets: own === undefined || oddState(own.object.row) !== null ? shown : boundsIn(own),
    policies: policies === null ? null : [...policies.flatMap(boundsIn), ...added],
    keys: keys?.map((one) => toKey(one.object, fieldsAt(one) ?? {})) ?? null,
  };
}

function listOf<T>(known: { readonly value: T } | { readonly unknown: string } | undefined): T | null {
  return known !== undefined && 'value' in known ? known.value : null;
}

function toObject(kind: Kind, workspaceId: string, row: { readonly id: string }): LiveObject {
  const { name } = row as { readonly name?: string | null };
  return { kind, id: row.id, name: name ?? null, workspaceId, row: row as unknown as LiveObject['row'] };
}

function toBounds({ object, fields }: Found, next: Fields): Bound[] {
  const before = budgetLimitsOf(object.kind, fields);
  return budgetLimitsOf(object.kind, next).map((limit) => {
    const live = before.find(({ field }) => field === limit.field) ?? null;
    return { name: object.name ?? object.id, limit, live: { object, limit: live } };
  });
}

function toKey({ id, name, row }: LiveObject, fields: Fields): KeyTerms {
  const isActive = (row as WireKey).status !== 'expired';
  const [budget = null] = oddState(row) === null ? budgetLimitsOf('key-limits', fields) : [];
  return { id, name: name ?? id, isActive, budget };
}

export interface CommittedMoves {
  readonly workspaces: readonly {
    readonly id: string;
    readonly slug: string;
    readonly before: Committed;
    readonly after: Committed;
  }[];
  readonly before: CommittedSum;
  readonly after: CommittedSum;
}

/** @param changed ids of the workspaces to be listed one by one */
export function committedMoves(
  bounds: ReadonlyMap<string, Side>,
  { live }: LiveIndex,
  changed: ReadonlySet<string>,
): CommittedMoves {
  const all = live.workspaces.flatMap(({ id, slug }) => {
    const side = bounds.get(id);
    if (side === undefined) return [];
    const before = committedOf(side.before);
    return [{ id, slug, before, after: changed.has(id) ? committedOf(side.after) : before }];
  });
  return {
    workspaces: all.filter(({ id }) => changed.has(id)),
    before: sumCommitted(all.map(({ before }) => before)),
    after: sumCommitted(all.map(({ after }) => after)),
  };
}
