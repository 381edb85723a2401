/** What a call has of the world, made of a session and an open control plane. What is not asked for is not read. */

import { createReads } from '../consumption/ask.ts';
import { listWorkspaces } from '../live/set-aside.ts';
import type { Desired } from '../resources/types.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import type { OpenBackend } from '../run/open-backend.ts';
import { type CommonOptions, nowOf, type Session } from '../run/session.ts';
import type { WorkspaceHandle } from './names.ts';
import { refuseFiles } from './refuse-files.ts';
import type { ToolCaller, ToolContext } from './tool.ts';

export function createToolContext(
  open: OpenBackend,
  options: CommonOptions,
  session: Session,
  asker: ToolContext['asker'] = 'agent',
  caller: ToolCaller = { name: null, client: null },
): ToolContext {
  const reads = createReads(open.backend);
  const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
    let reading: Promise<T> | undefined;
    return () => {
      reading ??= read();
      return reading;
    };
  };
  return {
    asker,
    caller,
    reads,
    now: () => nowOf(session).getTime(),
    desired: once(() => readDesiredFiles(options, session)),
    workspaces: once(async (): Promise<readonly WorkspaceHandle[]> => {
      const { rows } = await listWorkspaces(reads.backend);
      return rows.map(({ id, slug, name }) => ({ id, slug, name: name ?? slug }));
    }),
    open: { ...open, backend: reads.backend, close: async () => {} },
    options,
    session,
  };
}

/** Files with errors may say that nobody is to be named: nothing is answered before they are mended. */
async function readDesiredFiles(options: CommonOptions, session: Session): Promise<Desired | null> {
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  if (loaded === null) return null;
  if (loaded.desired !== null) return loaded.desired;
  throw refuseFiles(loaded.diagnostics);
}
