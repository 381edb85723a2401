/** Why a connection came to nothing: what undici and Node call it, and what that means for the request. */

/** Of a connection that was not made, as `mayConnect` refused its address. */
export const refusedAddress = 'ERR_ADDRESS_REFUSED';

/** Several addresses tried: node gives one AggregateError; a proxy's failure is a cause. */
export function faultCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return faultCodeOf(cause ?? errors?.[0]);
}

const connectCodes: ReadonlySet<string> = new Set([
  refusedAddress,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const certificateCodes: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const permanentCodes: ReadonlySet<string> = new Set([
  ...certificateCodes,
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_INVALID_ARG',
  refusedAddress,
]);

/** True when no byte of the request can have left: name lookup, connecting, or the certificate failed. */
export function isBeforeSending(code: string | undefined, error: unknown): boolean {
  if (code === undefined) return false;
  const { syscall } = error as { syscall?: unknown };
  return (
    connectCodes.has(code) || certificateCodes.has(code) || code === 'UND_ERR_INVALID_ARG' || syscall === 'connect'
  );
}

/** The same comes of it each time. */
export function isPermanentFault(code: string | undefined): boolean {
  return code !== undefined && permanentCodes.has(code);
}

/** In words for people. */
export function describeFault(code: string | undefined, error: unknown): string {
  switch (code) {
    case refusedAddress:
      return 'its address is not a public one';
    case 'ENOTFOUND':
      return 'there is no host of that name';
    case 'EAI_AGAIN':
      return 'the name lookup failed';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'no connection in time';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'no answer in time';
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return 'the answer is too large';
    case 'UND_ERR_ABORTED':
      return 'the proxy refused the connection';
    default: {
      const text = error instanceof Error ? error.message : String(error);
      const advice = certificateCodes.has(code ?? '') ? '; a CA of your own goes into NODE_EXTRA_CA_CERTS' : '';
      return `${code === undefined ? '' : `${code}: `}${text}${advice}`;
    }
  }
}
