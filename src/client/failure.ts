import { createBlanker, createValueBlanker } from '../blank-secrets.ts';
import { parseBoundedJson } from '../bounded-json.ts';
import { ServiceError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One call of the control plane. */
export interface ApiRequest {
  readonly method: Method;
  /** Below the base URL, starting with a slash; segments already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>> | undefined;
  readonly body?: unknown;
  /** Of a PUT: its answer says something. Default: it is not read. */
  readonly isAnswerWanted?: boolean;
  /** The scope this endpoint asks of a key (docs/service-notes.md#keys-and-scopes), for the message when it is refused. */
  readonly scope?: string | undefined;
  /** Of another service than the control plane: what a status means there, which no scope of ours explains. */
  readonly reasons?: Readonly<Record<number, string>> | undefined;
}

/** What one try came to. A failure is a value, so that the retry rules need not catch and guess. */
export type Attempt =
  | {
      readonly ok: true;
      readonly body: unknown;
      /** HTTP status. */
      readonly status?: number;
      /** The `X-Next-Page` header of a service that has one; missing: this is the last page. */
      readonly nextPage?: string;
    }
  | {
      readonly ok: false;
      readonly error: ServiceError;
      /** Worth another try: no answer, 429, or 5xx but 501 (docs/service-notes.md#retries). */
      readonly transient: boolean;
      /** The `Retry-After` header as sent. */
      readonly retryAfter: string | undefined;
    };

/** Writes a text without the secrets in it, without control characters, and short enough for a line. */
export type CleanText = (text: string) => string;

/** Longest text of the service that is repeated in a message, in characters. */
const detailLength = 300;

/** What is looked at of it. */
const readLength = 10_000;

export function createCleaner(...secrets: readonly string[]): CleanText {
  const blankPlain = createBlanker(...secrets);
  const blankValue = createValueBlanker(...secrets);
  const blank = (text: string): string => String(blankValue(blankPlain(text)));
  return (text) => {
    // Cut only once nothing is left in it of which half must not be seen.
    const printable = escapeInvisible(blank(text).slice(0, readLength).replace(/\s+/g, ' '));
    return printable.length > detailLength ? `${printable.slice(0, detailLength - 1)}…` : printable;
  };
}

/** Path and query as sent. */
export function renderPath(request: ApiRequest): string {
  const query = Object.entries(request.query ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return query === '' ? request.path : `${request.path}?${query}`;
}

/** An answer that is not 2xx. */
export function buildRefusal(
  request: ApiRequest,
  status: number,
  body: { readonly text: string; readonly contentType: string; readonly location: string | undefined },
  clean: CleanText,
  baseUrl: string | null,
): ServiceError {
  const said = parseErrorBody(body.text, body.contentType);
  const redirected = status >= 300 && status < 400;
  const message = redirected ? `redirects to ${body.location ?? 'elsewhere'}, which is not followed` : said.message;
  const detail = message === undefined || message === '' ? undefined : clean(message);
  const code = said.code === undefined ? undefined : clean(said.code);
  const path = clean(renderPath(request));
  const answered = `${request.method} ${path} answered ${status}${code === undefined ? '' : ` ${code}`}`;
  const parts = [detail === undefined ? answered : `${answered}: ${detail}`, explainStatus(request, status, baseUrl)];
  return new ServiceError(parts.filter((part) => part !== undefined).join(' — '), {
    status,
    method: request.method,
    path,
    code,
    detail,
    maybeApplied: request.method !== 'GET' && status >= 500 && status !== 501,
  });
}

/** No usable answer: the connection failed, or a 2xx body could not be read. */
export function buildBrokenAnswer(
  request: ApiRequest,
  problem: string,
  facts: { readonly status?: number; readonly maybeApplied: boolean },
  clean: CleanText,
  cause?: unknown,
): ServiceError {
  const path = clean(renderPath(request));
  const detail = clean(problem);
  return new ServiceError(
    `${request.method} ${path}: ${detail}`,
    {
      status: facts.status,
      method: request.method,
      path,
      detail,
      maybeApplied: facts.maybeApplied && request.method !== 'GET',
    },
    cause === undefined ? {} : { cause },
  );
}

/**
 * 401 and 403 have several causes that the answer does not tell apart (docs/service-notes.md#keys-and-scopes,
 * docs/service-notes.md#errors).
 */
function explainStatus(request: ApiRequest, status: number, baseUrl: string | null): string | undefined {
  if (request.reasons !== undefined) return request.reasons[status];
  const needs = request.scope === undefined ? 'a scope it needs here' : `the scope ${request.scope}`;
  if (status === 401) return `the key is invalid or revoked, or it lacks ${needs}`;
  if (status === 402) return 'the subscription is exhausted';
  if (status === 403) {
    return (
      `the key lacks ${needs}, or is not an organisation admin key, or the plan of the account has this feature switched ` +
      'off, or the object is gone or belongs to somebody else'
    );
  }
  // With its prefix an address answers 404 for a single object that is gone; without it, for everything.
  if (status === 404 && baseUrl !== null && !/\/v\d+$/.test(baseUrl)) {
    return `the base URL is ${baseUrl}, without the path prefix of the API: is it ${baseUrl}/v1? Set PORTKEY_BASE_URL`;
  }
  return undefined;
}

/**
 * Code and message out of any error body seen (docs/service-notes.md#errors):
 *
 * | body | from |
 * |---|---|
 * | `{errorCode, message, error_details: {param, location}}` | most endpoints |
 * | `{success: false, data: {message, errorCode}}` | virtual keys |
 * | `{status_code, success, error: {message, slug, code, type}}` | gateway side |
 * | `{error: "text"}` | pricing |
 * | HTML, plain text or nothing | proxies |
 */
export function parseErrorBody(
  text: string,
  contentType: string,
): { code: string | undefined; message: string | undefined } {
  // No refusal seen is longer than a page; a longer one is text like any other.
  const body = text.length > 100_000 ? undefined : parseJson(text);
  if (body === undefined) {
    const isHtml = /html/i.test(contentType) || /^\s*<(?:!doctype|html|head|body)/i.test(text);
    const plain = text.trim();
    return {
      code: undefined,
      message: isHtml ? 'an HTML page, not an answer of the API' : plain === '' ? undefined : plain,
    };
  }
  if (typeof body === 'string') return { code: undefined, message: body };
  const outer = asObject(body);
  const levels = [outer, asObject(outer.error), asObject(outer.data)];
  const code = findText(levels, ['errorCode', 'error_code', 'code', 'slug']);
  const message = findText(levels, ['message', 'error', 'error_message', 'msg']);
  const details = asObject(outer.error_details);
  const place = [details.param, details.location]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' in ');
  return { code, message: message !== undefined && place !== '' ? `${message} (${place})` : message };
}

function findText(levels: readonly Record<string, unknown>[], names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const level of levels) {
      const value = level[name];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return undefined;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}
