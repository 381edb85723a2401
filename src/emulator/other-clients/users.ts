/**
 * People of the organisation, and invitations (`/admin/users`). There is no table of people: they are those whom the workspaces name as
 * members, as one person however many workspaces that are.
 */

import type { Context, Hono } from 'hono';
import { compareText } from '../../diagnostics.ts';
import { type Body, has, isObject, takeChoice, takeNullableText, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import { openWorkspaces as open } from '../kinds/workspaces.ts';
import type { RouteContext } from '../service.ts';
import { type InviteRow, removeRow, sortNewestFirst, type WorkspaceUserRow } from '../store.ts';
import { workspaceRoles } from './workspace-members.ts';

const inviteDays = 7;

export function registerUsers(app: Hono, context: RouteContext): void {
  registerInvites(app, context);

  app.get('/admin/users', (c) => {
    open(c, context, 'users.list');
    const { role = '', email } = c.req.query();
    if (!['', 'admin', 'member', 'owner'].includes(role)) {
      throw refuseField('role', 'must be one of admin, member, owner', 'query');
    }
    const users = sortNewestFirst(listUsers(context)).filter(
      (user) => (role === '' || user.org_role === role) && (email === undefined || user.email === email),
    );
    return context.sendList(c, users, renderUser, { list: 'people' });
  });

  app.get('/admin/users/:id', (c) => {
    open(c, context, 'users.read');
    return c.json(renderUser(findUser(c, context)[0]));
  });

  app.put('/admin/users/:id', async (c) => {
    open(c, context, 'users.update');
    const entries = findUser(c, context);
    const body = await context.readBody(c);
    const changes: Partial<WorkspaceUserRow> = { last_updated_at: context.timestamp() };
    if (has(body, 'role')) changes.org_role = takeChoice(body, 'role', ['admin', 'member']);
    if (has(body, 'first_name')) changes.first_name = takeText(body, 'first_name');
    if (has(body, 'last_name')) changes.last_name = takeText(body, 'last_name');
    for (const entry of entries) Object.assign(entry, changes);
    // One client reads the person from the answer, the others do not read it.
    return c.json(renderUser(entries[0]));
  });

  app.delete('/admin/users/:id', (c) => {
    open(c, context, 'users.delete');
    const [{ id }] = findUser(c, context);
    for (const workspace of context.store.state.workspaces) {
      workspace.users = workspace.users.filter((user) => user.id !== id);
    }
    return context.sendDeleted(c);
  });
}

function registerInvites(app: Hono, context: RouteContext): void {
  const base = '/admin/users/invites';

  app.get(base, (c) => {
    open(c, context, 'user_invites.list', 'users.list');
    const { role, email, status } = c.req.query();
    const rows = sortNewestFirst(context.store.state.invites).filter(
      (row) =>
        (role === undefined || row.role === role) &&
        (email === undefined || row.email === email) &&
        (status === undefined || row.status === status),
    );
    return context.sendList(c, rows, renderInvite, { list: 'people' });
  });

  app.post(base, async (c) => {
    open(c, context, 'user_invites.create', 'users.create');
    const row = buildInvite(await context.readBody(c), context);
    context.store.state.invites.push(row);
    return c.json({ ...renderInvite(row), invite_link: `${new URL(c.req.url).origin}/invite/${row.id}` });
  });

  app.get(`${base}/:id`, (c) => {
    open(c, context, 'user_invites.read', 'users.read');
    return c.json(renderInvite(findInvite(c, context)));
  });

  app.delete(`${base}/:id`, (c) => {
    open(c, context, 'user_invites.delete', 'users.delete');
    removeRow(context.store.state.invites, findInvite(c, context));
    return context.sendDeleted(c);
  });

  app.post(`${base}/:id/resend`, (c) => {
    open(c, context, 'user_invites.update', 'user_invites.create');
    findInvite(c, context).expires_at = findExpiry(context);
    return context.sendUpdated(c);
  });
}

function listUsers(context: RouteContext): WorkspaceUserRow[] {
  const users = new Map<string, WorkspaceUserRow>();
  for (const user of context.store.state.workspaces.flatMap((workspace) => workspace.users)) {
    const known = users.get(user.id);
    if (known === undefined || user.created_at < known.created_at) users.set(user.id, user);
  }
  return [...users.values()];
}

/** The entry of this person in each workspace. */
function findUser(c: Context, context: RouteContext): [WorkspaceUserRow, ...WorkspaceUserRow[]] {
  const [first, ...others] = context.store.state.workspaces
    .flatMap(({ users }) => users)
    .filter((user) => user.id === c.req.param('id'))
    .sort((a, b) => compareText(a.created_at, b.created_at));
  if (first === undefined) throw context.notFound('User not found');
  return [first, ...others];
}

/** `updated_at` is what the vendor's Terraform provider reads, `last_updated_at` what the others do. */
function renderUser({ org_role, ...user }: WorkspaceUserRow): object {
  return { object: 'user', ...user, role: org_role, updated_at: user.last_updated_at };
}

function buildInvite(body: Body, context: RouteContext): InviteRow {
  const email = takeText(body, 'email');
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw refuseField('email');
  return {
    id: context.newId(),
    email,
    first_name: has(body, 'first_name') ? takeNullableText(body, 'first_name', 255) : null,
    last_name: has(body, 'last_name') ? takeNullableText(body, 'last_name', 255) : null,
    role: takeChoice(body, 'role', ['admin', 'member']),
    status: 'pending',
    workspaces: readWorkspaces(body, context),
    created_at: context.timestamp(),
    expires_at: findExpiry(context),
  };
}

function readWorkspaces(body: Body, context: RouteContext): InviteRow['workspaces'] {
  const sent = body.workspaces ?? [];
  if (!Array.isArray(sent) || !sent.every(isObject)) throw refuseField('workspaces');
  return sent.map((entry) => {
    const id = takeText(entry, 'id');
    const workspace = context.store.find('workspaces', id);
    if (workspace === undefined) throw context.fail(404, 'AB02', `Workspace ${id} not found`);
    return { id: workspace.id, role: takeChoice(entry, 'role', workspaceRoles) };
  });
}

function findExpiry(context: RouteContext): string {
  return new Date(Date.parse(context.timestamp()) + inviteDays * 86_400_000).toISOString();
}

function findInvite(c: Context, context: RouteContext): InviteRow {
  const row = context.store.find('invites', c.req.param('id') ?? '');
  if (row === undefined) throw context.notFound('Invite not found');
  return row;
}

function renderInvite(row: InviteRow): object {
  return { object: 'invite', ...row };
}
