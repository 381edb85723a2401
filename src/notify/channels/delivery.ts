/** What becomes of a message, as values; and what every channel needs to send one. */

import { createValueBlanker, secretsOf } from '../../blank-secrets.ts';
import { type CleanText, createCleaner } from '../../client/failure.ts';
import type { Timing } from '../../client/retry.ts';
import type { GitHub } from '../../github/port.ts';
import type { Proxies } from '../../proxies.ts';
import { channelVariablePrefix } from '../../resources/alert-settings.ts';
import type { ChannelProbe, Delivery, RefusedRecipient, SecretName } from '../message.ts';

export const delivered: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };

/** Nobody has it, as far as is known. */
export function undelivered(
  why: string,
  { retry, mayHaveArrived = false }: { readonly retry: boolean; readonly mayHaveArrived?: boolean },
  refused: readonly RefusedRecipient[] = [],
): Delivery {
  return { sent: false, refused, why, retry, mayHaveArrived };
}

/** What the other side answered is our fault: the same is refused again until somebody changes a setting. */
export function isForGood(status: number | undefined): boolean {
  return status !== undefined && status < 500 && status !== 408 && status !== 429;
}

export interface SenderPorts {
  /** Where secrets stand; read when something is sent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Further secrets of the run, which no channel reads and none may send: a name may hold one that somebody pasted. */
  readonly secrets?: readonly string[] | undefined;
  readonly timing: Timing;
  readonly signal?: AbortSignal | undefined;
  /** Loopback hosts are never reached through one; mail never is. */
  readonly proxies?: Proxies | undefined;
  /** Default `tollgate`. */
  readonly userAgent?: string | undefined;
  /** Of the repository that the run belongs to, with the token in that variable; null: the run has none, or no token for it. */
  readonly openGitHub?: ((tokenVariable: string) => Promise<GitHub | null>) | undefined;
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

/** Variables that may be read for a channel: a setting can name no other, an admin key's least of all. */
const secretNames = new RegExp(`^${channelVariablePrefix}[A-Z0-9_]+$`);

/** Why a channel cannot be tried or used as it is set up. */
export interface NoWay {
  /** The end of a sentence, without the value of anything secret. */
  readonly why: string;
  /** A variable is not set here: it may be where the run is that tells. */
  readonly isMissing?: boolean;
}

export function readSecret(env: SenderPorts['env'], name: SecretName): { readonly value: string } | NoWay {
  if (!secretNames.test(name)) {
    return {
      why: `${JSON.stringify(name)} is not a variable that a channel may read: its name has to begin with ${channelVariablePrefix}`,
    };
  }
  const value = env[name]?.trim() ?? '';
  if (value !== '') return { value };
  return { why: `${name} is not set: give it to the job that tells, as a secret`, isMissing: true };
}

/** Of a channel that cannot even be tried. */
export function untriedProbe({ why, isMissing }: NoWay): ChannelProbe {
  return { state: isMissing === true ? 'not-tried' : 'broken', detail: why, untried: null };
}

/** Takes the secrets of this run out of what leaves, and out of what is said about it. */
export interface Blankers {
  readonly value: (value: unknown) => unknown;
  readonly clean: CleanText;
}

/** @param more parts of secrets that are secret alone, such as the path of an address */
export function createBlankers(
  { env, secrets: others = [] }: Pick<SenderPorts, 'env' | 'secrets'>,
  more: readonly string[] = [],
): Blankers {
  const secrets = [...secretsOf(env), ...others, ...more];
  return { value: createValueBlanker(...secrets), clean: createCleaner(...secrets) };
}
