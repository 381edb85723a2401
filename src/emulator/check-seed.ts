/** Whether the rows of a seed can be served. What the service would refuse may stand there: live accounts hold such things. */

import { UserError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { isObject } from './body.ts';
import { buildEmptyState, type StoreState } from './store.ts';

type Shape = 'text' | 'list' | 'map' | 'rows' | 'some rows' | 'maps' | 'map or null' | 'rows or null';

const limits = { usage_limits: 'map or null', rate_limits: 'rows' } as const;

/** Members that answers and lists are made of: without them a request would end in an internal error. */
const needed: Readonly<Record<Exclude<keyof StoreState, 'organisation'>, Readonly<Record<string, Shape>>>> = {
  workspaces: {
    id: 'text',
    name: 'text',
    users: 'rows',
    usage_limits: 'rows or null',
    rate_limits: 'rows or null',
    created_at: 'text',
  },
  apiKeys: {
    id: 'text',
    secret: 'text',
    scopes: 'list',
    ...limits,
    rotation_policy: 'map or null',
    created_at: 'text',
  },
  providers: { id: 'text', slug: 'text', workspace_id: 'text', ...limits, created_at: 'text' },
  integrations: {
    id: 'text',
    slug: 'text',
    workspaces: 'rows',
    models: 'rows',
    global_workspace_access: 'map or null',
    created_at: 'text',
  },
  configs: { id: 'text', slug: 'text', workspace_id: 'text', versions: 'some rows', created_at: 'text' },
  usagePolicies: {
    id: 'text',
    workspace_id: 'text',
    conditions: 'rows',
    group_by: 'rows',
    entities: 'maps',
    created_at: 'text',
  },
  ratePolicies: { id: 'text', workspace_id: 'text', conditions: 'rows', group_by: 'rows', created_at: 'text' },
  requestLogs: { id: 'text', workspace_id: 'text', created_at: 'text', metadata: 'map' },
  logExports: { id: 'text', workspace_id: 'text', filters: 'map', requested_data: 'list', created_at: 'text' },
  feedback: { id: 'text', trace_id: 'text', workspace_id: 'text', created_at: 'text' },
  invites: { id: 'text', email: 'text', workspaces: 'rows', created_at: 'text' },
  auditLogs: { timestamp: 'text', method: 'text', uri: 'text' },
};

/** Members of rows, and of what they hold, that have such members and dates of their own. */
const inner: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  usage_limits: {},
  rotation_policy: {},
  versions: {},
  'integrations.workspaces': { usage_limits: 'rows or null', rate_limits: 'rows or null' },
  global_workspace_access: { usage_limits: 'rows or null', rate_limits: 'rows or null' },
};

const words: Readonly<Record<Shape, string>> = {
  text: 'a text',
  list: 'a list',
  map: 'an object',
  rows: 'a list of objects',
  'some rows': 'a list of objects with one at least',
  maps: 'an object of objects',
  'map or null': 'an object or null',
  'rows or null': 'a list of objects or null',
};

/**
 * @param what how messages name it
 * @throws UserError that names the first row that cannot be served, and the member
 */
export function checkSeed(state: Readonly<Record<string, unknown>>, what: string): Partial<StoreState> {
  const refuse = (why: string): never => {
    throw new UserError(`${what} cannot be served: ${why}`, {
      hint: '`tollgate emulate --state DIR` leaves a whole one in DIR/emulator-state.json, where there was none.',
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
      const problem = findProblem(row, needed[name as keyof typeof needed], name, where);
      if (problem !== null) refuse(problem);
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

/** A member that is missing or of another shape, or a date that is none; in what a row holds, too. */
function findProblem(
  row: Readonly<Record<string, unknown>>,
  shapes: Readonly<Record<string, Shape>>,
  table: string,
  where: string,
): string | null {
  for (const [member, shape] of Object.entries(shapes)) {
    if (!isOf(shape, row[member])) return `${where}.${member} is not ${words[shape]}`;
  }
  for (const [member, value] of Object.entries(row)) {
    if (isDateName(member) && !isDateOrNone(value)) return `${where}.${member} is not a date`;
    const held = [member, `${table}.${member}`].find((name) => Object.hasOwn(inner, name));
    if (held === undefined) continue;
    const rows = Array.isArray(value) ? value : [value];
    for (const [index, one] of rows.entries()) {
      const place = `${where}.${member}${Array.isArray(value) ? `[${index}]` : ''}`;
      const problem = isObject(one) ? findProblem(one, inner[held] ?? {}, member, place) : null;
      if (problem !== null) return problem;
    }
  }
  return null;
}

const isDateName = (member: string): boolean => member.endsWith('_at') || member === 'timestamp';

function isDateOrNone(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
}

function isOf(shape: Shape, value: unknown): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'list':
      return Array.isArray(value);
    case 'map':
      return isObject(value);
    case 'rows':
      return Array.isArray(value) && value.every(isObject);
    case 'some rows':
      return Array.isArray(value) && value.length > 0 && value.every(isObject);
    case 'maps':
      return isObject(value) && Object.values(value).every(isObject);
    case 'map or null':
      return value === null || isObject(value);
    case 'rows or null':
      return value === null || (Array.isArray(value) && value.every(isObject));
  }
}
