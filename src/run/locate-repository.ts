/** Which repository on which GitHub a checkout is of, and with which token it may be asked about. Pure. */

import { findGitHubJob } from '../checkout/github-job.ts';
import { parseRemote } from '../checkout/remote-url.ts';
import { isLoopback } from '../client/base-url.ts';
import type { Session } from './session.ts';

/** A repository, the API that tells about it, and what lets in there; or why nobody can be asked, and what would help. */
export type Located =
  | { readonly repository: string; readonly apiUrl: string; readonly token: string }
  | { readonly repository: null; readonly why: string; readonly advice: string };

/**
 * The remote's address decides; GITHUB_REPOSITORY stands in where it names none. A token is sent to GitHub's own hosts, or to
 * the API that GITHUB_API_URL names, never to a host that only the address of a remote names.
 *
 * @param remoteUrl null: no remote
 */
export function locateRepository(env: Session['env'], remoteUrl: string | null): Located {
  const token = textOf(env.GITHUB_TOKEN) ?? textOf(env.GH_TOKEN);
  if (token === null) {
    const advice = "Set GITHUB_TOKEN or GH_TOKEN, best an administrator's: others are not shown all of it.";
    return { repository: null, why: 'no token of GitHub is in the environment', advice };
  }
  const { apiUrl: api, repository: named } = findGitHubJob(env);
  if (api !== null && !isSafe(api)) {
    const advice = 'Set it to something like https://HOST/api/v3; plain http is for loopback addresses alone.';
    return { repository: null, why: 'GITHUB_API_URL is not an https address', advice };
  }
  const remote = parseRemote(remoteUrl ?? '');
  if (remote !== null) {
    const own = api ?? publicApiOf(remote.host);
    if (own !== null && isApiOf(own, remote.host)) return { repository: remote.repository, apiUrl: own, token };
  }
  if (named !== null && /^[^/\s]+\/[^/\s]+$/.test(named)) {
    return { repository: named, apiUrl: api ?? 'https://api.github.com', token };
  }
  return { repository: null, ...explainNowhere(remote?.host ?? null, api) };
}

/** Whether somebody with a token could ask there: the remote is on a host that is a GitHub, as far as is known here. */
export function isOnGitHub(env: Session['env'], remoteUrl: string | null): boolean {
  const host = parseRemote(remoteUrl ?? '')?.host ?? null;
  const { apiUrl, repository } = findGitHubJob(env);
  if (host === null) return repository !== null;
  return publicApiOf(host) !== null || (apiUrl !== null && isSafe(apiUrl) && isApiOf(apiUrl, host));
}

function explainNowhere(host: string | null, api: string | null): { readonly why: string; readonly advice: string } {
  if (host === null) {
    return { why: 'the address of the remote names no repository', advice: 'Set GITHUB_REPOSITORY to OWNER/NAME.' };
  }
  if (api !== null) {
    const advice = 'Unset GITHUB_API_URL, or set GITHUB_REPOSITORY to the OWNER/NAME to be asked about.';
    return { why: `the remote is on ${host}, and GITHUB_API_URL names another server`, advice };
  }
  return {
    why: `the remote is on ${host}, which nobody said is a GitHub`,
    advice: `If it is a GitHub Enterprise server, set GITHUB_API_URL to https://${host}/api/v3; the token is sent nowhere else.`,
  };
}

function textOf(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value.trim();
}

/** Of the hosts that are GitHub's own: github.com, and companies' tenants. */
function publicApiOf(host: string): string | null {
  return host === 'github.com' || /^[a-z0-9-]+\.ghe\.com$/.test(host) ? `https://api.${host}` : null;
}

function isSafe(apiUrl: string): boolean {
  if (!URL.canParse(apiUrl)) return false;
  const { protocol, hostname, username, password } = new URL(apiUrl);
  return (
    username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
  );
}

function isApiOf(apiUrl: string, host: string): boolean {
  const { hostname } = new URL(apiUrl);
  return hostname === host || hostname === `api.${host}`;
}
