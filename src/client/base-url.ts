import { dropTrailing } from '../drop-trailing.ts';
import { UserError } from '../errors.ts';

/**
 * The control plane's base URL as configured, path prefix included (`https://api.portkey.ai/v1`, docs/service-notes.md#base-url), without
 * a slash at its end. Plain http would send the key in the clear, so it is for loopback hosts only: the emulator.
 */
export function checkBaseUrl(
  text: string,
  variable = 'PORTKEY_BASE_URL',
  example = 'https://api.portkey.ai/v1',
): string {
  const hint = `Set ${variable} to something like ${example}.`;
  const url = parseUrl(text.trim());
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UserError(`the base URL is not an http(s) URL: ${describeText(text)}`, { hint });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError(`the base URL for ${url.host} holds a user name or password; the key is sent in a header`, {
      hint,
    });
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UserError(`the base URL for ${url.host} has a query or fragment; it ends with the path prefix`, {
      hint,
    });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new UserError(`the base URL ${url.origin} is plain http, which would send the key in the clear`, {
      hint: 'Use https; plain http is accepted for loopback addresses only.',
    });
  }
  return `${url.origin}${dropTrailing(url.pathname, '/')}`;
}

/** By the host as `URL` writes it: IPv4 in full, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Somebody may have put the key into the wrong variable: what does not look like an address is not repeated. */
function describeText(text: string): string {
  return /^[\w.:/-]{1,100}$/.test(text) && text.includes('.') ? JSON.stringify(text) : `${text.length} characters`;
}
