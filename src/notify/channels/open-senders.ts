/** Channels as they are configured → what sends on each of them. */

import type { Channel, Sender } from '../message.ts';
import type { SenderPorts } from './delivery.ts';
import { createGitHubSender } from './github.ts';
import { withPatience } from './patience.ts';
import { openPoster, type Poster } from './post.ts';
import { createMailSender } from './smtp.ts';
import { createWebhookSender } from './webhooks.ts';

export interface OpenSenders {
  /** In the order of the channels; opened is nothing until something is sent. */
  readonly senders: readonly Sender[];
  close(): Promise<void>;
}

export function openSenders(channels: readonly Channel[], ports: SenderPorts): OpenSenders {
  const poster = openPoster(ports);
  return {
    senders: channels.map((channel) => withPatience(createSender(channel, ports, poster))),
    close: () => poster.close(),
  };
}

function createSender(channel: Channel, ports: SenderPorts, poster: Poster): Sender {
  switch (channel.type) {
    case 'mail':
      return createMailSender(channel, ports);
    case 'slack':
    case 'teams':
    case 'webhook':
      return createWebhookSender(channel, ports, poster);
    case 'github':
      return createGitHubSender(channel, ports);
  }
}
