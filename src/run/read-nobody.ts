/** Live limits that may limit nobody: the rules of a plan about that, over what is live, whoever declared it. */

import type { Known, Reads } from '../consumption/ask.ts';
import type { Live, LiveObject } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { changeId } from '../plan/make-change.ts';
import type { ResolvedEntry } from '../plan/resolution.ts';
import type { StatusGap, StatusNobody } from '../render/status-facts.ts';
import type { WireRow } from '../resources/kind.ts';
import type { Desired, DesiredEntry, Kind } from '../resources/types.ts';
import { buildFileFacts, findNobody, reviewInFiles } from '../rules/find.ts';
import { readConditions } from './read-conditions.ts';

interface Place {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export interface NobodyNeeds {
  readonly workspaces: readonly Place[];
  /** For the versions of the gateway, for what rules are off, and for silences; null: there are no files. */
  readonly desired: Desired | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const noFiles: Desired = {
  environment: '',
  organisation: '',
  workspaces: [],
  entries: [],
  forget: [],
  settings: {},
  gateway: {},
  orgFile: { file: '', line: 0, column: 0 },
};

/**
 * @throws CancelledError; what cannot be read is not known
 */
export async function readNobody(
  reads: Reads,
  needs: NobodyNeeds,
): Promise<StatusNobody & { readonly gaps: readonly StatusGap[] }> {
  const { workspaces, desired, now } = needs;
  const { objects, gaps } = await readObjects(reads, workspaces);
  const live: Live = {
    organisationId: desired?.organisation ?? '',
    baseUrl: reads.backend.baseUrl,
    workspaces,
    objects,
    integrations: [],
    read: new Set(),
  };
  const index = new LiveIndex(live);
  const resolved = resolveLive(index, desired ?? noFiles);
  const policies = resolved.flatMap(({ live: object, workspace, fields }) => {
    const { match = 'all' } = fields;
    if (object === null || workspace === null || match === 'all') return [];
    return [{ id: object.id, workspaceId: workspace.id, match, countsCalls: fields.target !== 'mcp_tools' }];
  });
  const conditions = await readConditions(reads, { policies, live, now });
  const entries = resolved.map(({ entry }) => entry);
  const ofLive = { ...(desired ?? noFiles), entries, workspaces: workspaces.map(toDesired) };
  const findings = findNobody({
    ...buildFileFacts(ofLive, [], reviewInFiles(desired ?? noFiles)),
    index,
    resolved,
    changes: [],
    recordLines: [],
    hasRecord: true,
    now,
    prices: null,
    traffic: new Map(),
    configs: new Map(),
    members: null,
    conditions,
  }).filter(({ silenced, entry }) => silenced === null && entry !== null);
  const told = findings.map(({ rule, message, source }) => {
    const { entry, live: object } = resolved[source.line] as ResolvedEntry;
    const { kind, workspace, name } = entry;
    return { kind, workspace, id: object?.id ?? '', name, rule, message };
  });
  return {
    limits: told.filter(({ rule }) => rule !== 'unchecked-condition'),
    unknown: told.filter(({ rule }) => rule === 'unchecked-condition'),
    uncounted: conditions.uncounted,
    gaps,
  };
}

/** Policies, and keys for their rates. What is refused of the lists that the status itself has read, it tells itself. */
async function readObjects({ ask }: Reads, workspaces: readonly Place[]) {
  const gaps: StatusGap[] = [];
  const read = workspaces.flatMap(({ id, slug }) => {
    const list = async (kind: Kind, asking: Promise<Known<readonly object[]>>): Promise<LiveObject[]> => {
      const answer = await asking;
      if ('value' in answer) return answer.value.map((row) => toObject(kind, id, row as WireRow));
      if (kind === 'rate-policy') gaps.push({ kind, workspace: slug, why: answer.unknown });
      return [];
    };
    return [
      list('usage-policy', ask('listUsagePolicies', id)),
      list('rate-policy', ask('listRatePolicies', id)),
      list('key-limits', ask('listKeys', id)),
    ];
  });
  return { objects: (await Promise.all(read)).flat(), gaps };
}

function toObject(kind: Kind, workspaceId: string, row: WireRow): LiveObject {
  const name = typeof row.name === 'string' ? row.name : null;
  return { kind, id: String(row.id), name, workspaceId, row };
}

/** Each entry's place is its number: equal sentences about two limits are two. */
function resolveLive(index: LiveIndex, desired: Desired): ResolvedEntry[] {
  const silences = new Map(
    desired.entries.flatMap(({ silence, kind, workspace, name, liveName }) => {
      const slug = workspace === null ? null : (index.findWorkspace(workspace)?.slug ?? null);
      return silence === undefined ? [] : [[changeId({ kind, workspace: slug, name: liveName ?? name }), silence]];
    }),
  );
  return index.live.objects.map((object, line): ResolvedEntry => {
    const workspace = index.workspace(object.workspaceId) ?? null;
    const { kind } = object;
    const fields = index.readFields(object, []);
    const name = object.name ?? '(no name)';
    const silence = silences.get(changeId({ kind, workspace: workspace?.slug ?? null, name }));
    const entry: DesiredEntry = {
      kind,
      workspace: workspace?.slug ?? null,
      name,
      protect: false,
      fields,
      source: { file: '', line, column: 0 },
      fieldSources: {},
      ...(silence === undefined ? {} : { silence }),
    };
    return { entry, workspace, name, fields, live: object, viaStar: false };
  });
}

function toDesired({ slug }: Place): Desired['workspaces'][number] {
  return { ref: slug, skipDefaults: [], source: noFiles.orgFile };
}
