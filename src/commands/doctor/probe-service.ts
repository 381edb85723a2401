/** The requests of `tollgate doctor`: one a feature, reads only. What they came to is data; what it means is explain.ts. */

import type { ProbeRequest } from '../../client/client.ts';
import { type Calls, graphOf, groupings, groupsOf } from '../../consumption/analytics.ts';
import { dayMilliseconds } from '../../consumption/windows.ts';
import { requireWorkspaces } from '../../live/named-workspaces.ts';
import type { OpenBackend } from '../../run/open-backend.ts';
import { type ReadFeatureId, readFeatures } from './features.ts';
import { conductOf, findOwnRow, type KeyConduct, type KeyRow, seesOneWorkspace } from './identify-key.ts';
import { askOnce, firstRow, isUnreachable, type Probed, type ProbedRow, probedRowsOf, textOfMember } from './probed.ts';

export interface Survey {
  readonly probes: ReadonlyMap<ReadFeatureId, Probed>;
  /** The calling key's own row, found by its first and last characters; null: not found, or two look alike. */
  readonly own: KeyRow | null;
  readonly conduct: KeyConduct;
  /** What was tried in, as the service was asked for it; null: none. */
  readonly workspace: string | null;
  /** UUID of the organisation; null: nothing showed it. */
  readonly organisation: string | null;
  /** Every other probe that was sent: how the conduct was found out. */
  readonly extra: readonly Probed[];
}

export interface SurveyInput {
  readonly probe: OpenBackend['probe'];
  readonly apiKey: string;
  /** Slugs or UUIDs, the first that exists is tried; from `--workspace`, then from the files. */
  readonly wanted: readonly string[];
  /** `--workspace` was given: another will not do. */
  readonly insists: boolean;
  /** Of the files. */
  readonly organisation: string | null;
  /** Integrations that the files name. */
  readonly integrations: readonly string[];
  readonly now: Date;
}

const largestPage = { page_size: 100, current_page: 0 };
const onePage = { page_size: 1, current_page: 0 };
const encode = encodeURIComponent;
/** @throws UserError for a workspace asked for that there is not; CancelledError */
export async function surveyService(input: SurveyInput): Promise<Survey> {
  const probes = new Map<ReadFeatureId, Probed>();
  const ask = (request: ProbeRequest): Promise<Probed> => askOnce(input.probe, request);
  const put = async (id: ReadFeatureId, request: ProbeRequest | string): Promise<Probed> => {
    const scope = readFeatures[id].scopes[0];
    const probed: Probed =
      typeof request === 'string' ? { state: 'skipped', why: request } : await ask({ ...request, scope });
    probes.set(id, probed);
    return probed;
  };

  const listed = await put('workspaces.list', { path: '/admin/workspaces', query: largestPage });
  // Asked for what is not there, the service says things that lead astray.
  if (input.insists && isWhole(listed)) requireWorkspaces(input.wanted, namesOf(listed));
  if (isUnreachable(listed)) {
    for (const id of Object.keys(readFeatures) as ReadFeatureId[])
      if (id !== 'workspaces.list') await put(id, 'the control plane cannot be reached');
    return { probes, own: null, conduct: 'unknown', workspace: null, organisation: null, extra: [] };
  }

  const keys = await findOwnRow(input.apiKey, ask, (probed) => probes.set('keys.list', probed));
  const extra: Probed[] = [];
  let conduct = conductOf(keys.own, listed);
  if (conduct === 'unknown') {
    // An admin key that names no workspace is told 400, or gets the lists of all; a workspace key has only the one.
    const bare = await ask({ path: '/policies/usage-limits', query: onePage, scope: 'policies.list' });
    extra.push(bare);
    if (bare.state === 'failed' && bare.error.status === 400) conduct = 'admin';
    else if (seesOneWorkspace(keys.rows)) conduct = 'workspace';
    else if (bare.state === 'answered') conduct = keys.rows.length > 0 ? 'admin' : 'workspace';
  }

  const target = chooseWorkspace(input, listed, conduct, keys.rows);
  await probeWorkspace(put, input, target, conduct, probes);
  return {
    probes,
    own: keys.own,
    conduct: answersForAnother(probes, target.id) ? 'workspace' : conduct,
    workspace: target.shown,
    organisation: organisationOf(probes),
    extra,
  };
}

/** All workspaces that there are: a full page may be followed by more. */
function isWhole(listed: Probed): boolean {
  const count = probedRowsOf(listed).length;
  return listed.state === 'answered' && count > 0 && count < largestPage.page_size;
}

function namesOf(listed: Probed): readonly { readonly id: string; readonly slug: string }[] {
  const live = probedRowsOf(listed).filter((row) => row.status !== 'archived');
  return live.map((row) => ({ id: textOfMember(row, 'id') ?? '', slug: textOfMember(row, 'slug') ?? '' }));
}

type Put = (id: ReadFeatureId, request: ProbeRequest | string) => Promise<Probed>;

async function probeWorkspace(
  put: Put,
  input: SurveyInput,
  target: Target,
  conduct: KeyConduct,
  probes: ReadonlyMap<ReadFeatureId, Probed>,
): Promise<void> {
  const within = target.id === null ? {} : { workspace_id: target.id };
  // A workspace key needs no workspace: the service takes its own. What is not known to be an admin key may be one.
  const why = target.id === null && conduct === 'admin' ? (target.why ?? 'no workspace to try it in') : null;
  const inWorkspace = (request: ProbeRequest): ProbeRequest | string => why ?? request;

  await Promise.all([
    put(
      'workspaces.read',
      target.id === null
        ? (target.why ?? 'no workspace is known to this key')
        : { path: `/admin/workspaces/${encode(target.id)}` },
    ),
    probePolicies(put, inWorkspace, within),
    probeKeys(put, probes),
    probeProviders(put, inWorkspace, within),
    probeIntegrations(put, input.integrations),
    probeConfigs(put, inWorkspace, within),
    ...probeAnalytics(put, inWorkspace, target, input.now),
  ]);
  const organisation = organisationOf(probes) ?? input.organisation;
  const day = { start_time: daysBefore(input.now, 1), end_time: input.now.toISOString() };
  await put(
    'audit-logs.list',
    organisation === null
      ? 'the service wants the id of the organisation, which nothing showed'
      : { path: '/audit-logs', query: { ...day, organisation_id: organisation, ...onePage } },
  );
}

async function probePolicies(
  put: Put,
  inWorkspace: (request: ProbeRequest) => ProbeRequest | string,
  within: Readonly<Record<string, string>>,
): Promise<void> {
  const query = { ...within, ...onePage };
  const [listed] = await Promise.all([
    put('usage-policies.list', inWorkspace({ path: '/policies/usage-limits', query })),
    put('rate-policies.list', inWorkspace({ path: '/policies/rate-limits', query })),
  ]);
  const id = textOfMember(firstRow(listed), 'id');
  const path = `/policies/usage-limits/${encode(id ?? '')}`;
  const none = whyNone(listed, 'there is no usage policy in this workspace to try it on');
  await Promise.all([
    put('usage-policies.read', id === null ? none : { path, query: { include_usage: true } }),
    put('usage-policies.entities', id === null ? none : { path: `${path}/entities`, query: onePage }),
  ]);
}

async function probeKeys(put: Put, probes: ReadonlyMap<ReadFeatureId, Probed>): Promise<void> {
  const listed = probes.get('keys.list');
  const id = listed === undefined ? null : textOfMember(firstRow(listed), 'id');
  const none = listed === undefined ? 'keys were not listed' : whyNone(listed, 'there is no API key to try it on');
  await put('keys.read', id === null ? none : { path: `/api-keys/${encode(id)}` });
}

async function probeProviders(
  put: Put,
  inWorkspace: (request: ProbeRequest) => ProbeRequest | string,
  within: Readonly<Record<string, string>>,
): Promise<void> {
  const listed = await put('providers.list', inWorkspace({ path: '/providers', query: { ...within, ...onePage } }));
  const slug = textOfMember(firstRow(listed), 'slug');
  const none = whyNone(listed, 'there is no provider in this workspace to try it on');
  await put('providers.read', slug === null ? none : { path: `/providers/${encode(slug)}`, query: within });
}

async function probeIntegrations(put: Put, wanted: readonly string[]): Promise<void> {
  const listed = await put('integrations.list', { path: '/integrations', query: largestPage });
  const slugs = probedRowsOf(listed).flatMap((row) => textOfMember(row, 'slug') ?? []);
  const slug = wanted.find((name) => slugs.includes(name)) ?? slugs[0];
  const none = whyNone(listed, 'there is no integration to try it on');
  const path = `/integrations/${encode(slug ?? '')}`;
  await Promise.all([
    put('integrations.read', slug === undefined ? none : { path }),
    put('integrations.shares', slug === undefined ? none : { path: `${path}/workspaces` }),
  ]);
}

async function probeConfigs(
  put: Put,
  inWorkspace: (request: ProbeRequest) => ProbeRequest | string,
  within: Readonly<Record<string, string>>,
): Promise<void> {
  const listed = await put('configs.list', inWorkspace({ path: '/configs', query: { ...within, ...onePage } }));
  const slug = textOfMember(firstRow(listed), 'slug');
  const none = whyNone(listed, 'there is no gateway config in this workspace to try it on');
  await put('configs.read', slug === null ? none : { path: `/configs/${encode(slug)}` });
}

function probeAnalytics(
  put: Put,
  inWorkspace: (request: ProbeRequest) => ProbeRequest | string,
  { slug }: Target,
  now: Date,
): Promise<Probed>[] {
  const calls: Calls = { workspace: slug ?? undefined, from: now.getTime() - dayMilliseconds, to: now.getTime() };
  const [graph, ofGraph] = graphOf('cost', calls);
  const [groups, ofGroups] = groupsOf(groupings.model, calls, onePage.current_page, onePage.page_size);
  return [
    put('analytics.graphs', inWorkspace({ path: `/analytics${graph}`, query: ofGraph })),
    put('analytics.groups', inWorkspace({ path: `/analytics${groups}`, query: ofGroups })),
  ];
}

interface Target {
  /** For `workspace_id`; null: none. */
  readonly id: string | null;
  readonly slug: string | null;
  readonly shown: string | null;
  /** Why there is none. */
  readonly why?: string;
}

const noTarget: Target = { id: null, slug: null, shown: null };

function chooseWorkspace(
  { wanted, insists }: SurveyInput,
  listed: Probed,
  conduct: KeyConduct,
  keys: readonly ProbedRow[],
): Target {
  const rows = probedRowsOf(listed).filter((row) => row.status !== 'archived');
  const pick = wanted
    .map((ref) => rows.find((row) => row.slug === ref || row.id === ref))
    .find((row) => row !== undefined);
  const row: ProbedRow | undefined = pick ?? (insists ? undefined : rows[0]);
  if (row !== undefined) {
    const slug = textOfMember(row, 'slug');
    return { id: textOfMember(row, 'id'), slug, shown: slug };
  }
  if (listed.state === 'answered' && !insists) return { ...noTarget, why: 'there is no workspace to try it in' };
  // A workspace key answers for its own, whatever it is asked for.
  if (conduct === 'workspace') return noTarget;
  const ref = wanted[0] ?? keys.flatMap((key) => textOfMember(key, 'workspace_id') ?? [])[0];
  if (ref === undefined)
    return { ...noTarget, why: 'no workspace is known: they cannot be listed, and no file names one' };
  return { id: ref, slug: ref, shown: ref };
}

/** Asked for one workspace, sent rows of another. */
function answersForAnother(probes: ReadonlyMap<ReadFeatureId, Probed>, workspaceId: string | null): boolean {
  if (workspaceId === null || !/^[0-9a-f-]{36}$/i.test(workspaceId)) return false;
  const lists: readonly ReadFeatureId[] = ['usage-policies.list', 'rate-policies.list', 'providers.list'];
  return lists.some((id) => {
    const probed = probes.get(id);
    const found = probed === undefined ? null : textOfMember(firstRow(probed), 'workspace_id');
    return found !== null && found !== workspaceId;
  });
}

function organisationOf(probes: ReadonlyMap<ReadFeatureId, Probed>): string | null {
  const workspace = probes.get('workspaces.read');
  if (workspace?.state === 'answered') {
    const found = textOfMember(workspace.body, 'organisation_id');
    if (found !== null) return found;
  }
  for (const probed of probes.values()) {
    const found = textOfMember(firstRow(probed), 'organisation_id');
    if (found !== null) return found;
  }
  return null;
}

function whyNone(listed: Probed, otherwise: string): string {
  if (listed.state === 'skipped') return listed.why;
  return listed.state === 'failed' ? 'the list did not show any' : otherwise;
}

function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * dayMilliseconds).toISOString();
}
