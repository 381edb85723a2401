/**
 * What git, and whatever git runs, gets to see of the environment: what it needs, by name, and nothing else. A list of secrets
 * to keep back would miss the next one. A program that a clone's configuration names (a credential helper, an ssh command)
 * is run as before, without the admin key beside it.
 *
 * `GITHUB_TOKEN` and its like are not passed on: actions/checkout leaves its token in the clone's configuration. Who has a
 * credential helper that reads a variable names it in `TOLLGATE_GIT_ENV`.
 */

/** By their whole name, whatever the case: Windows has `Path`, and proxies are written both ways. */
const needed: ReadonlySet<string> = new Set([
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'USERNAME',
    'SHELL',
    'TMPDIR',
    'TMP',
    'TEMP',
    'TZ',
    'LANG',
    'LANGUAGE',
    'TERM',
  ],
  ...['SYSTEMROOT', 'WINDIR', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH'],
  ...['PROGRAMDATA', 'PROGRAMFILES', 'PROGRAMFILES(X86)', 'PROGRAMW6432', 'SYSTEMDRIVE', 'MSYSTEM'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE'],
  // Agents and key rings that credential helpers and ssh talk to.
  ...['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'SSH_ASKPASS', 'SSH_ASKPASS_REQUIRE', 'GNUPGHOME', 'KRB5CCNAME', 'KRB5_CONFIG'],
  ...['DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY'],
]);

/**
 * Git's own: configuration and transport. Left out are those that point it elsewhere, as a hook or a wrapper sets them, and
 * those that name programs for what is never asked of it here: differ, pager, editor, proxy of the plain git protocol.
 */
const gitsOwn =
  /^GIT_(?:CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+|PARAMETERS|GLOBAL|SYSTEM|NOSYSTEM)|SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_SSL_\w+|ALLOW_PROTOCOL|PROTOCOL|PROTOCOL_FROM_USER|EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)$/;

/** Never, whatever `TOLLGATE_GIT_ENV` says. */
const ownSecrets: ReadonlySet<string> = new Set(['PORTKEY_API_KEY', 'TOLLGATE_SEAL_KEY']);

function selectGitEnvironment(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const named = new Set((env.TOLLGATE_GIT_ENV ?? '').split(/[\s,]+/).filter((name) => !ownSecrets.has(name)));
  const isPassedOn = (name: string): boolean =>
    needed.has(name.toUpperCase()) || /^(?:LC|XDG)_/.test(name) || gitsOwn.test(name) || named.has(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassedOn(name)));
}

/** Without secrets, and without what a hook or a wrapper may have set to point git elsewhere; English, and never a question. */
export function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return {
    ...selectGitEnvironment(env),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_AUTHOR_NAME: 'tollgate',
    GIT_AUTHOR_EMAIL: 'tollgate@localhost',
    GIT_COMMITTER_NAME: 'tollgate',
    GIT_COMMITTER_EMAIL: 'tollgate@localhost',
  };
}
