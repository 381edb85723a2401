/** Live limits in a state that nobody documented: whether they bind is not known. */

import { compareText } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { groupBy } from '../live/place-index.ts';
import { oddState } from '../live/row-state.ts';
import { isLimitField, isSet } from '../resources/fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { PlanNote } from './types.ts';

/** How many of one state are named. */
const examples = 3;

/** One sentence a state. */
export function describeOddStates(index: LiveIndex): string[] {
  const nameOf = (object: LiveObject): string => {
    const slug = index.slugOf(object.workspaceId);
    return `${wordOf(object)} "${object.name ?? object.id}"${slug === null ? '' : ` of ${slug}`}`;
  };
  const limiting = index.live.objects.filter(
    (object) => oddState(object.row) !== null && limitsAnything(object, index),
  );
  return [...groupBy(limiting, ({ row }) => oddState(row))]
    .sort(([a], [b]) => compareText(a, b))
    .map(([state, found]) => {
      const names = found.map(nameOf).sort(compareText).slice(0, examples);
      const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
      const [are, they] = found.length === 1 ? ['is', 'it does'] : ['are', 'they do'];
      return `${names.join(', ')}${more} ${are} "${state}" live, which is not a documented state: whether ${found.length === 1 ? 'its' : 'their'} limits bind is not known, so ${they} not count as bounding anything`;
    });
}

export function oddStateNotes(index: LiveIndex): PlanNote[] {
  return describeOddStates(index).map((message) => ({
    code: 'odd-state',
    severity: 'warning',
    workspace: null,
    message,
    source: null,
  }));
}

function limitsAnything(object: LiveObject, index: LiveIndex): boolean {
  if (isPolicyKind(object.kind)) return true;
  const fields = index.fieldsOf(object);
  return Object.keys(fields).some((field) => isLimitField(field) && isSet(fields[field]));
}

function wordOf({ kind }: LiveObject): string {
  return isPolicyKind(kind) ? 'policy' : kind === 'workspace-limits' ? 'the' : specOf(kind).label;
}
