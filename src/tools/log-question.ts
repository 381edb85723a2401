/** What is asked of logs, in the words of analytics, as an export takes it. */

import type { z } from 'zod';
import type { Calls } from '../consumption/analytics.ts';
import { ServiceError } from '../errors.ts';
import type { LogQuestion } from '../live/log-port.ts';
import type { JobNeeds } from '../logs/export-job.ts';
import { type AnalyticsInput, analyticsShape, readCalls } from './analytics-input.ts';
import { describeToolError, ToolRefusal } from './refusal.ts';
import type { ToolContext } from './tool.ts';
import { isoOf } from './values.ts';

/** An export takes no filter by key or span (docs/service-notes.md#log-exports). */
export function logShape() {
  const { api_key_ids: _keys, span_ids: _spans, ...shape } = analyticsShape();
  return shape;
}

export type LogInput = z.infer<z.ZodObject<ReturnType<typeof logShape>>>;

export interface AskedLogs {
  readonly question: LogQuestion;
  readonly calls: Calls;
  readonly workspace: string;
  readonly notes: readonly string[];
}

/** @throws ToolRefusal */
export async function readLogQuestion(
  input: LogInput,
  fields: readonly string[],
  context: ToolContext,
): Promise<AskedLogs> {
  const { calls, workspace, notes } = await readCalls(input satisfies AnalyticsInput, context);
  const { metadata, ...plain } = calls.filter ?? {};
  const filters = {
    time_of_generation_min: isoOf(calls.from),
    time_of_generation_max: isoOf(calls.to),
    ...plain,
    ...(metadata === undefined ? {} : { metadata: JSON.parse(String(metadata)) as unknown }),
  };
  return { question: { workspaceId: workspace.id, filters, fields }, calls, workspace: workspace.slug, notes };
}

export function jobNeedsOf({ reads, session }: ToolContext, patience: number): JobNeeds {
  return {
    logs: reads.backend.logs,
    clock: session.clock,
    serviceNow: () => reads.backend.serviceNow(),
    patience,
  };
}

/** Where exports are refused, numbers may still be had. @throws ToolRefusal in place of a refusal of the service */
export async function orAnalytics<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    const isRefusal = error instanceof ServiceError && [401, 402, 403, 404, 405, 501].includes(error.status ?? 0);
    if (!isRefusal) throw error;
    const { code, message, details } = describeToolError(error);
    throw new ToolRefusal(code, `logs can be read by an export alone, and that is refused: ${message}`, {
      hint: 'Without rows: get_request_analytics counts calls and failures, get_cost_analytics tells what they cost (`usage requests`, `usage cost`).',
      details,
    });
  }
}
