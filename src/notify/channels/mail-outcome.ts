/** What a mail server said, or did not say, and what that means for a message. */

import { describeFault } from '../../client/connection-faults.ts';
import type { CleanText } from '../../client/failure.ts';
import { listFew } from '../../render/list-few.ts';
import type { Delivery, RefusedRecipient } from '../message.ts';
import { type ChannelTimeouts, delivered, undelivered } from './delivery.ts';
import { isSameAddress } from './mail-address.ts';

/** The time for one message is over. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/** What nodemailer says of a failure. */
interface MailFault {
  /** Its own: `EAUTH`, `ETLS`, `ESOCKET` … */
  readonly code: string | null;
  /** Of Node, below that: `ECONNREFUSED`, `CERT_HAS_EXPIRED` … */
  readonly originalCode: string | null;
  /** Of the server: 250, 421, 550 … */
  readonly responseCode: number | null;
  readonly response: string | null;
  readonly message: string;
}

function readFault(error: unknown): MailFault {
  const { code, originalCode, responseCode, response, message } = Object(error) as Record<string, unknown>;
  return {
    code: typeof code === 'string' ? code : null,
    originalCode: typeof originalCode === 'string' ? originalCode : null,
    responseCode: typeof responseCode === 'number' ? responseCode : null,
    response: typeof response === 'string' ? response : null,
    message: typeof message === 'string' ? message : String(error),
  };
}

/** Codes 4xx are for now (a full disk, a greylist), 5xx for good; 503 says that the session was out of step. */
function isForNow(responseCode: number): boolean {
  return responseCode < 500 || responseCode === 503;
}

/**
 * | | again? |
 * |---|---|
 * | the server answered 4xx | yes |
 * | it answered 5xx, also to the login | no |
 * | no encryption, a certificate that is not trusted, a message that is too large | no |
 * | no connection, cut off, no answer in time | yes |
 */
export function judgeMailError(error: unknown): { readonly retry: boolean; readonly isAnswered: boolean } {
  const { code, originalCode, responseCode } = readFault(error);
  if (responseCode !== null && code !== 'ETLS') return { retry: isForNow(responseCode), isAnswered: true };
  if (error instanceof LateError) return { retry: true, isAnswered: false };
  const isCertificate = /CERT|SIGNATURE|ISSUER/.test(originalCode ?? '');
  const isConnection = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'EABORT', 'EPROTOCOL'].includes(code ?? '');
  return { retry: isConnection && !isCertificate, isAnswered: false };
}

/** The end of a sentence that begins with the server. */
export function explainMailError(error: unknown, clean: CleanText, { total, silence }: ChannelTimeouts): string {
  const { code, originalCode, response, responseCode, message } = readFault(error);
  if (error instanceof LateError) return `not done within ${total / 1000} s`;
  switch (code) {
    case 'ETIMEDOUT':
      return `no answer within ${silence / 1000} s`;
    case 'ETLS':
      return originalCode === null
        ? 'it offers no encryption, without which nothing is sent: use its port for TLS (`tls`, usually 465)'
        : describeFault(originalCode, new Error(clean(message)));
    case 'EAUTH':
      return `it refuses the login${quoteResponse(response, clean)}; look at the user and the password of this channel`;
    case 'ENOAUTH':
      return 'it asks for a login: name the variables that hold user and password';
  }
  if (responseCode !== null) return `it refuses the message${quoteResponse(response, clean)}`;
  if (code === 'ECONNECTION' && originalCode === null) return 'the connection was cut';
  return describeFault(originalCode ?? undefined, new Error(clean(message)));
}

function quoteResponse(response: string | null, clean: CleanText): string {
  return response === null ? '' : ` (${shorten(clean(response))})`;
}

/** Characters of a server's answer that are repeated. */
const saidLength = 160;

function shorten(text: string): string {
  return text.length > saidLength ? `${text.slice(0, saidLength - 1)}…` : text;
}

/**
 * @param outcome of nodemailer, an error or a success: both name recipients that were refused
 * @param to as they were asked for: nodemailer names them as it sent them
 */
export function refusedOf(outcome: unknown, to: readonly string[], clean: CleanText): readonly RefusedRecipient[] {
  const { rejectedErrors } = Object(outcome) as Record<string, unknown>;
  if (!Array.isArray(rejectedErrors)) return [];
  return rejectedErrors.map((error: unknown) => {
    const { responseCode, response, message } = readFault(error);
    const { recipient } = Object(error) as Record<string, unknown>;
    return {
      recipient: to.find((address) => isSameAddress(address, String(recipient))) ?? String(recipient),
      why: shorten(clean(response ?? message)),
      retry: responseCode === null || isForNow(responseCode),
    };
  });
}

export interface SentEnvelope {
  readonly to: readonly string[];
  readonly delivery: Delivery;
}

/** Of several envelopes: somebody has it where one was taken, and then the others are recipients who were refused. */
export function joinMailDeliveries(
  parts: readonly SentEnvelope[],
  refusedBefore: readonly RefusedRecipient[],
  place: string,
): Delivery {
  const isSent = parts.some(({ delivery }) => delivery.sent);
  const refused = [...refusedBefore, ...parts.flatMap((part) => refusedIn(part, isSent))];
  const failures = isSent ? [] : parts.flatMap(({ delivery: { why } }) => (why === null || why === '' ? [] : [why]));
  const named = refused.map(({ recipient, why }) => `${recipient} (${why})`);
  const reasons = [
    ...new Set(failures),
    ...(named.length === 0 ? [] : [`${place} refuses ${listFew(named, mostNamed)}`]),
  ];
  const why = reasons.length === 0 ? null : reasons.join('; ');
  const retry = parts.some(({ delivery }) => delivery.retry) || refused.some((one) => one.retry);
  if (isSent) return { ...delivered, refused, why, retry };
  return undelivered(
    why ?? '',
    { retry, mayHaveArrived: parts.some(({ delivery }) => delivery.mayHaveArrived) },
    refused,
  );
}

/** Recipients that are named in a sentence. */
const mostNamed = 3;

function refusedIn({ to, delivery }: SentEnvelope, isOtherSent: boolean): readonly RefusedRecipient[] {
  const { sent, refused, why, retry, mayHaveArrived } = delivery;
  if (sent || refused.length > 0 || !isOtherSent) return refused;
  return to.map((recipient) => ({ recipient, why: why ?? '', retry, ...(mayHaveArrived ? { mayHaveArrived } : {}) }));
}
