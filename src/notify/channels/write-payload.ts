/** What a webhook gets, and how it is signed: both as Standard Webhooks has them (docs/notify.md), for which others have libraries. */

import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { digestOf } from '../../plan/digest.ts';
import { bytesOf } from '../../render/fit-sections.ts';
import { messageKinds } from '../message.ts';
import { factsOf, type Shown } from './shown.ts';

/** Of the payload: a member that is added leaves it as it is. */
const payloadVersion = 1;

/** Bytes of `details`; what is more is left out, and said to be. */
const largestDetails = 128 * 1024;

const payloadSchema = z
  .object({
    type: z
      .enum(messageKinds.map((kind) => `tollgate.${kind}` as const))
      .describe('What happened: `tollgate.` and the kind of the telling.'),
    timestamp: z.iso.datetime().describe('As of when it is so, UTC. When it was sent stands in the header.'),
    data: z
      .object({
        version: z.literal(payloadVersion).describe('Of this form; a member that is added does not change it.'),
        id: z.string().describe('The same for the same telling, however often it is sent; `webhook-id` is made of it.'),
        title: z.string().describe('One line, at most 200 characters.'),
        facts: z
          .array(
            z.object({
              label: z.string().describe('At most 80 characters.'),
              value: z.string().describe('At most 400 characters.'),
            }),
          )
          .describe('For people, in their order.'),
        paragraphs: z.array(z.string()).describe('For people; what is to be typed stands between backticks.'),
        link: z.url().nullable().describe('Where to read on, https; null: nowhere.'),
        recipients: z.array(z.string()).describe('Addresses that the policy files name for it.'),
        details: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe('For programs, by `type`; null: it was larger than 128 KiB.'),
      })
      .describe('What is told.'),
  })
  .describe('A telling of tollgate, as webhooks get it.');

export function renderPayloadSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(payloadSchema);
  return `${JSON.stringify({ $schema, title: 'tollgate telling', ...schema }, null, 2)}\n`;
}

export function writePayload(shown: Shown, to: readonly string[]): string {
  const { id, kind, title, paragraphs, link, at, data } = shown;
  const details = bytesOf(JSON.stringify(data)) > largestDetails ? null : data;
  return JSON.stringify({
    type: `tollgate.${kind}`,
    timestamp: new Date(at).toISOString(),
    data: { version: payloadVersion, id, title, facts: factsOf(shown), paragraphs, link, recipients: to, details },
  });
}

/** Bytes of a key at least: what is shorter can be guessed. */
const shortestKey = 24;

/**
 * Keys to sign with: a secret is `whsec_` and base64, as the libraries want it, or any other text, whose bytes are the key. Several,
 * parted by blanks, sign side by side, so that a receiver can take the new one before the old one goes.
 *
 * @returns why it cannot be one, without its value
 */
export function parseSigningKeys(secret: string): readonly Buffer[] | string {
  const keys: Buffer[] = [];
  for (const word of secret.split(/\s+/).filter((part) => part !== '')) {
    const coded = /^whsec_(.*)$/.exec(word)?.[1];
    if (coded !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(coded))
      return 'begins with `whsec_`, and what follows is not base64';
    const key = coded === undefined ? Buffer.from(word) : Buffer.from(coded, 'base64');
    if (key.length < shortestKey) return `holds a key that is too short, ${key.length} of ${shortestKey} bytes`;
    keys.push(key);
  }
  return keys.length === 0 ? 'is empty' : keys;
}

/**
 * @param now milliseconds since the epoch: a receiver refuses what is old
 * @returns the headers `webhook-id`, `webhook-timestamp`, `webhook-signature`
 */
export function signPayload(body: string, id: string, now: number, keys: readonly Buffer[]): Record<string, string> {
  const messageId = `msg_${digestOf(id).slice(0, 32)}`;
  const timestamp = String(Math.floor(now / 1000));
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
