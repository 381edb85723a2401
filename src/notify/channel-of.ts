/** A channel in the words of those who send, from the settings in force. */

import { type ChannelSettings, mailPortOf } from '../resources/alert-settings.ts';
import type { Channel } from './message.ts';

export function channelOf(name: string, said: ChannelSettings): Channel {
  switch (said.type) {
    case 'mail': {
      const { host, from, user_env: user, password_env: password } = said;
      const port = mailPortOf(said);
      return {
        type: 'mail',
        name,
        host,
        port,
        security: said.security ?? (port === 465 ? 'tls' : 'starttls'),
        from,
        login: user === undefined || password === undefined ? null : { user, password },
      };
    }
    case 'slack':
    case 'teams':
      return { type: said.type, name, host: said.host, url: said.url_env };
    case 'webhook':
      return { type: 'webhook', name, url: said.url, secret: said.secret_env };
    case 'github':
      return { type: 'github', name, issue: said.issue, tokenEnv: said.token_env };
  }
}
