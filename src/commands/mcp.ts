import { resolve } from 'node:path';
import { CancelledError, ServiceError, UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { StdioStreams } from '../mcp/serve-stdio.ts';
import { renderFailure } from '../render/failure.ts';
import { openBackend } from '../run/open-backend.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { createToolContext } from '../tools/context.ts';
import { type Toolset, toolsets } from '../tools/tool.ts';
import { createToolPort, type ToolPort } from '../tools/tool-port.ts';

export interface McpOptions extends CommonOptions {
  /** Which tools there are; empty: all but those that are off unless named. */
  readonly toolsets: readonly string[];
  readonly readOnly: boolean;
  /** Bodies of logs are shown also where proposals are made. */
  readonly bodiesBesideProposals?: boolean | undefined;
  /** In place of the process's own. */
  readonly streams?: StdioStreams | undefined;
  /** Port of HTTP; undefined: stdio. */
  readonly http?: number | undefined;
  readonly host: string;
  readonly allowHost: readonly string[];
  /** File with names and tokens. */
  readonly tokens?: string | undefined;
  /** Told where it listens. */
  readonly listening?: ((url: string) => void) | undefined;
}

/** Those that leave something behind are off unless they are named. */
const usualToolsets: readonly Toolset[] = toolsets.filter((one) => one !== 'feedback');

/**
 * Serves the tools to an agent until it goes away. Stdout is the protocol's alone.
 *
 * @throws UserError where the key is missing
 */
export async function runMcp(options: McpOptions, session: Session): Promise<CommandResult> {
  const { readOnly } = options;
  const open = await openBackend(options, session);
  const log = (error: unknown): void => {
    // Refusals are answers; the one who calls has read them.
    const isTold = error instanceof UserError || error instanceof ServiceError || error instanceof CancelledError;
    if (!isTold) session.say(renderFailure(error, 'text').message);
  };
  try {
    const port = createToolPort({
      access: { toolsets: readToolsets(options.toolsets), readOnly },
      createContext: (caller) => createToolContext(open, options, session, 'agent', caller),
      showsBodies: options.bodiesBesideProposals === true,
      version: session.version,
      env: session.env,
      now: () => nowOf(session).getTime(),
      log,
    });
    // The protocol's library is loaded by this command alone.
    if (options.http !== undefined) {
      await serveHttp(port, options.http, options, session);
      return { exit: exitCodes.ok, output: '' };
    }
    const { serveToolsOnStdio } = await import('../mcp/serve-stdio.ts');
    await serveToolsOnStdio(port, session.signal, options.streams);
    return { exit: exitCodes.ok, output: '' };
  } finally {
    await open.close();
  }
}

async function serveHttp(tools: ToolPort, port: number, options: McpOptions, session: Session): Promise<void> {
  const { host, allowHost, tokens: file, listening } = options;
  const [{ serveToolsOnHttp }, { readTokens }] = await Promise.all([
    import('../mcp/serve-http.ts'),
    import('../mcp/read-tokens.ts'),
  ]);
  const tokens = file === undefined ? [] : await readTokens(resolve(session.cwd, file));
  await serveToolsOnHttp(tools, { host, port, allowedHosts: allowHost, tokens }, session.signal, (url) => {
    session.say(`Listening at ${url}; Ctrl-C ends it.\n`);
    listening?.(url);
  });
}

function readToolsets(names: readonly string[]): readonly Toolset[] {
  const wanted = names.flatMap((name) => name.split(',')).map((name) => name.trim());
  if (wanted.length === 0) return usualToolsets;
  return wanted.map((name) => {
    const found = toolsets.find((one) => one === name);
    if (found !== undefined) return found;
    throw new UserError(`--toolsets: there is no set "${name}"`, { hint: `Write some of: ${toolsets.join(', ')}.` });
  });
}
