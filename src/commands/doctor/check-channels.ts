/** Tries the channels in force without sending: connection, certificate, login. Nothing of it is an exit code. */

import { ServiceError, UserError } from '../../errors.ts';
import { readInForce } from '../../notify/look.ts';
import type { ChannelProbe, Sender } from '../../notify/message.ts';
import { openChannels } from '../../notify/open-channels.ts';
import type { CheckView } from '../../render/doctor.ts';
import type { AlertSettings } from '../../resources/alert-settings.ts';
import type { Desired } from '../../resources/types.ts';
import type { CommonOptions, Session } from '../../run/session.ts';
import { startRun } from '../../run/start.ts';

/**
 * Only what was applied, and is proven to have been, as when somebody is told: files that nobody reviewed could name any server, which would
 * then be sent the password.
 *
 * @param isTelling the record holds channels
 */
export async function checkChannels(
  options: CommonOptions,
  desired: Desired | null,
  isTelling: boolean,
  session: Session,
): Promise<CheckView[]> {
  const written = Object.keys(desired?.alerting?.channels ?? {});
  if (desired === null || (written.length === 0 && !isTelling)) return [];
  if (!isTelling) return waiting(written);
  try {
    const planning = { ...options, mode: 'sync' as const, only: [], allow: [], impact: false };
    const started = await startRun(planning, session);
    // Other checks say what is wrong with the files.
    if ('plan' in started) return [];
    try {
      const inForce = await readInForce(started, session);
      if ('diagnostics' in inForce || inForce.alerts === null) return waiting(written);
      const { alerts } = inForce;
      const remote = async (): Promise<string | null> => (await started.record.checkout?.readRemoteUrl()) ?? null;
      const tried = await session.waiting('trying the channels', probeAll(alerts, session, remote));
      return [...tried, ...waiting(written.filter((name) => !Object.hasOwn(alerts.channels, name)))];
    } finally {
      await started.open.close();
    }
  } catch (error) {
    if (!(error instanceof UserError || error instanceof ServiceError)) throw error;
    const hint = error instanceof UserError ? (error.hint ?? null) : null;
    const detail = `which of them are in force cannot be known: ${error.message}`;
    return [{ ...blank, id: 'channels', title: 'channels', state: 'not-tried', detail, advice: hint }];
  }
}

const blank = { group: 'channels', needed: false, scopes: [], request: null } as const;

async function probeAll(
  alerts: AlertSettings,
  session: Session,
  remote: () => Promise<string | null>,
): Promise<CheckView[]> {
  const { senders, close } = openChannels(alerts, session, remote);
  try {
    return await Promise.all([...senders.values()].map(async (sender) => viewOf(sender, await sender.probe())));
  } finally {
    await close();
  }
}

function viewOf({ channel: { name, type } }: Sender, { state, detail, untried }: ChannelProbe): CheckView {
  const advice = untried === null ? null : `Not tried: ${untried}.`;
  return { ...blank, id: `channels.${name}`, title: `${name} (${type})`, state, detail, advice };
}

function waiting(names: readonly string[]): CheckView[] {
  const detail = 'stands in the files and is not in force yet: nothing is sent to it before the apply that brings it';
  return names.map((name) => ({
    ...blank,
    id: `channels.${name}`,
    title: name,
    state: 'note',
    detail,
    advice: null,
  }));
}
