import { compareText } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import { isLimitField, isSet } from '../resources/fields.ts';
import { isPartOfPrices } from '../resources/price-fields.ts';
import { isPolicyKind, kindOrder } from '../resources/registry.ts';
import type { PlanContext } from './context.ts';
import type { Unmanaged } from './types.ts';

/** Live limits that neither files nor record know: counted and shown, never touched. */
export function findUnmanaged({ live, liveIndex, parts }: PlanContext): Unmanaged[] {
  const toUnmanaged = (object: LiveObject): Unmanaged[] => {
    const managed = parts.managed.get(object.kind, object.id);
    if (managed === 'all') return [];
    const workspace = liveIndex.slugOf(object.workspaceId);
    const facts = { kind: object.kind, workspace, id: object.id, name: object.name };
    if (isPolicyKind(object.kind)) return managed === undefined ? [facts] : [];
    const fields = liveIndex.readFields(object, []);
    // What binds, and what the dollars of budgets buy; an alert, an expiry or a description that nobody declared is not worth a line.
    const others = Object.keys(fields)
      .filter(
        (field) =>
          (isLimitField(field) || isPartOfPrices(field)) && managed?.includes(field) !== true && isSet(fields[field]),
      )
      .sort(compareText);
    if (others.length === 0) return [];
    return [managed === undefined ? facts : { ...facts, fields: others }];
  };
  return live.objects
    .flatMap(toUnmanaged)
    .sort(
      (a, b) =>
        compareText(a.workspace ?? '', b.workspace ?? '') ||
        kindOrder(a.kind) - kindOrder(b.kind) ||
        compareText(a.name ?? '', b.name ?? '') ||
        compareText(a.id, b.id),
    );
}
