/** What is said of live objects, for rules. */

import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { Kind } from '../resources/types.ts';
import type { LiveFacts } from './types.ts';

/** Whether one of these lists was asked for, and is not known whole: nothing follows from what is not in it. */
export function isUnseen({ index }: Pick<LiveFacts, 'index'>, kinds: readonly Kind[], { id }: LiveWorkspace): boolean {
  return kinds.some((kind) => index.live.unseen?.has(`${id}/${kind}`) === true);
}

/** `key "a"`, `3 keys ("a", "b" …)` */
export function listKeys(objects: readonly LiveObject[]): string {
  const names = objects.map(({ name, id }) => `"${name ?? id}"`).sort();
  if (names.length === 1) return `key ${names[0]}`;
  return `${names.length} keys (${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''})`;
}
