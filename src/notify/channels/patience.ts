/** A channel that nobody answers on is not asked for each of a thousand messages. */

import type { Delivery, Sender } from '../message.ts';
import { undelivered } from './delivery.ts';

/** Messages in a row that found nobody, until the rest of the run goes without that channel. */
const most = 3;

/** Only who can be reached and says no for now, or cannot be reached at all, is counted: a refused message says nothing of the next. */
export function withPatience(sender: Sender): Sender {
  let vain = 0;
  let last = '';
  return {
    ...sender,
    async send(message, to) {
      if (vain >= most) {
        const why = `not tried, as the last ${most} messages found nobody: ${last}`;
        return undelivered(why, { retry: true });
      }
      const delivery = await sender.send(message, to);
      vain = isVain(delivery) ? vain + 1 : 0;
      last = delivery.why ?? '';
      return delivery;
    },
  };
}

function isVain({ sent, refused, retry }: Delivery): boolean {
  return !sent && retry && refused.length === 0;
}
