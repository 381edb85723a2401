/** Settings of Git: read out of a clone, and handed to a repository that is not there. Pure, but for what it asks of git. */

import type { GitResult } from './git-child.ts';

export interface ConfigEntry {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

type Setting = Pick<ConfigEntry, 'key' | 'value'>;

/** `git config --list -z --show-scope`: scope, NUL, key, newline, value, NUL; a key alone means true. */
export function parseConfig(text: string): readonly ConfigEntry[] {
  const parts = text.split('\0');
  const entries: ConfigEntry[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [scope, entry] = [parts[i] ?? '', parts[i + 1] ?? ''];
    const end = entry.indexOf('\n');
    entries.push(
      end < 0 ? { scope, key: entry, value: 'true' } : { scope, key: entry.slice(0, end), value: entry.slice(end + 1) },
    );
  }
  return entries;
}

/**
 * What it takes to reach a remote. Read out by git and handed on, rather than including the clone's config file: conditional
 * includes, with which actions/checkout brings its token, hold for the clone's own folder only.
 */
export function isTransportKey(key: string): boolean {
  return (
    /^(?:http|credential|url|ssh|protocol)\./.test(key) ||
    /^remote\..+\.(?:url|pushurl|proxy|proxyauthmethod|vcs|receivepack|uploadpack|serveroption)$/.test(key) ||
    /^core\.(?:sshcommand|gitproxy|askpass)$/.test(key)
  );
}

/** The address of a remote where nothing rewrites it and nothing else is one; null: git has to be asked. */
export function findWrittenUrl(config: readonly ConfigEntry[], remote: string): string | null {
  if (config.some(({ key }) => /^url\..*\.(?:push)?insteadof$/s.test(key))) return null;
  const urls = config.filter(({ key }) => key === `remote.${remote}.url`);
  const [only] = urls;
  return urls.length === 1 && only !== undefined && only.value !== '' ? only.value : null;
}

/** The clone has been told to fetch objects when it needs them. */
export function lacksObjects(config: readonly ConfigEntry[]): boolean {
  return config.some(({ key }) => /^(?:extensions\.partialclone|remote\..*\.promisor)$/s.test(key));
}

/** Several values of these are all in force; an empty one forgets those before it. */
const isList = (key: string): boolean => /^(?:http\.(?:.+\.)?extraheader|credential\.(?:.+\.)?helper)$/.test(key);

/**
 * What another repository must be given to reach a remote as this clone does. The settings of the user and of the machine git
 * reads there by itself, and what is there twice is sent twice; but those that hold for the clone's folder alone
 * (`includeIf "gitdir:…"`) it does not. A key of which they say something else there is handed on whole, in the clone's order.
 *
 * @param listThere as `listed` of the clone, asked where conditions may decide
 */
export async function settingsToPass(
  config: readonly ConfigEntry[],
  listThere: () => Promise<GitResult>,
): Promise<readonly Setting[]> {
  const transport = config.filter(({ key, scope }) => isTransportKey(key) && scope !== 'command');
  const isOwn = ({ scope }: ConfigEntry): boolean => scope === 'local' || scope === 'worktree';
  if (!config.some((entry) => entry.key.startsWith('includeif.') && !isOwn(entry))) return transport.filter(isOwn);
  const there = parseConfig((await listThere()).stdout.toString('utf8'));
  const shared = (entries: readonly ConfigEntry[], key: string): string =>
    JSON.stringify(entries.flatMap((entry) => (entry.key === key && !isOwn(entry) ? entry.value : [])));
  const differing = new Set(
    transport.map(({ key }) => key).filter((key) => shared(transport, key) !== shared(withoutCommand(there), key)),
  );
  const passed = transport.filter((entry) => isOwn(entry) || differing.has(entry.key));
  return [...[...differing].filter(isList).map((key) => ({ key, value: '' })), ...passed];
}

function withoutCommand(entries: readonly ConfigEntry[]): readonly ConfigEntry[] {
  return entries.filter(({ scope }) => scope !== 'command');
}

/** Set beside others to see whether git reads settings from numbered variables. */
export const probeKey = 'tollgate.probe';

/**
 * In the environment, not on the command line, where every process of the machine could read the token.
 *
 * @param canCount git reads numbered variables, which 2.31 does and 2.30 does not: that one is told in the variable in which git
 *   hands its own `-c` on to the commands it starts
 */
export function addConfig(env: NodeJS.ProcessEnv, entries: readonly Setting[], canCount: boolean): NodeJS.ProcessEnv {
  if (!canCount) {
    const words = entries.map(({ key, value }) => quoteForGit(`${key}=${value}`));
    return { GIT_CONFIG_PARAMETERS: [env.GIT_CONFIG_PARAMETERS ?? '', ...words].join(' ').trim() };
  }
  const start = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  const added: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(start + entries.length) };
  for (const [index, { key, value }] of entries.entries()) {
    added[`GIT_CONFIG_KEY_${start + index}`] = key;
    added[`GIT_CONFIG_VALUE_${start + index}`] = value;
  }
  return added;
}

function quoteForGit(text: string): string {
  return `'${text.replace(/['!]/g, (sign) => `'\\${sign}'`)}'`;
}
