/** Where price files are: an address (the service's or a mirror) or a folder. */

import { dropTrailing } from '../drop-trailing.ts';
import { UserError } from '../errors.ts';

export const defaultPriceAddress = 'https://configs.portkey.ai/pricing';

export type PriceSource =
  /** Without a slash at its end; one file a provider below it. */
  | { readonly kind: 'address'; readonly address: string }
  /** As written: relative to what the reader says. */
  | { readonly kind: 'folder'; readonly folder: string };

const hint = `Write an address such as ${defaultPriceAddress}, or a folder that holds openai.json and the like.`;

/** @throws UserError */
export function parsePriceSource(text: string): PriceSource {
  const written = text.trim();
  if (written === '') throw new UserError('the source of prices is empty', { hint });
  // A drive letter is not a scheme.
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(written)) return { kind: 'folder', folder: written };
  const url = URL.canParse(written) ? new URL(written) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UserError('the source of prices is not an http(s) address', { hint });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UserError(`the source of prices on ${url.host} holds a password, a query or a fragment`, { hint });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new UserError(
      `the source of prices on ${url.host} is plain http: anybody on the way could change the prices`,
      {
        hint: 'Use https; plain http is accepted for loopback addresses only.',
      },
    );
  }
  return { kind: 'address', address: `${url.origin}${dropTrailing(url.pathname, '/')}` };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
