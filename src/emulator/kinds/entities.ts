/** The counters of a usage limits policy. */

import type { Hono } from 'hono';
import { resetEntity } from '../resets.ts';
import type { RouteContext } from '../service.ts';
import { findPolicy } from './policies.ts';

export function registerEntities(app: Hono, context: RouteContext): void {
  app.get('/policies/usage-limits/:id/entities', (c) => {
    const row = context.view(findPolicy('usagePolicies', c, context, 'read'));
    // `status` is the entities' here, not the policy's.
    if (row?.status !== 'active') throw context.notFound('Policy not found');
    const { status, search } = c.req.query();
    const entities = Object.entries(row.entities).filter(
      ([valueKey, entity]) =>
        (status === undefined || entity.status === status) && (search === undefined || valueKey.includes(search)),
    );
    return context.sendList(c, entities, ([value_key, { id, current_usage }]) => ({ id, value_key, current_usage }));
  });

  app.put('/policies/usage-limits/:id/entities/:entityId/reset', (c) => {
    const row = findPolicy('usagePolicies', c, context, 'update');
    const entity = Object.values(row.entities).find(({ id }) => id === c.req.param('entityId'));
    if (entity === undefined) throw context.notFound('Entity not found');
    context.beforeChange(row);
    resetEntity(entity);
    return context.sendUpdated(c);
  });
}
