import { compareText } from '../diagnostics.ts';
import { isLimitField, isSet } from '../resources/fields.ts';
import type { LiveScope } from '../resources/kind.ts';
import { isPolicyKind, kindOrder, specOf } from '../resources/registry.ts';
import type { PlanContext } from './build-plan.ts';
import type { LiveObject, Unmanaged } from './types.ts';

/** Live limits that neither files nor record know: counted and shown, never touched. */
export function findUnmanaged({ live, parts }: PlanContext): Unmanaged[] {
  const slugs = new Map(live.workspaces.map(({ id, slug }) => [id, slug]));
  const toUnmanaged = (object: LiveObject): Unmanaged[] => {
    const managed = parts.managed.get(object.kind, object.id);
    if (managed === 'all') return [];
    const workspace = object.workspaceId === null ? null : (slugs.get(object.workspaceId) ?? null);
    const facts = { kind: object.kind, workspace, id: object.id, name: object.name };
    if (isPolicyKind(object.kind)) return managed === undefined ? [facts] : [];
    const scope: LiveScope = {
      workspaceId: object.workspaceId,
      workspaceSlug: workspace,
      organisationId: live.organisationId,
    };
    const fields = specOf(object.kind).readFields(object.row, scope, []);
    // What binds; an alert, an expiry or a description that nobody declared is not worth a line.
    const others = Object.keys(fields)
      .filter((field) => isLimitField(field) && managed?.includes(field) !== true && isSet(fields[field]))
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
