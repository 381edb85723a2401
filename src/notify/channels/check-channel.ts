/** What an address of a channel may be: checked when settings are read, and again before anything leaves. */

import { isLoopback } from '../../client/base-url.ts';

/** A URL, or what is wrong with it: the end of a sentence, without the text, which may be a secret. */
export function checkWebhookUrl(text: string): { readonly url: URL } | { readonly why: string } {
  if (!URL.canParse(text)) return { why: 'is not a URL: write it as https://host/path' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { why: `begins with ${url.protocol}: write it as https://host/path` };
  }
  if (url.username !== '' || url.password !== '')
    return { why: 'holds a user name or a password: what is secret goes into a variable' };
  if (url.hash !== '') return { why: `ends in a fragment, which is never sent: leave out what follows \`#\`` };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { why: 'is plain http, which anybody on the way can read: write https' };
  }
  return { url };
}
