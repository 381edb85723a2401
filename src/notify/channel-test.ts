/** `notify --test CHANNEL`: whether a channel in force arrives. Nothing of it is remembered. */

import { UserError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { type AlertSettings, organisationPlace, routeOf } from '../resources/alert-settings.ts';
import { hashOf } from './memory.ts';
import type { Message, Sender } from './message.ts';
import type { Told } from './tell.ts';

/** @throws UserError for a channel that is not in force, and for mail without anybody to send it to */
export async function channelTest(
  name: string,
  alerts: AlertSettings,
  senders: ReadonlyMap<string, Pick<Sender, 'send'>>,
  environment: string,
  now: number,
): Promise<Told> {
  const known = Object.keys(alerts.channels);
  const sender = senders.get(name);
  if (sender === undefined) {
    const near = nearestName(name, known);
    const hint = near === undefined ? `In force are: ${known.join(', ') || 'none'}.` : `Did you mean ${near}?`;
    throw new UserError(`--test ${name}: no channel of that name is in force`, { hint });
  }
  const { recipients } = routeOf(alerts, [organisationPlace]);
  if (alerts.channels[name]?.type === 'mail' && recipients.length === 0) {
    throw new UserError(`--test ${name}: there is nobody to send mail to`, {
      hint: 'A test goes to the recipients of the organisation: write `alerts: {recipients: […]}` in org.yaml and apply it.',
    });
  }
  const message: Message = {
    id: hashOf([environment, name, now]),
    kind: 'test',
    title: `This is a test of the channel ${name}`,
    facts: [
      { label: 'Environment', value: environment },
      { label: 'Channel', value: name },
    ],
    paragraphs: ['Somebody ran `tollgate notify --test`. Nothing happened, and nothing has to be done.'],
    link: null,
    at: now,
    data: { environment, channel: name },
  };
  return { message, channel: name, recipients, delivery: await sender.send(message, recipients) };
}
