/** Refusals, in the body shapes that were seen of the service. */

export type ErrorCode = 'AB01' | 'AB02' | 'AB03' | 'AB04' | 'AB05' | 'AB06' | 'AB07' | 'AB08' | 'AB09';

/**
 * | shape | seen |
 * |---|---|
 * | `flat` | `{ errorCode, message, error_details? }`: admin routes |
 * | `success-data` | `{ success: false, data: { message, errorCode } }`: 401, virtual keys |
 * | `nested` | `{ status_code, success, error: { message, slug, code, type } }`: what another client parses |
 */
export type ErrorShape = 'flat' | 'success-data' | 'nested';

export interface ErrorDetails {
  readonly param: string;
  readonly location: 'body' | 'query' | 'params';
}

/** Thrown by routes, turned into an answer in one place (server.ts). */
export class EmulatorError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(status: number, code: ErrorCode, message: string, details?: ErrorDetails) {
    super(message);
    this.name = 'EmulatorError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** 400 AB01 about one member of what was sent. */
export function refuseField(
  param: string,
  problem = 'Invalid value',
  location: ErrorDetails['location'] = 'body',
): EmulatorError {
  return new EmulatorError(400, 'AB01', `Validation failed: ${param}: ${problem}`, { param, location });
}

/** 400 AB01, said in words of its own. */
export function refuseMember(param: string, message: string): EmulatorError {
  return new EmulatorError(400, 'AB01', message, { param, location: 'body' });
}

export const invalidRequest = 'Invalid request. Please check and try again.';

const slugs: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorised',
  402: 'subscription_exhausted',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limited',
};

export function buildErrorBody(error: EmulatorError, shape: ErrorShape): Record<string, unknown> {
  const { status, code, message, details } = error;
  switch (shape) {
    case 'flat':
      return details === undefined
        ? { errorCode: code, message }
        : { errorCode: code, message, error_details: details };
    case 'success-data':
      return { success: false, data: { message, errorCode: code } };
    case 'nested':
      return {
        status_code: status,
        success: false,
        error: { message, slug: slugs[status] ?? 'internal_error', code, type: 'api_error' },
      };
  }
}
