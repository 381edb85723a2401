import pLimit from 'p-limit';
import { CancelledError, ClaimLostError, ServiceError } from '../errors.ts';
import type { ApiRequest, Attempt } from './failure.ts';

/** Clock, dice and alarm as ports, so that tests never wait. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  /** Rejects with CancelledError when the signal fires. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

export interface RetryOptions {
  readonly timing: Timing;
  readonly signal?: AbortSignal | undefined;
  /** Requests under way at most, over all callers; default 4 (docs/service-notes.md#retries). */
  readonly concurrency?: number | undefined;
  /** Requests sent for one call at most; default 5. */
  readonly tries?: number | undefined;
  /** Asked right before a writing request leaves, each repetition too; rejects with ClaimLostError: it does not leave. */
  readonly mayWrite?: (() => Promise<void>) | undefined;
}

/** What the rules ask of a request. */
export interface Repeated extends Pick<ApiRequest, 'method'> {
  /** Of a POST: whoever gets it twice knows it by an id that is sent along. Default: it does something each time. */
  readonly isKnownAgain?: boolean;
}

/** Resolves with the parsed body; undefined for PUT and DELETE. */
export type Call<T extends Repeated = ApiRequest> = (request: T) => Promise<unknown>;

/** Milliseconds. */
const firstDelay = 500;
const longestDelay = 8_000;
const longestRetryAfter = 60_000;

/**
 * Wraps a single try with the rules that docs/service-notes.md#retries leads to:
 *
 * | | GET, PUT, DELETE | POST |
 * |---|---|---|
 * | connection refused, unknown host | again | again |
 * | 429 | again, all callers pause | again, all callers pause |
 * | connection cut, time-out, 5xx but 501 | again | never: it may have been applied, and there is no idempotency key |
 * | any other answer | never | never |
 */
export function createCall<T extends Repeated = ApiRequest>(
  attempt: (request: T) => Promise<Attempt>,
  options: RetryOptions,
): Call<T> {
  const { timing, signal } = options;
  const tries = options.tries ?? 5;
  const limit = pLimit(options.concurrency ?? 4);
  /** One 429 speaks for the key, not for the request: nobody sends before this moment. */
  let pausedUntil = 0;

  async function tryOnce(request: T, tried: number): Promise<{ result: Attempt; delay: number }> {
    for (let wait = pausedUntil - timing.now(); wait > 0; wait = pausedUntil - timing.now()) {
      await timing.sleep(wait, signal);
    }
    if (signal?.aborted) throw new CancelledError('cancelled');
    if (request.method !== 'GET') await options.mayWrite?.();
    const result = await attempt(request);
    if (result.ok) return { result, delay: 0 };
    const delay = Math.max(
      parseRetryAfter(result.retryAfter, timing.now()) ?? 0,
      Math.min(firstDelay * 2 ** (tried - 1), longestDelay) * (0.5 + timing.random() / 2),
    );
    // Before the slot goes to the next caller, who would else be sent into the same wall.
    if (result.error.status === 429) pausedUntil = Math.max(pausedUntil, timing.now() + delay);
    return { result, delay };
  }

  return async (request) => {
    let maybeApplied = false;
    let failure: ServiceError | undefined;
    for (let tried = 1; ; tried++) {
      const { result, delay } = await limit(tryOnce, request, tried).catch((error: unknown) => {
        // What an earlier try came to is all there is to say: it may have had an effect.
        throw error instanceof ClaimLostError && failure !== undefined ? withDoubt(failure, maybeApplied) : error;
      });
      if (result.ok) return result.body;
      failure = result.error;
      maybeApplied ||= failure.maybeApplied;
      const isDoubled = request.method === 'POST' && result.error.maybeApplied && request.isKnownAgain !== true;
      const again = result.transient && !signal?.aborted && !isDoubled;
      if (!again || tried >= tries) throw withDoubt(result.error, maybeApplied);
      // After a 429 the shared pause is the wait.
      if (result.error.status !== 429) await timing.sleep(delay, signal);
    }
  };
}

/** A refusal after a try that may have worked says nothing about that try: a DELETE cut off and then answered 403, say. */
function withDoubt(error: ServiceError, maybeApplied: boolean): ServiceError {
  return error.maybeApplied === maybeApplied
    ? error
    : new ServiceError(error.message, { ...error, maybeApplied }, error);
}

/** Milliseconds to wait: the header holds seconds or an HTTP date. Capped at a minute. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const seconds = Number(text);
  const wait = Number.isNaN(seconds) ? Date.parse(text) - now : seconds * 1000;
  return Number.isNaN(wait) || wait < 0 ? undefined : Math.min(wait, longestRetryAfter);
}
