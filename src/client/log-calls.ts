/** The port of logs over HTTP: on the control plane, on the gateway, and behind signed links. */

import { z } from 'zod';
import {
  type LogExport,
  type LogJob,
  type LogPort,
  type LogQuestion,
  logExportStates,
  type OfferedModel,
} from '../live/log-port.ts';
import type { Answers } from './answers.ts';
import type { Download } from './download.ts';
import type { ApiRequest } from './failure.ts';
import type { Page } from './paging.ts';
import { anyObjectSchema } from './schemas.ts';

export interface LogConnections {
  /** With the key of the run. */
  readonly control: Answers;
  /** The gateway, with the key of the run. */
  readonly gateway: () => Answers;
  /** The control plane, with the key of a workspace where there is one. */
  readonly ofWorkspace: () => Answers;
  /** The gateway, with the key of a workspace where there is one. */
  readonly gatewayOfWorkspace: () => Answers;
  readonly download: Download;
}

const text = z.string().nullish();
/** A count as number or text; nonsense is none. */
const count = z
  .union([z.number(), z.string().transform(Number)])
  .nullish()
  .transform((value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null));

const exportSchema = z.looseObject({
  id: z.string().min(1),
  workspace_id: text,
  status: text,
  filters: z.record(z.string(), z.unknown()).nullish(),
  requested_data: z.array(z.string()).nullish(),
  created_at: text,
  created_by: text,
  total: count,
});

const jobSchema = z.looseObject({ id: z.string().min(1), total: count });
/** Documented under two names (docs/service-notes.md#log-exports). */
const linkSchema = z
  .looseObject({ signed_url: text, url: text })
  .transform(({ signed_url: signed, url }) => signed ?? url ?? '');
const feedbackSchema = z.looseObject({ feedback_ids: z.array(z.string()).nullish() });
const modelSchema = z.looseObject({ id: z.string().min(1) });
const modelsSchema = z.looseObject({
  data: z.array(z.unknown()),
  total: count.optional(),
  total_count: count.optional(),
});

const encode = encodeURIComponent;

export function createLogPort(connections: LogConnections): LogPort {
  const { control, gateway, ofWorkspace, download } = connections;
  const one = (id: string, rest = ''): string => `/logs/exports/${encode(id)}${rest}`;
  return {
    async listExports(workspaceId) {
      const request: ApiRequest = {
        method: 'GET',
        path: '/logs/exports',
        query: { workspace_id: workspaceId },
        scope: 'logs.export',
      };
      const rows = await control.list(request, exportSchema, ({ id }) => id);
      // A workspace key answers for its own workspace, whichever was asked for.
      return rows.map(toExport).filter((row) => row.workspaceId === null || row.workspaceId === workspaceId);
    },
    readExport: async (id) =>
      toExport(await control.read({ method: 'GET', path: one(id), scope: 'logs.export' }, exportSchema)),
    createExport: async (question) =>
      toJob(
        await control.read(
          { method: 'POST', path: '/logs/exports', body: bodyOf(question), scope: 'logs.export' },
          jobSchema,
        ),
      ),
    aimExport: async (id, question) =>
      toJob(
        await control.read(
          { method: 'PUT', path: one(id), body: bodyOf(question), isAnswerWanted: true, scope: 'logs.export' },
          jobSchema,
        ),
      ),
    startExport: (id) => control.write({ method: 'POST', path: one(id, '/start'), body: {}, scope: 'logs.export' }),
    async *readExportLines(id) {
      const request: ApiRequest = { method: 'GET', path: one(id, '/download'), scope: 'logs.export' };
      yield* download(await control.read(request, linkSchema));
    },
    readLog: (id) =>
      gateway().read({ method: 'GET', path: `/logs/${encode(id)}`, scope: 'logs.view' }, anyObjectSchema),
    async sendFeedback(body) {
      const request: ApiRequest = { method: 'POST', path: '/feedback', body, scope: 'logs.write' };
      const { feedback_ids: ids } = await ofWorkspace().read(request, feedbackSchema);
      return { ids: ids ?? [] };
    },
  };
}

/** Paged by `limit` and `offset` (docs/service-notes.md#models). */
export async function listOfferedModels(
  { gatewayOfWorkspace }: LogConnections,
  workspaceId: string,
): Promise<readonly OfferedModel[]> {
  const models = gatewayOfWorkspace();
  const request: ApiRequest = { method: 'GET', path: '/models', scope: 'virtual_keys.list' };
  const readPage = async (page: number, size: number): Promise<Page<{ readonly row: string }>> => {
    const query = { workspace_id: workspaceId, limit: size, offset: page * size };
    const { data, total, total_count: counted } = await models.read({ ...request, query }, modelsSchema);
    const rows = data.map((row) => ({ row: models.parseAnswer(request, modelSchema, row).id }));
    return { rows, total: total ?? counted ?? undefined };
  };
  const ids = await models.walk(request, readPage, (id) => id);
  return ids.flatMap((id) => {
    const [, provider, model] = /^@([^/]+)\/(.+)$/.exec(id) ?? [];
    return provider === undefined || model === undefined ? [] : [{ provider, model }];
  });
}

function bodyOf({ workspaceId, filters, fields }: LogQuestion): object {
  return { workspace_id: workspaceId, filters, requested_data: fields };
}

function toJob({ id, total }: z.infer<typeof jobSchema>): LogJob {
  return { id, rows: total };
}

function toExport(row: z.infer<typeof exportSchema>): LogExport {
  // Documented under two words.
  const said = row.status === 'failure' ? 'failed' : row.status;
  return {
    id: row.id,
    workspaceId: row.workspace_id ?? null,
    state: logExportStates.find((state) => state === said) ?? null,
    filters: row.filters ?? {},
    fields: row.requested_data ?? [],
    createdAt: row.created_at ?? null,
    createdBy: row.created_by ?? null,
    rows: row.total,
  };
}
