/** What moved by hand, and what nobody declared: told by workspace. Pure. */

import { compareText } from '../diagnostics.ts';
import { digestOf } from '../plan/digest.ts';
import type { Change, Unmanaged } from '../plan/types.ts';
import { describePlaced } from '../render/describe-change.ts';
import { describeDrift } from '../render/describe-drift.ts';
import type { DriftView } from '../render/drift.ts';
import { plainText } from '../render/view/cells.ts';
import { spendLine } from '../render/view/undeclared.ts';
import {
  type EventWords,
  groupByPlace,
  type HappeningGroup,
  isHidden,
  type PlacedHappening,
  placeOf,
} from './due-events.ts';
import type { Watcher } from './watched.ts';

/** A condition may name keys and users. */
function namesSomebody({ before, after }: Change): boolean {
  return [before, after].some((fields) => fields?.match !== undefined && fields.match !== 'all');
}

/** @param seen limits that no entry of the record is about: a plan looks only where files and record are about something */
export function driftOf(
  { plan, report }: DriftView,
  seen: readonly Unmanaged[],
  watcher: Watcher,
  words: EventWords,
): HappeningGroup[] {
  const loosened = report.drifts
    .filter(({ direction, change }) => direction === 'loosen' && isAsked(change.key, 'loosened'))
    .map((drift): PlacedHappening => {
      const { key } = drift.change;
      const { kind, workspace } = key;
      const hidden = isHidden(kind, words);
      const line = hidden
        ? 'the limits of a key were loosened'
        : `${describePlaced(key)}${words.counts && namesSomebody(drift.change) ? ' was loosened' : `: ${describeDrift(drift, plan.names)}`}`;
      return {
        kind: 'loosened',
        key: drift.change.id,
        version: digestOf(drift.fieldChanges.map(({ field, after }) => [field, after ?? null])).slice(0, 12),
        end: null,
        route: watcher.routeOfPlace(workspace),
        line,
        data: { kind, workspace, name: hidden ? null : key.name, summary: line },
        workspace,
      };
    });
  const planned = new Set(plan.unmanaged.map(({ kind, id }) => `${kind} ${id}`));
  const undeclared = [...plan.unmanaged, ...seen.filter(({ kind, id }) => !planned.has(`${kind} ${id}`))]
    .filter((one) => isAsked(one, 'undeclared'))
    .map(({ kind, workspace, id, name, fields = [] }): PlacedHappening => {
      const hidden = isHidden(kind, words);
      const what = hidden ? 'a key' : describePlaced({ kind, workspace, name: name ?? id });
      return {
        kind: 'undeclared',
        key: `${kind} ${id}`,
        version: [...fields].sort().join(' '),
        end: null,
        route: watcher.routeOfPlace(workspace),
        line: fields.length === 0 ? what : `${what}: ${fields.join(', ')}`,
        data: { kind, workspace, name: hidden ? null : name, fields },
        workspace,
      };
    });
  const withoutFile = (plan.undeclared?.workspaces ?? [])
    .filter(({ slug }) => isAsked({ workspace: slug }, 'undeclared'))
    .map((one): PlacedHappening => {
      const { id, slug } = one;
      return {
        kind: 'undeclared',
        key: `workspace ${id}`,
        version: '',
        end: null,
        route: watcher.routeOfPlace(slug),
        line: plainText(spendLine(one)),
        data: { kind: 'workspace', workspace: slug, name: slug, fields: [] },
        workspace: slug,
      };
    });
  return [
    ...groupByPlace(withoutFile, words, {
      kind: 'undeclared',
      title: () => 'No file is about a workspace',
      why: 'Until a file is about it no default reaches it, and nobody reviews what it may spend.',
    }),
    ...groupByPlace(loosened.sort(byPlace), words, {
      kind: 'loosened',
      title: (count) => `${count} ${count === 1 ? 'limit was' : 'limits were'} loosened by hand`,
      why: 'The next apply puts it back, as `review.drift` says. `tollgate drift` shows it, and who did it where that can be read.',
    }),
    ...groupByPlace(undeclared.sort(byPlace), words, {
      kind: 'undeclared',
      title: (count) => `${count} ${count === 1 ? 'limit is' : 'limits are'} in no file`,
      why: '`tollgate import` writes what is in no file into the policy files.',
    }),
  ];

  function isAsked({ workspace }: Pick<Unmanaged, 'workspace'>, what: 'loosened' | 'undeclared'): boolean {
    return watcher.routeOfPlace(workspace).also.has(what);
  }
}

function byPlace(a: PlacedHappening, b: PlacedHappening): number {
  return compareText(placeOf(a), placeOf(b));
}
