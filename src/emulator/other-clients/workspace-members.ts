/** Members of a workspace: listed, added, changed, removed. */

import type { Context, Hono } from 'hono';
import { type Body, isObject, takeChoice, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import { findWorkspace, openWorkspaces, renderMember } from '../kinds/workspaces.ts';
import type { RouteContext } from '../service.ts';
import { sortNewestFirst, type WorkspaceRow, type WorkspaceUserRow } from '../store.ts';

export const workspaceRoles = ['admin', 'member', 'manager'] as const;

export function registerWorkspaceMembers(app: Hono, context: RouteContext): void {
  const base = '/admin/workspaces/:id/users';

  app.get(base, (c) => {
    const workspace = open(c, context, 'list');
    const { role, email } = c.req.query();
    const users = sortNewestFirst(workspace.users).filter(
      (user) => (role === undefined || user.role === role) && (email === undefined || user.email === email),
    );
    return context.sendList(c, users, (user) => renderUser(user, workspace));
  });

  app.post(base, async (c) => {
    const workspace = open(c, context, 'create');
    const { users } = await context.readBody(c);
    if (!Array.isArray(users) || users.length === 0 || !users.every(isObject)) throw refuseField('users');
    // All are found right before the first is added.
    const added = users.map((entry) => buildMember(entry, context));
    const ids = new Set(added.map((user) => user.id));
    workspace.users = [...workspace.users.filter((user) => !ids.has(user.id)), ...added];
    return c.json({});
  });

  app.get(`${base}/:userId`, (c) => {
    const workspace = open(c, context, 'read');
    return c.json(renderUser(findMember(c, context, workspace), workspace));
  });

  app.put(`${base}/:userId`, async (c) => {
    const user = findMember(c, context, open(c, context, 'update'));
    user.role = takeChoice(await context.readBody(c), 'role', workspaceRoles);
    user.last_updated_at = context.timestamp();
    return context.sendUpdated(c);
  });

  app.delete(`${base}/:userId`, (c) => {
    const workspace = open(c, context, 'delete');
    const user = findMember(c, context, workspace);
    workspace.users = workspace.users.filter((other) => other !== user);
    return context.sendDeleted(c);
  });
}

function open(c: Context, context: RouteContext, verb: string): WorkspaceRow {
  const isRead = verb === 'read' || verb === 'list';
  openWorkspaces(c, context, `workspace_users.${verb}`, isRead ? 'workspaces.read' : 'workspaces.update');
  return findWorkspace(c, context);
}

function renderUser(user: WorkspaceUserRow, workspace: WorkspaceRow): object {
  return {
    object: 'workspace-user',
    ...renderMember(user, workspace),
    email: user.email,
    scopes: [],
    settings: null,
  };
}

function findMember(c: Context, context: RouteContext, workspace: WorkspaceRow): WorkspaceUserRow {
  const user = workspace.users.find((candidate) => candidate.id === c.req.param('userId'));
  if (user === undefined) throw context.notFound('User not found in the workspace');
  return user;
}

/** Somebody who is in the organisation already, known by the other workspaces. */
function buildMember(body: Body, context: RouteContext): WorkspaceUserRow {
  const id = takeText(body, 'id');
  const role = takeChoice(body, 'role', workspaceRoles);
  const known = context.store.state.workspaces.flatMap((row) => row.users).find((user) => user.id === id);
  if (known === undefined) throw context.fail(404, 'AB02', `User ${id} not found`);
  const now = context.timestamp();
  return { ...known, role, created_at: now, last_updated_at: now };
}
