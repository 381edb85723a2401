/** Which repository of which server the address of a remote names. Pure. */

export interface Remote {
  readonly host: string;
  readonly repository: string;
}

/** `https://HOST/OWNER/NAME.git`, `ssh://git@HOST:22/…`, `git@HOST:OWNER/NAME.git`. */
export function parseRemote(url: string): Remote | null {
  const found =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:@]+)(?::\d+)?\/([^/]+\/[^/]+?)(?:\.git)?\/?$/i.exec(url) ??
    /^(?:[^@/:]+@)?([^/:@]{2,}):\/?([^/:]+\/[^/]+?)(?:\.git)?\/?$/.exec(url);
  const [, host, repository] = found ?? [];
  if (host === undefined || repository === undefined) return null;
  // What firewalls leave open.
  return { host: host.toLowerCase().replace(/^(?:ssh|www)\.(github\.com)$/, '$1'), repository };
}
