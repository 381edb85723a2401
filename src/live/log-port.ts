/** What the gateway recorded of calls, and what people say of them (docs/service-notes.md#log-exports). */

export const logExportStates = ['draft', 'in_progress', 'success', 'failed', 'stopped'] as const;
export type LogExportState = (typeof logExportStates)[number];

/** A job that makes a file of logs. It cannot be deleted. */
export interface LogExport {
  readonly id: string;
  readonly workspaceId: string | null;
  /** Null: none of those that are known. */
  readonly state: LogExportState | null;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
  /** ISO date-time. */
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  /** Rows that it holds, or will hold; null: it does not say. */
  readonly rows: number | null;
}

/** Which rows, and what of each; in the service's own words. */
export interface LogQuestion {
  readonly workspaceId: string;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
}

export interface LogJob {
  readonly id: string;
  /** Rows that fit the filters; null: it does not say. */
  readonly rows: number | null;
}

export interface FeedbackBody {
  readonly trace_id: string;
  readonly value: number;
  readonly weight?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Rejects as `Backend` does. */
export interface LogPort {
  listExports(workspaceId: string): Promise<readonly LogExport[]>;
  readExport(id: string): Promise<LogExport>;
  /** Not sent again where it may have been taken: the list tells whether it was. */
  createExport(question: LogQuestion): Promise<LogJob>;
  /** Gives a draft another question. */
  aimExport(id: string, question: LogQuestion): Promise<LogJob>;
  startExport(id: string): Promise<void>;
  /** The lines of the file of a finished export, as they arrive. The signed link is fetched without a key, and shown to nobody. */
  readExportLines(id: string): AsyncIterable<string>;
  /** One call. Where a gateway has an address of its own, it is asked. */
  readLog(id: string): Promise<Readonly<Record<string, unknown>>>;
  /** With the key of a workspace where there is one. */
  sendFeedback(body: FeedbackBody): Promise<{ readonly ids: readonly string[] }>;
}

/** A model that a workspace can call. */
export interface OfferedModel {
  /** Slug of the provider in its workspace. */
  readonly provider: string;
  readonly model: string;
}
