/** Price files from an address: public, so that no key is sent. */

import { CancelledError, ServiceError } from '../errors.ts';
import type { ConnectionOptions } from './request.ts';
import { openConnection } from './request.ts';
import { createCall, type RetryOptions } from './retry.ts';

/** Bytes of one file; the largest known has half a million. */
export const largestPriceFile = 8 * 1024 * 1024;

export type PriceAnswer =
  | { readonly status: 'read'; readonly body: unknown }
  /** 404: this provider has no file there. */
  | { readonly status: 'missing' }
  | { readonly status: 'failed'; readonly why: string };

export interface PriceFiles {
  /** @param provider part of a path as it is: letters, digits, dots, dashes */
  read(provider: string): Promise<PriceAnswer>;
  close(): Promise<void>;
}

export interface PriceFilesOptions
  extends Pick<
    ConnectionOptions,
    'baseUrl' | 'userAgent' | 'signal' | 'proxies' | 'timeouts' | 'maxBodyBytes' | 'mayConnect'
  > {
  readonly timing: RetryOptions['timing'];
  /** Requests sent for one file at most; default 3. */
  readonly tries?: number | undefined;
}

/** `baseUrl` without the name of a file; `read` rejects with CancelledError only. */
export function openPriceFiles(options: PriceFilesOptions): PriceFiles {
  // The address may come from a pull request: what an internal page says, where it redirects to or whose certificate it shows
  // is not for the author.
  const connection = openConnection({ maxBodyBytes: largestPriceFile, ...options, apiKey: null, isStranger: true });
  // Fewer tries than for the control plane: an estimate can be made again, and a plan does not wait for prices.
  const call = createCall(connection.attempt, {
    timing: options.timing,
    signal: options.signal,
    tries: options.tries ?? 3,
  });
  return {
    async read(provider) {
      try {
        return { status: 'read', body: await call({ method: 'GET', path: `/${provider}.json` }) };
      } catch (error) {
        if (error instanceof CancelledError || !(error instanceof ServiceError)) throw error;
        if (error.status === 404) return { status: 'missing' };
        return { status: 'failed', why: describe(error) };
      }
    },
    close: () => connection.close(),
  };
}

/** Not the message: that explains 401 and 403 by a key, and none was sent. */
function describe({ status, detail, path }: ServiceError): string {
  const refused = status !== undefined && (status < 200 || status >= 300);
  if (refused) return `${path} answered ${status}`;
  return detail === undefined ? path : `${path}: ${detail}`;
}
