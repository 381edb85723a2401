/** What people and agents call a thing by, and the one thing that it is. */

import { compareText } from '../diagnostics.ts';
import { didYouMean } from '../nearest-name.ts';
import { listFew } from '../render/list-few.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import { ToolRefusal } from './refusal.ts';

export interface WorkspaceHandle {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** How a thing is found. */
export interface Handles {
  /** Each is this thing alone: id, slug. */
  readonly sure: readonly string[];
  /** Others may have the same. */
  readonly name: string | null;
}

/**
 * By id or slug, else by name where one alone has it.
 *
 * @throws ToolRefusal for a name that nothing has, with the nearest; or that several have, with all of them
 */
export function findNamed<T>(what: string, wanted: string, things: readonly T[], handlesOf: (thing: T) => Handles): T {
  const lower = wanted.toLowerCase();
  const sure = things.find((thing) => handlesOf(thing).sure.some((handle) => handle.toLowerCase() === lower));
  if (sure !== undefined) return sure;
  const exact = things.filter((thing) => handlesOf(thing).name === wanted);
  // People write names as they say them.
  const named = exact.length > 0 ? exact : things.filter((thing) => handlesOf(thing).name?.toLowerCase() === lower);
  const [found] = named;
  if (found !== undefined && named.length === 1) return found;
  if (found === undefined) {
    const known = things.flatMap((thing) => {
      const { sure: handles, name } = handlesOf(thing);
      // Nobody misspells an id.
      return [...handles.filter((handle) => !/^[0-9a-f-]{36}$/i.test(handle)), ...(name === null ? [] : [name])];
    });
    throw new ToolRefusal('not_found', `no ${what} ${quoteUnlessSecret(wanted)}${didYouMean(wanted, known)}`, {
      ...(known.length === 0 ? {} : { hint: `There are: ${listFew([...new Set(known)].sort(compareText), 12)}.` }),
      details: { what, known: [...new Set(known)].slice(0, 20) },
    });
  }
  const candidates = named.map((thing) => handlesOf(thing).sure).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  throw new ToolRefusal(
    'invalid_input',
    `${named.length} ${what}s are called ${quoteUnlessSecret(wanted)}: ${candidates.map((ids) => ids.join(' or ')).join(', ')}`,
    { hint: 'Write the id of the one that is meant.', details: { what, candidates } },
  );
}

export function workspaceNamed(wanted: string, workspaces: readonly WorkspaceHandle[]): WorkspaceHandle {
  return findNamed('workspace', wanted, workspaces, ({ id, slug, name }) => ({ sure: [id, slug], name }));
}

/** A list, or one; none given: none. */
export function listOfTexts(value: string | readonly (string | number)[] | undefined): readonly string[] {
  if (value === undefined) return [];
  const texts = typeof value === 'string' ? value.split(',') : value.map(String);
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
