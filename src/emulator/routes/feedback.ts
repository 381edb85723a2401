/** `/feedback`: thumbs on a trace (control-plane-api.md 10.3). */

import type { Context, Hono } from 'hono';
import { type Body, has, isObject, readNumber, readObject, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import type { FeedbackRow } from '../store.ts';

export function registerFeedbackRoutes(app: Hono, context: RouteContext): void {
  app.post('/feedback', async (c) => {
    const workspaceId = requireWorkspaceKey(c, context);
    const rows = readEntries(await c.req.text(), context).map((body): FeedbackRow => {
      return {
        id: context.newId(),
        trace_id: readText(body, 'trace_id'),
        workspace_id: workspaceId,
        value: readValue(body, context),
        weight: has(body, 'weight') ? readWeight(body, context) : 1,
        metadata: has(body, 'metadata') ? readObject(body, 'metadata') : {},
        created_at: context.timestamp(),
      };
    });
    context.store.state.feedback.push(...rows);
    return c.json({
      status: 'success',
      message: 'Feedback successfully saved',
      feedback_ids: rows.map((row) => row.id),
    });
  });

  app.put('/feedback/:id', async (c) => {
    const workspaceId = requireWorkspaceKey(c, context);
    const id = c.req.param('id');
    const row = context.store.state.feedback.find((entry) => entry.id === id && entry.workspace_id === workspaceId);
    if (row === undefined) throw context.notFound('Feedback not found');
    const body = await context.readBody(c);
    const value = readValue(body, context);
    const weight = has(body, 'weight') ? readWeight(body, context) : row.weight;
    const metadata = has(body, 'metadata') ? readObject(body, 'metadata') : row.metadata;
    Object.assign(row, { value, weight, metadata });
    return c.json({ status: 'success', message: 'Feedback successfully updated', feedback_ids: [row.id] });
  });
}

/** An admin key cannot create or update feedback (1.2). */
function requireWorkspaceKey(c: Context, context: RouteContext): string {
  const { workspaceId } = context.caller(c);
  if (workspaceId !== undefined) return workspaceId;
  throw context.fail(403, 'AB03', 'Feedback needs a workspace key');
}

/** One, or several at once: the answer has the ids in the order of the input. */
function readEntries(text: string, context: RouteContext): Body[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const entries: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const bodies = entries.filter(isObject);
  if (bodies.length === 0 || bodies.length < entries.length) {
    throw context.invalid('Invalid request. Please check and try again.');
  }
  return bodies;
}

function readValue(body: Body, context: RouteContext): number {
  const value = readNumber(body, 'value', { min: -10, integer: true });
  if (value <= 10) return value;
  throw context.invalid('Validation failed: value: must be between -10 and 10', { param: 'value', location: 'body' });
}

function readWeight(body: Body, context: RouteContext): number {
  const weight = readNumber(body, 'weight', { min: 0, integer: false });
  if (weight <= 1) return weight;
  throw context.invalid('Validation failed: weight: must be between 0 and 1', { param: 'weight', location: 'body' });
}
