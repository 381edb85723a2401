/** The way out through the proxy that the environment names: one for the control plane, GitHub and price files. */

import { type Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { UserError } from './errors.ts';

/** Values of HTTPS_PROXY and NO_PROXY; an empty one is none. */
export interface Proxies {
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** A workflow that takes a variable from a secret which is not there sets it to nothing: that is not set. */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies {
  return {
    httpsProxy: env.HTTPS_PROXY || env.https_proxy || undefined,
    noProxy: env.NO_PROXY || env.no_proxy || undefined,
  };
}

/**
 * Null: there is no proxy.
 *
 * @throws UserError when what is named is none that can be used
 */
export function createProxyAgent(common: Agent.Options, { httpsProxy, noProxy }: Proxies): Dispatcher | null {
  if (httpsProxy === undefined || httpsProxy === '') return null;
  checkProxy(httpsProxy);
  try {
    // Empty rather than absent: undici would fall back to the environment, which only the entry file reads.
    return new EnvHttpProxyAgent({ ...common, httpProxy: '', httpsProxy, noProxy: noProxy ?? '' });
  } catch {
    // Proxy URLs hold passwords: not repeated, and neither is the error that quotes it.
    throw new UserError('HTTPS_PROXY is not a URL that can be used as a proxy', {
      hint: 'Write it as http://host:port.',
    });
  }
}

/** Proxy URLs hold passwords: nothing of it but the scheme is repeated. */
function checkProxy(httpsProxy: string): void {
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(httpsProxy) ?? [];
  if (scheme === undefined || /^https?$/i.test(scheme)) return;
  throw new UserError(`HTTPS_PROXY is a proxy of the kind ${scheme.toLowerCase()}, which is not supported`, {
    hint: 'Write one that speaks HTTP: http://host:port or https://host:port; or take the control plane out of it with NO_PROXY.',
  });
}

/** `, on the way through the proxy HOST (HTTPS_PROXY)`, or nothing where requests go straight: decided as the agent decides. */
export function describeProxy(url: string, { httpsProxy, noProxy = '' }: Proxies): string {
  const { hostname, port, protocol } = new URL(url);
  if (!httpsProxy || protocol !== 'https:' || !URL.canParse(httpsProxy)) return '';
  const isExempt = noProxy
    .split(/[,\s]/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = '', ownPort] = /^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      const suffix = name.replace(/^\*?\./, '');
      const isHost = name === '*' || hostname === suffix || hostname.endsWith(`.${suffix}`);
      return isHost && (ownPort === undefined || ownPort === (port || '443'));
    });
  return isExempt ? '' : `, on the way through the proxy ${new URL(httpsProxy).host} (HTTPS_PROXY)`;
}
