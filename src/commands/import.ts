import { join, resolve } from 'node:path';
import { schemasAddress } from '../addresses.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { runAcceptDrift, runImportExisting } from '../importing/import-existing.ts';
import { buildLiveEntries, renamedOf } from '../importing/live-entries.ts';
import { LiveIndex } from '../live/live-index.ts';
import { readEverything } from '../live/read-everything.ts';
import { describeOddStates } from '../plan/odd-states.ts';
import { hasPolicyFiles } from '../policy/files.ts';
import { writeFileAtomic } from '../policy/named-files.ts';
import { patterns } from '../policy/patterns.ts';
import { printPolicies } from '../policy/print.ts';
import { quote } from '../policy/quote.ts';
import type { ImportedDocument } from '../render/documents/import.ts';
import { leftOutDocument, renderImported, unreadableDocument } from '../render/import.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { openBackend } from '../run/open-backend.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';

export interface ImportOptions extends CommonOptions {
  /** Name of the environment, for the organisation file; where there is one, it is checked against it. */
  readonly environment?: string | undefined;
  /** Write live values over what drifted, instead of adding what is unmanaged. Default false. */
  readonly acceptDrift?: boolean | undefined;
}

/** Live → policy files, in an empty directory or beside what is there; a plan right after has no more change to live. */
export async function runImport(options: ImportOptions, session: Session): Promise<CommandResult> {
  const { environment } = options;
  if (environment !== undefined && !patterns.environment.test(environment)) {
    throw new UserError(`--environment ${environment}: write letters, digits, dashes and underscores`);
  }
  const directory = resolve(session.cwd, options.dir);
  if (options.acceptDrift === true) return runAcceptDrift(options, session);
  if (await hasPolicyFiles(directory)) return runImportExisting(options, session);
  if (environment === undefined) {
    throw new UserError(`there are no policy files in ${options.dir}, so --environment is needed`, {
      hint: 'Name the environment that the files are for: --environment production.',
    });
  }
  const open = await openBackend(options, session);
  try {
    const reading = readEverything(open.backend, options.workspace);
    const live = await session.waiting(`reading ${open.backend.baseUrl}`, reading);
    const index = new LiveIndex(live);
    const organisation = buildLiveEntries(index, null);
    const chosen = live.workspaces.filter(
      ({ id, slug }) =>
        options.workspace.length === 0 || options.workspace.includes(id) || options.workspace.includes(slug),
    );
    const names = nameWorkspaces(chosen);
    const workspaces = chosen.map((workspace, number) => {
      const written = names[number] ?? workspace.id;
      return { workspace, written, ...buildLiveEntries(index, workspace.id, written) };
    });
    const files = printPolicies(
      {
        environment,
        organisation: live.organisationId,
        entries: organisation.entries,
        workspaces: workspaces.map(({ workspace, written, entries }) => ({
          slug: written,
          title: workspace.name,
          entries,
        })),
      },
      schemasAddress,
    );
    for (const { path, text } of files) await writeBelow(directory, path, text, options.dir);

    const leftOut = [
      ...organisation.leftOut.map((left) => ({ ...left, slug: null as string | null })),
      ...workspaces.flatMap(({ workspace, leftOut: left }) => left.map((item) => ({ ...item, slug: workspace.slug }))),
    ];
    const unreadable = live.unreadable ?? [];
    const byId = workspaces.filter(({ workspace, written }) => written !== workspace.slug);
    const notes = [
      ...byId.map(
        ({ workspace, written }) =>
          `the workspace ${quote(workspace.slug)} is called ${written} here, its id: its slug cannot be a file's name, or is another's but for case`,
      ),
      ...describeOddStates(index),
    ];
    const count = organisation.entries.length + workspaces.reduce((sum, { entries }) => sum + entries.length, 0);
    const renamed = [
      ...renamedOf(organisation, null),
      ...workspaces.flatMap((one) => renamedOf(one, one.workspace.slug)),
    ];
    if (options.format === 'json') {
      return {
        exit: exitCodes.ok,
        output: renderJson<ImportedDocument>({
          version: jsonVersion,
          ok: true,
          files: files.map(({ path }) => path),
          entries: count,
          renamed: renamed.map(({ object, name, slug }) => ({
            kind: object.kind,
            workspace: slug,
            id: object.id,
            name: object.name,
            written: name,
          })),
          left_out: leftOut.map(leftOutDocument),
          unreadable: unreadable.map(unreadableDocument),
          notes,
        }),
      };
    }
    return {
      exit: exitCodes.ok,
      output: renderImported(
        { count, files: files.map(({ path }) => `${options.dir}/${path}`), renamed, leftOut, unreadable, notes },
        options.format,
      ),
    };
  } finally {
    await open.close();
  }
}

/**
 * How files call the workspaces, and what they are called themselves: by the slug where it is one. The service's word is not
 * taken for it, since it becomes a path; nor may two names meet on a disk that does not tell case apart.
 */
function nameWorkspaces(workspaces: readonly { readonly id: string; readonly slug: string }[]): string[] {
  const taken = new Set<string>();
  return workspaces.map(({ id, slug }) => {
    const isPlain =
      patterns.slug.test(slug) && !isReserved(slug) && slug.length <= longestFileName && !taken.has(slug.toLowerCase());
    const name = isPlain ? slug : id;
    if (!isPlain && !patterns.uuid.test(id)) {
      throw new UserError(
        `workspace ${JSON.stringify(slug)} has neither a slug nor an id that a file could be named for`,
      );
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

/** What Windows takes for a device, whatever follows the first dot. */
function isReserved(slug: string): boolean {
  return /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i.test(slug);
}

/** Disks end at 255 bytes, some of which the file has while it is being written. */
const longestFileName = 150;

async function writeBelow(directory: string, path: string, text: string, shown: string): Promise<void> {
  try {
    await writeFileAtomic(join(directory, path), text);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new UserError(`cannot write ${shown}/${path} (${code})`, { cause });
  }
}
