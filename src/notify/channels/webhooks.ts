/** Slack, Teams and signed webhooks: a body for each, and one way to send it. */

import { createCall } from '../../client/retry.ts';
import { ServiceError } from '../../errors.ts';
import type { ChannelProbe, Delivery, Sender, SlackChannel, TeamsChannel, WebhookChannel } from '../message.ts';
import { checkWebhookUrl } from './check-channel.ts';
import {
  createBlankers,
  delivered,
  isForGood,
  type NoWay,
  readSecret,
  type SenderPorts,
  undelivered,
  untriedProbe,
} from './delivery.ts';
import type { Poster } from './post.ts';
import { type Shown, showMessage, writeWithin } from './shown.ts';
import { parseSigningKeys, signPayload, writePayload } from './write-payload.ts';
import { writeSlack } from './write-slack.ts';
import { writeTeams } from './write-teams.ts';

/** Tries of one message; a run tells again later. */
const tries = 3;

/** Bytes: Teams refuses 28 KB, Slack by number and length of blocks. */
const largestBody = { teams: 25_000, slack: 100_000, webhook: 256_000 } as const;

type Way = SlackChannel | TeamsChannel | WebhookChannel;

/** What is known of the other side once the variables are read. */
interface Target {
  readonly url: URL;
  /** Of one try: `now` in milliseconds since the epoch. */
  readonly headersAt: (now: number, body: string, id: string) => Record<string, string>;
  /** Secret parts of the address. */
  readonly secrets: readonly string[];
}

/** A target, or why there is none: the end of the sentence that begins with the channel. */
type Aim = Target | NoWay;

export function createWebhookSender(channel: Way, ports: SenderPorts, poster: Poster): Sender {
  const isKnownAgain = channel.type === 'webhook';
  const call = createCall<Post>(
    ({ target, body, id, clean }) => {
      const headers = { 'content-type': 'application/json', ...target.headersAt(ports.timing.now(), body, id) };
      return poster.post(target.url, { headers, body }, clean);
    },
    { timing: ports.timing, signal: ports.signal, tries, concurrency: 2 },
  );

  return {
    channel,
    knowsDoubles: isKnownAgain,
    async send(message, to) {
      const target = aim(channel, ports.env);
      if ('why' in target) return undelivered(target.why, { retry: false });
      const { value: blank, clean } = createBlankers(ports, target.secrets);
      const body = writeBody(channel, showMessage(message, blank), to);
      try {
        await call({ method: 'POST', isKnownAgain, target, body, id: message.id, clean });
        return delivered;
      } catch (error) {
        if (error instanceof ServiceError) return judge(error);
        throw error;
      }
    },
    async probe() {
      const target = aim(channel, ports.env);
      if ('why' in target) return untriedProbe(target);
      const { clean } = createBlankers(ports, target.secrets);
      const answer = await poster.reach(target.url, clean);
      return answer.ok ? found(channel, target) : { state: 'broken', detail: answer.error.message, untried: null };
    },
  };
}

interface Post {
  readonly method: 'POST';
  readonly isKnownAgain: boolean;
  readonly target: Target;
  readonly body: string;
  readonly id: string;
  readonly clean: (text: string) => string;
}

function writeBody(channel: Way, shown: Shown, to: readonly string[]): string {
  switch (channel.type) {
    case 'slack':
      return writeWithin(shown, largestBody.slack, writeSlack);
    case 'teams':
      return writeWithin(shown, largestBody.teams, writeTeams);
    case 'webhook':
      return writeWithin(shown, largestBody.webhook, (rest) => writePayload(rest, to));
  }
}

/** Nothing of a secret in it: an address that lets anybody post is named by its variable. */
function aim(channel: Way, env: SenderPorts['env']): Aim {
  const secret = readSecret(env, channel.type === 'webhook' ? channel.secret : channel.url);
  if ('why' in secret) return secret;
  if (channel.type === 'webhook') {
    const address = checkWebhookUrl(channel.url);
    if ('why' in address) return { why: `the address of the webhook ${address.why}` };
    const keys = parseSigningKeys(secret.value);
    if (typeof keys === 'string')
      return { why: `${channel.secret} ${keys}: make one with \`openssl rand -base64 32\`` };
    const headersAt = (now: number, body: string, id: string): Record<string, string> =>
      signPayload(body, id, now, keys);
    // Each of several keys, too.
    return { url: address.url, headersAt, secrets: secret.value.split(/\s+/) };
  }
  const address = checkWebhookUrl(secret.value);
  if ('why' in address) return { why: `the address in ${channel.url} ${address.why}` };
  if (address.url.host !== channel.host) {
    return { why: `the address in ${channel.url} is not on ${channel.host}, the host of this channel` };
  }
  const { pathname, search } = address.url;
  // A path of few letters is not what keeps others out.
  const secrets = [pathname + search, pathname, search].filter((part) => part.length >= 8);
  return { url: address.url, headersAt: () => ({}), secrets };
}

function judge(error: ServiceError): Delivery {
  const advice = adviceFor(error.status);
  return undelivered(advice === null ? error.message : `${error.message}; ${advice}`, {
    retry: !isForGood(error.status),
    mayHaveArrived: error.maybeApplied && isAnswerLost(error.status),
  });
}

/** A server that says 500 or 503 has refused; a gateway that waited in vain for one behind it knows nothing. */
function isAnswerLost(status: number | undefined): boolean {
  return status === undefined || status === 502 || status === 504;
}

function adviceFor(status: number | undefined): string | null {
  if (status === undefined) return null;
  if (status >= 300 && status < 400) return 'write the address that it leads to';
  if (status === 401 || status === 403) return 'it does not take posts from here: look at its address and secret';
  if (status === 404 || status === 410) return 'there is nobody at this address any more: make a new webhook';
  return null;
}

function found(channel: Way, { url }: Target): ChannelProbe {
  const detail = `${url.host} answers${url.protocol === 'https:' ? ', with a certificate that is trusted' : ''}`;
  return {
    state: 'works',
    detail,
    untried: `whether the address takes a message: \`tollgate notify --test ${channel.name}\` sends one`,
  };
}
