/** What becomes of a message, as values; and what every channel needs to send one. */

import { createValueBlanker, secretsOf } from '../../blank-secrets.ts';
import { type CleanText, createCleaner } from '../../client/failure.ts';
import type { Timing } from '../../client/retry.ts';
import type { GitHub } from '../../github/port.ts';
import type { Proxies } from '../../proxies.ts';
import type { Delivery, RefusedRecipient, SecretName } from '../message.ts';

export const delivered: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };

/** Nobody has it, as far as is known. */
export function undelivered(
  why: string,
  { retry, mayHaveArrived = false }: { readonly retry: boolean; readonly mayHaveArrived?: boolean },
  refused: readonly RefusedRecipient[] = [],
): Delivery {
  return { sent: false, refused, why, retry, mayHaveArrived };
}

export interface SenderPorts {
  /** Where secrets stand; read when something is sent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timing: Timing;
  readonly signal?: AbortSignal | undefined;
  /** Loopback hosts are never reached through one; mail never is. */
  readonly proxies?: Proxies | undefined;
  /** Default `tollgate`. */
  readonly userAgent?: string | undefined;
  /** Of the repository that the run belongs to; null: the run has none, or no token for it. Called once. */
  readonly openGitHub?: (() => Promise<GitHub | null>) | undefined;
  readonly timeouts?: Partial<ChannelTimeouts> | undefined;
  /** Certificates (PEM) that are trusted beside those of Node; for tests. */
  readonly authorities?: string | undefined;
}

/** Milliseconds. */
export interface ChannelTimeouts {
  /** To connect, its certificate included. Default 10,000. */
  readonly connect: number;
  /** Without a byte from the other side. Default 20,000. */
  readonly silence: number;
  /** One try, all in all. Default 60,000. */
  readonly total: number;
}

export const channelTimeouts: ChannelTimeouts = { connect: 10_000, silence: 20_000, total: 60_000 };

/** Names of variables that may be read for a channel: a setting can name no other, an admin key's least of all. */
export const secretNames = /^TOLLGATE_NOTIFY_[A-Z0-9_]+$/;

/** Value, or why there is none, as the end of a sentence. */
export function readSecret(
  env: SenderPorts['env'],
  name: SecretName,
): { readonly value: string } | { readonly why: string } {
  if (!secretNames.test(name)) {
    return {
      why: `${JSON.stringify(name)} is not a variable that a channel may read: its name has to begin with TOLLGATE_NOTIFY_`,
    };
  }
  const value = env[name]?.trim() ?? '';
  return value === '' ? { why: `${name} is not set: give it to the job that tells, as a secret` } : { value };
}

/** Takes the secrets of this run out of what leaves, and out of what is said about it. */
export interface Blankers {
  readonly value: (value: unknown) => unknown;
  readonly clean: CleanText;
}

/** @param more parts of secrets that are secret alone, such as the path of an address */
export function createBlankers(env: SenderPorts['env'], more: readonly string[] = []): Blankers {
  const secrets = [...secretsOf(env), ...more];
  return { value: createValueBlanker(...secrets), clean: createCleaner(...secrets) };
}
