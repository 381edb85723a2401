/** Live limits in a state that nobody documented: whether they bind is not known. */

import { compareText } from '../diagnostics.ts';
import { isLimitField, isSet } from '../resources/fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import { oddState } from '../resources/row-state.ts';
import { groupBy } from './place-index.ts';
import type { Live, LiveObject, PlanNote } from './types.ts';

/** How many of one state are named. */
const examples = 3;

/** One sentence a state. */
export function describeOddStates({ objects, workspaces, organisationId }: Live): string[] {
  const slugs = new Map(workspaces.map(({ id, slug }) => [id, slug]));
  const slugOf = ({ workspaceId }: LiveObject): string | null => slugs.get(workspaceId ?? '') ?? null;
  const nameOf = (object: LiveObject): string => {
    const slug = slugOf(object);
    return `${wordOf(object)} "${object.name ?? object.id}"${slug === null ? '' : ` of ${slug}`}`;
  };
  const limiting = objects.filter(
    (object) => oddState(object.row) !== null && limitsAnything(object, { slug: slugOf(object), organisationId }),
  );
  return [...groupBy(limiting, ({ row }) => oddState(row))]
    .sort(([a], [b]) => compareText(a, b))
    .map(([state, found]) => {
      const names = found.map(nameOf).sort(compareText).slice(0, examples);
      const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
      const [are, they] = found.length === 1 ? ['is', 'it does'] : ['are', 'they do'];
      return `${names.join(', ')}${more} ${are} "${state}" live, which is no documented state: whether ${found.length === 1 ? 'its' : 'their'} limits bind is not known, so ${they} not count as bounding anything`;
    });
}

export function oddStateNotes(live: Live): PlanNote[] {
  return describeOddStates(live).map((message) => ({
    code: 'odd-state',
    severity: 'warning',
    workspace: null,
    message,
    source: null,
  }));
}

function limitsAnything(
  { kind, row, workspaceId }: LiveObject,
  { slug, organisationId }: { readonly slug: string | null; readonly organisationId: string },
): boolean {
  if (isPolicyKind(kind)) return true;
  const fields = specOf(kind).readFields(row, { workspaceId, workspaceSlug: slug, organisationId }, []);
  return Object.keys(fields).some((field) => isLimitField(field) && isSet(fields[field]));
}

function wordOf({ kind }: LiveObject): string {
  return isPolicyKind(kind) ? 'policy' : specOf(kind).label || 'the';
}
