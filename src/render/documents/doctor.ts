/** What `doctor` prints. */

import { z } from 'zod';
import { type DocumentOf, error, ok, version, whole } from './parts.ts';

export const doctorSchema = z
  .object({
    version,
    ok,
    error: error.exactOptional().describe('absent: what tollgate needs works'),
    base_url: z.string().nullable().describe('null: it cannot be used, see the checks'),
    key: z.object({
      kind: z
        .enum(['organisation-service', 'workspace-service', 'workspace-user', 'workspace'])
        .nullable()
        .describe('null: cannot be known'),
      how: z.string().describe('how that is known'),
      name: z.string().nullable().describe('null: the service does not tell'),
      user_id: z.string().nullable().describe('whose it is; null: of nobody, or the service does not tell'),
      scopes: z.array(z.string()).nullable().describe('null: the service does not tell'),
      expires_at: z.string().nullable().describe('ISO date-time, UTC; null: never, or nobody knows'),
    }),
    workspace: z.string().nullable().describe('that was tried; null: none'),
    requests: whole.describe('that brought an answer to show'),
    checks: z.array(
      z.object({
        id: z.string().describe('stable: `policies.list`'),
        group: z.enum(['reading', 'writing', 'repository', 'approvals', 'channels', 'stores']),
        title: z.string(),
        state: z.enum(['works', 'refused', 'broken', 'not-tried', 'note', 'missing', 'unknown']),
        needed: z.boolean().describe('the exit code depends on it'),
        scopes: z.array(z.string()).describe('any one of them is enough'),
        request: z
          .object({
            method: z.string(),
            path: z.string(),
            status: whole.nullable().describe('null: no answer'),
            code: z.string().nullable().describe("the service's own"),
          })
          .nullable()
          .describe('what proved it; null: no request'),
        detail: z.string().nullable(),
        advice: z.string().nullable(),
      }),
    ),
    commands: z.array(
      z.object({
        command: z.string(),
        state: z.enum(['works', 'partly', 'no', 'unproven']),
        detail: z.string().nullable(),
      }),
    ),
    explanations: z.array(z.string()),
  })
  .describe('What this key and this control plane allow.');

export type DoctorDocument = DocumentOf<typeof doctorSchema>;
