/** A token that the record's remote is given in place of whatever credentials clone, user and machine have. Pure. */

import { UserError } from '../errors.ts';

export interface TokenAccess {
  /** Of the remote, without a user name or a password. */
  readonly address: string;
  /** As actions/checkout sends its own. */
  readonly header: string;
  /** What a server may repeat in its answer. */
  readonly hide: (text: string) => string;
}

/**
 * @param url of the remote, after all rewriting; null: there is none
 * @throws UserError where the token cannot be sent there
 */
export function planTokenAccess(token: string, url: string | null, remoteName: string): TokenAccess {
  if (/^-----BEGIN/.test(token)) {
    throw new UserError('the record token is a private key, and only a token can be sent to the remote', {
      hint: 'Give a deploy key to actions/checkout as `ssh-key`: the record is then fetched and pushed with it.',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UserError('the record token holds spaces or characters that cannot be sent in a header', {
      hint: 'Copy it again; a token is one word of plain ASCII.',
    });
  }
  const parsed = parseUrl(url ?? '');
  const isLoopback = parsed !== null && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  if (parsed === null || !(parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback))) {
    throw new UserError(`the record token can be sent over https alone, and ${remoteName} is reached otherwise`, {
      hint: 'Leave out `ssh-key` of actions/checkout, or the record token: with an SSH key the record is pushed with that key.',
    });
  }
  parsed.username = '';
  parsed.password = '';
  const credential = spellCredential(token);
  return {
    address: parsed.href,
    header: `AUTHORIZATION: basic ${credential}`,
    hide: (text) => text.replaceAll(token, '***').replaceAll(credential, '***'),
  };
}

/** As GitHub takes a token of an App, of a run and of a person alike. */
export function spellCredential(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

/** Settings that say who asks, or that lead elsewhere: two headers of authorization are refused, and a rewritten address is another door. */
export function isIdentityKey(key: string): boolean {
  return /^(?:url|credential)\.|^http\.(?:.+\.)?extraheader$|^core\.askpass$|^remote\..+\.(?:url|pushurl)$/.test(key);
}

/** Nobody is at home: neither settings of the user or the machine, nor what they would answer with when the token is refused. */
export function leaveHome(env: NodeJS.ProcessEnv, emptyFolder: string): NodeJS.ProcessEnv {
  const identity = /^GIT_(?:CONFIG_.*|CONFIG|ASKPASS)$|^SSH_ASKPASS$/;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !identity.test(name))),
    HOME: emptyFolder,
    XDG_CONFIG_HOME: emptyFolder,
    GIT_CONFIG_NOSYSTEM: '1',
  };
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
