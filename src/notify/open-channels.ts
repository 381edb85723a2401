/** The channels in force, ready to tell; what they read of the environment are variables of their own. */

import { secretsOf } from '../blank-secrets.ts';
import { systemTiming } from '../client/timing.ts';
import type { GitHub } from '../github/port.ts';
import { proxiesOf } from '../proxies.ts';
import { type AlertSettings, channelVariablePrefix } from '../resources/alert-settings.ts';
import { locateRepository } from '../run/locate-repository.ts';
import type { Session } from '../run/session.ts';
import { channelOf } from './channel-of.ts';
import { openSenders } from './channels/open-senders.ts';
import type { Sender } from './message.ts';

export interface OpenChannels {
  readonly senders: ReadonlyMap<string, Sender>;
  close(): Promise<void>;
}

/** @param remoteUrl of the clone, for issues of its repository; null: none */
export function openChannels(
  { channels }: Pick<AlertSettings, 'channels'>,
  session: Session,
  remoteUrl: () => Promise<string | null>,
): OpenChannels {
  const named = Object.entries(channels).map(([name, said]) => channelOf(name, said));
  const { senders, close } = openSenders(named, {
    env: ownVariables(session.env),
    secrets: secretsOf(session.env),
    timing: {
      ...systemTiming,
      now: () => session.clock.now(),
      sleep: (milliseconds) => session.clock.sleep(milliseconds),
    },
    signal: session.signal,
    proxies: proxiesOf(session.env),
    userAgent: `tollgate/${session.version}`,
    openGitHub: (tokenVariable) => openGitHub(tokenVariable, session, remoteUrl),
  });
  return {
    senders: new Map(senders.map((sender) => [sender.channel.name, sender])),
    close,
  };
}

/** No channel is given anything else to read. */
function ownVariables(env: Session['env']): Session['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(channelVariablePrefix)));
}

/** Null: the run has no repository on GitHub, or no token for it. */
async function openGitHub(
  tokenVariable: string,
  session: Session,
  remoteUrl: () => Promise<string | null>,
): Promise<GitHub | null> {
  if (session.openGitHub === undefined) return null;
  const { GITHUB_TOKEN: _other, GH_TOKEN: _another, ...env } = session.env;
  const located = locateRepository({ ...env, GITHUB_TOKEN: session.env[tokenVariable] }, await remoteUrl());
  return located.repository === null ? null : session.openGitHub(located);
}
