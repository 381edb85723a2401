/** `id:` of an entry: the live object that is meant, and what to say where it is not there. */

import type { Diagnostic } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import { nearestName } from '../nearest-name.ts';
import { specOf } from '../resources/registry.ts';
import type { DesiredEntry } from '../resources/types.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** As the service writes it. */
export function writtenId({ id }: Pick<DesiredEntry, 'id'>): string | undefined {
  return id !== undefined && isUuid(id) ? id.toLowerCase() : id;
}

/**
 * Neither live here nor recorded: a slip of one digit must not make a second object, nor take another one of that name.
 *
 * @param candidates live objects of its kind and workspace
 * @param all of every kind and workspace that was read
 */
export function unknownId(
  entry: DesiredEntry,
  workspace: string | null,
  candidates: readonly LiveObject[],
  all: readonly LiveObject[],
): Diagnostic {
  const id = writtenId(entry) ?? '';
  const place = workspace === null ? 'the organisation' : `workspace ${workspace}`;
  return {
    code: 'unknown-id',
    severity: 'error',
    message: `"${entry.name}": no live ${specOf(entry.kind).label} in ${place} has the id ${id}${hintAt(entry, id, candidates, all)}`,
    source: entry.fieldSources.id ?? entry.source,
  };
}

function hintAt(
  { kind, name, liveName }: DesiredEntry,
  id: string,
  candidates: readonly LiveObject[],
  all: readonly LiveObject[],
): string {
  const elsewhere = all.find((object) => object.id === id);
  if (elsewhere !== undefined) {
    const called = elsewhere.name === null ? 'without a name' : `"${elsewhere.name}"`;
    const where = elsewhere.kind === kind ? ' in another workspace' : '';
    return `; it is that of the ${specOf(elsewhere.kind).label} ${called}${where}`;
  }
  const nearest = nearestName(
    id,
    candidates.map((object) => object.id),
  );
  const guess = candidates.find((object) => object.id === nearest);
  if (guess !== undefined) return `; did you mean ${describe(guess)}?`;
  const namesakes = candidates.filter((object) => object.name === (liveName ?? name));
  if (namesakes.length === 0) return '; leave `id:` out to go by the name';
  return `; of that name ${namesakes.length === 1 ? 'is' : 'are'} ${namesakes.map(describe).join(', ')}`;
}

function describe({ id, name }: LiveObject): string {
  return name === null ? id : `${id} ("${name}")`;
}
