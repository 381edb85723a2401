/** `/feedback`: thumbs on a trace. */

import type { Context, Hono } from 'hono';
import { type Body, has, parseObjects, takeNumber, takeObject, takeText } from '../body.ts';
import { invalidRequest } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { FeedbackRow } from '../store.ts';

export function registerFeedback(app: Hono, context: RouteContext): void {
  const send = (c: Context, done: string, rows: readonly FeedbackRow[]): Response =>
    c.json({ status: 'success', message: `Feedback successfully ${done}`, feedback_ids: rows.map(({ id }) => id) });

  app.post('/feedback', async (c) => {
    const workspace_id = requireWorkspaceKey(c, context);
    const bodies = parseObjects(await c.req.text());
    if (bodies === undefined) throw context.invalid(invalidRequest);
    // The answer has the ids in the order of the input.
    const rows = bodies.map((body): FeedbackRow => {
      const blank = { id: context.newId(), workspace_id, created_at: context.timestamp(), weight: 1, metadata: {} };
      return { ...blank, trace_id: takeText(body, 'trace_id'), ...readOpinion(body) };
    });
    context.store.state.feedback.push(...rows);
    return send(c, 'saved', rows);
  });

  app.put('/feedback/:id', async (c) => {
    const workspaceId = requireWorkspaceKey(c, context);
    const row = context.store.find('feedback', c.req.param('id'), workspaceId);
    if (row === undefined) throw context.notFound('Feedback not found');
    Object.assign(row, readOpinion(await context.readBody(c)));
    return send(c, 'updated', [row]);
  });
}

/** An admin key cannot create or update feedback. */
function requireWorkspaceKey(c: Context, context: RouteContext): string {
  const { workspaceId } = context.caller(c);
  if (workspaceId !== undefined) return workspaceId;
  throw context.fail(403, 'AB03', 'Feedback needs a workspace key');
}

function readOpinion(body: Body): Pick<FeedbackRow, 'value'> & Partial<FeedbackRow> {
  return {
    value: takeNumber(body, 'value', { min: -10, max: 10, integer: true }),
    ...(has(body, 'weight') && { weight: takeNumber(body, 'weight', { min: 0, max: 1, integer: false }) }),
    ...(has(body, 'metadata') && { metadata: takeObject(body, 'metadata') }),
  };
}
