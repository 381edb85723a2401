/** Members of a workspace: one of them, added, changed, removed. The list is with the workspaces (workspaces.ts). */

import type { Context, Hono } from 'hono';
import { type Body, isObject, readChoice, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import type { WorkspaceRow, WorkspaceUserRow } from '../store.ts';

const roles = ['admin', 'member', 'manager'] as const;

export function registerWorkspaceMembersRoutes(app: Hono, context: RouteContext): void {
  const base = '/admin/workspaces/:id/users';

  app.post(base, async (c) => {
    const workspace = findWorkspace(c, context, 'create');
    const { users } = await context.readBody(c);
    if (!Array.isArray(users) || users.length === 0 || !users.every(isObject)) {
      throw context.invalid('Validation failed: users: Invalid value', { param: 'users', location: 'body' });
    }
    // All are found right before the first is added.
    const added = users.map((entry) => buildMember(entry, context));
    const ids = new Set(added.map((user) => user.id));
    workspace.users = [...workspace.users.filter((user) => !ids.has(user.id)), ...added];
    return c.json({});
  });

  app.get(`${base}/:userId`, (c) => {
    const workspace = findWorkspace(c, context, 'read');
    const user = findMember(c, context, workspace);
    return c.json({ object: 'workspace-user', ...user, workspace_id: workspace.id, scopes: [], settings: null });
  });

  app.put(`${base}/:userId`, async (c) => {
    const user = findMember(c, context, findWorkspace(c, context, 'update'));
    user.role = readChoice(await context.readBody(c), 'role', roles);
    user.last_updated_at = context.timestamp();
    return context.sendUpdated(c);
  });

  app.delete(`${base}/:userId`, (c) => {
    const workspace = findWorkspace(c, context, 'delete');
    const user = findMember(c, context, workspace);
    workspace.users = workspace.users.filter((other) => other !== user);
    return context.sendDeleted(c);
  });
}

function findWorkspace(c: Context, context: RouteContext, verb: string): WorkspaceRow {
  context.requireAdmin(c);
  context.requireScope(c, `workspace_users.${verb}`, verb === 'read' ? 'workspaces.read' : 'workspaces.update');
  const row = context.store.findWorkspace(c.req.param('id') ?? '');
  if (row === undefined || row.status !== 'active') throw context.notFound('Workspace not found');
  context.annotateAudit(c, { workspace_id: row.id });
  return row;
}

function findMember(c: Context, context: RouteContext, workspace: WorkspaceRow): WorkspaceUserRow {
  const user = workspace.users.find((candidate) => candidate.id === c.req.param('userId'));
  if (user === undefined) throw context.notFound('User not found in the workspace');
  return user;
}

/** Somebody who is in the organisation already, known by the other workspaces. */
function buildMember(body: Body, context: RouteContext): WorkspaceUserRow {
  const id = readText(body, 'id');
  const role = readChoice(body, 'role', roles);
  const known = context.store.state.workspaces.flatMap((row) => row.users).find((user) => user.id === id);
  if (known === undefined) throw context.fail(404, 'AB02', `User ${id} not found`);
  const now = context.timestamp();
  return { ...known, role, created_at: now, last_updated_at: now };
}
