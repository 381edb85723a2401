/** Why a tool gives no answer: a code that programs decide by, and what to do. */

import { CancelledError, refusedByDisk, ServiceError, UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';

export const errorCodes = [
  'invalid_input',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'rate_limited',
  'plan_limit',
  'server',
  'network',
  'unavailable',
  'too_large',
  'blocked_by_rule',
  'cancelled',
  'internal',
] as const;
export type ToolErrorCode = (typeof errorCodes)[number];

export interface ToolError {
  readonly code: ToolErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What the service refused or did not answer, whoever says so. */
const ofService: ReadonlySet<ToolErrorCode> = new Set<ToolErrorCode>([
  'unauthorized',
  'forbidden',
  'plan_limit',
  'server',
  'network',
  'unavailable',
]);

/** The user's kind of failure, with a code. */
export class ToolRefusal extends UserError {
  readonly code: ToolErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ToolErrorCode,
    message: string,
    options: { readonly hint?: string; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, {
      exit: ofService.has(code) ? 'unreachable' : 'invalid',
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Of anything that is thrown. What is ours is said without its stack: that is for the log of whoever runs the tool. */
export function describeToolError(thrown: unknown): ToolError {
  const error = refusedByDisk(thrown) ?? thrown;
  if (error instanceof ToolRefusal) {
    return { code: error.code, message: oneLine(error.message), hint: hintOf(error), details: error.details };
  }
  if (error instanceof UserError) {
    const code = error.exit === 'unreachable' ? 'unavailable' : 'invalid_input';
    return { code, message: oneLine(error.message), hint: hintOf(error), details: {} };
  }
  if (error instanceof ServiceError) return describeServiceError(error);
  if (error instanceof CancelledError) {
    return { code: 'cancelled', message: 'the call was cancelled', hint: null, details: {} };
  }
  return {
    code: 'internal',
    message: 'a fault in tollgate: the answer could not be made',
    hint: 'Its log says more; please report it.',
    details: {},
  };
}

function hintOf({ hint }: UserError): string | null {
  return hint === undefined ? null : oneLine(hint);
}

function oneLine(text: string): string {
  return text.split('\n').map(escapeInvisible).join(' ');
}

/**
 * | status | code |
 * |---|---|
 * | none | `network` |
 * | 401 | `unauthorized` |
 * | 402 | `plan_limit` |
 * | 403 | `forbidden`: key kind, scope or plan |
 * | 404 | `not_found` |
 * | 405, 501 | `unavailable` |
 * | 409 | `conflict` |
 * | 429 | `rate_limited` |
 * | other 4xx | `invalid_input`: the service says what is wrong with it |
 * | 5xx, or nonsense | `server` |
 */
function describeServiceError({ message, status, code, method, path }: ServiceError): ToolError {
  // The query may hold anything.
  const where = { method, path: path.split('?')[0] ?? '' };
  const details = { status: status ?? null, service_code: code ?? null, ...where };
  if (status === 403) {
    return {
      code: 'forbidden',
      message: oneLine(message),
      hint: 'Other tools may work all the same; `tollgate doctor` says which.',
      details: { ...details, cause: 'plan_or_scope' },
    };
  }
  return { code: codeOfStatus(status), message: oneLine(message), hint: null, details };
}

function codeOfStatus(status: number | undefined): ToolErrorCode {
  switch (status) {
    case undefined:
      return 'network';
    case 401:
      return 'unauthorized';
    case 402:
      return 'plan_limit';
    case 404:
      return 'not_found';
    case 405:
    case 501:
      return 'unavailable';
    case 409:
      return 'conflict';
    case 429:
      return 'rate_limited';
    default:
      return status >= 400 && status < 500 ? 'invalid_input' : 'server';
  }
}
