/** Whether the rows of a seed can be served. What the service would refuse may stand there: live accounts hold such things. */

import { UserError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { isObject } from './body.ts';
import { buildEmptyState, type StoreState } from './store.ts';

type Shape = 'text' | 'list' | 'map';

/** Members that answers and lists are made of: without them a request would end in an internal error. */
const needed: Readonly<Record<Exclude<keyof StoreState, 'organisation'>, Readonly<Record<string, Shape>>>> = {
  workspaces: { id: 'text', name: 'text', users: 'list', created_at: 'text' },
  apiKeys: { id: 'text', secret: 'text', scopes: 'list', rate_limits: 'list', created_at: 'text' },
  providers: { id: 'text', slug: 'text', workspace_id: 'text', rate_limits: 'list', created_at: 'text' },
  integrations: { id: 'text', slug: 'text', workspaces: 'list', models: 'list', created_at: 'text' },
  configs: { id: 'text', slug: 'text', workspace_id: 'text', versions: 'list', created_at: 'text' },
  usagePolicies: {
    id: 'text',
    workspace_id: 'text',
    conditions: 'list',
    group_by: 'list',
    entities: 'map',
    created_at: 'text',
  },
  ratePolicies: { id: 'text', workspace_id: 'text', conditions: 'list', group_by: 'list', created_at: 'text' },
  requestLogs: { id: 'text', workspace_id: 'text', created_at: 'text', metadata: 'map' },
  logExports: { id: 'text', workspace_id: 'text', filters: 'map', requested_data: 'list', created_at: 'text' },
  feedback: { id: 'text', trace_id: 'text', workspace_id: 'text', created_at: 'text' },
  invites: { id: 'text', email: 'text', workspaces: 'list', created_at: 'text' },
  auditLogs: { timestamp: 'text', method: 'text', uri: 'text' },
};

const words: Readonly<Record<Shape, string>> = { text: 'a text', list: 'a list', map: 'an object' };

/** @throws UserError that names the first row that cannot be served, and the member */
export function checkSeed(state: Readonly<Record<string, unknown>>, path: string): Partial<StoreState> {
  const refuse = (why: string): never => {
    throw new UserError(`the seed ${path} cannot be served: ${why}`, {
      hint: '`tollgate emulate --state DIR` leaves a whole one in DIR/emulator-state.json.',
    });
  };
  const known = Object.keys(buildEmptyState());
  const workspaces = new Set<unknown>();
  for (const row of Array.isArray(state.workspaces) ? state.workspaces : []) if (isObject(row)) workspaces.add(row.id);
  for (const [name, rows] of Object.entries(state)) {
    if (!known.includes(name)) refuse(`it has no ${JSON.stringify(name)}${didYouMean(name, known)}`);
    if (name === 'organisation') {
      if (!isObject(rows) || typeof rows.id !== 'string') refuse('`organisation` is not an object with an id');
      continue;
    }
    if (!Array.isArray(rows)) return refuse(`\`${name}\` is not a list`);
    const ids = new Set<unknown>();
    for (const [index, row] of rows.entries()) {
      const where = `${name}[${index}]`;
      if (!isObject(row)) return refuse(`${where} is not an object`);
      for (const [member, shape] of Object.entries(needed[name as keyof typeof needed])) {
        if (!isOf(shape, row[member])) refuse(`${where}.${member} is not ${words[shape]}`);
      }
      if (row.id !== undefined && ids.has(row.id)) refuse(`${where}.id ${JSON.stringify(row.id)} is there twice`);
      ids.add(row.id);
      const { workspace_id: workspace } = row;
      if (typeof workspace === 'string' && workspace !== '' && !workspaces.has(workspace)) {
        refuse(`${where}.workspace_id names no workspace of it`);
      }
    }
  }
  return state as Partial<StoreState>;
}

function isOf(shape: Shape, value: unknown): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'list':
      return Array.isArray(value);
    case 'map':
      return isObject(value);
  }
}
