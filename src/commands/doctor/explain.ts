/** What the answers of the service mean, and what to do about them. Pure. */

import { findOddRow, type RowFamily } from '../../client/check-rows.ts';
import type { ServiceError } from '../../errors.ts';
import { capitalize } from '../../render/capitalize.ts';
import type { CheckState, CheckView, KeyView, ProofRequest } from '../../render/doctor.ts';
import type { Kind } from '../../resources/types.ts';
import {
  type Feature,
  holdsAny,
  type ReadFeatureId,
  readFeatures,
  type WriteFeature,
  writeFeatures,
} from './features.ts';
import type { KeyConduct } from './identify-key.ts';
import type { Survey } from './probe-service.ts';
import { firstRow, type Probed, probedRowsOf } from './probed.ts';

export interface ExplainInput {
  readonly survey: Survey;
  /** Kinds that the files declare; null: no files, so all of them. */
  readonly kinds: ReadonlySet<Kind> | null;
}

interface Said {
  readonly state: CheckState;
  readonly detail: string | null;
  readonly advice: string | null;
}

const fine: Said = { state: 'works', detail: null, advice: null };

export function explainReads(input: ExplainInput): CheckView[] {
  const { survey } = input;
  return (Object.keys(readFeatures) as ReadFeatureId[]).map((id) => {
    const feature: Feature = readFeatures[id];
    const probed = survey.probes.get(id) ?? { state: 'skipped', why: 'it was not tried' };
    return {
      id,
      group: 'reading',
      title: feature.title,
      needed: isNeeded(feature, input.kinds),
      scopes: feature.scopes,
      request: requestOf(probed),
      ...explainProbe(feature, probed, survey),
    };
  });
}

function isNeeded({ needs }: Feature, kinds: ExplainInput['kinds']): boolean {
  if (needs === 'always' || needs === 'never') return needs === 'always';
  return kinds === null || needs.some((kind) => kinds.has(kind));
}

function requestOf(probed: Probed): ProofRequest | null {
  switch (probed.state) {
    case 'answered':
      return { method: 'GET', path: probed.path, status: probed.status, code: null };
    case 'failed': {
      const { method, path, status, code } = probed.error;
      return { method, path, status: status ?? null, code: code ?? null };
    }
    case 'skipped':
      return null;
  }
}

function explainProbe(feature: Feature, probed: Probed, survey: Survey): Said {
  switch (probed.state) {
    case 'skipped':
      return { state: 'not-tried', detail: probed.why, advice: null };
    case 'answered':
      return explainAnswer(feature, probed, survey);
    case 'failed':
      return explainFailure(feature, probed.error, survey);
  }
}

function explainAnswer(feature: Feature, probed: Probed & { state: 'answered' }, survey: Survey): Said {
  const isList = feature.id.endsWith('.list') || feature.id === 'usage-policies.entities';
  if (isList && probedRowsOf(probed).length === 0 && !holdsList(probed)) {
    return {
      state: 'broken',
      detail: 'the answer holds no list',
      advice: 'PORTKEY_BASE_URL may point at something else than the API of the control plane.',
    };
  }
  const family = rowFamilies[feature.id];
  const odd = family === undefined ? null : findOddRow(family, rowsIn(feature, probed));
  if (odd !== null) {
    return {
      state: 'broken',
      detail: odd,
      advice: 'Put that row right where it was made; until then plans name it, and leave alone what depends on it.',
    };
  }
  if (survey.conduct === 'workspace' && feature.adminOnly === undefined) {
    const own = textOf(firstRow(probed)?.workspace_id);
    const stray = survey.workspace !== null && own !== null ? `, whichever was asked for: here ${own}` : '';
    return { ...fine, detail: `for the workspace of this key alone${stray}` };
  }
  return fine;
}

/** What of the answers is read by plans, and would be set aside. */
const rowFamilies: Readonly<Record<string, RowFamily>> = {
  'workspaces.list': 'workspaces',
  'workspaces.read': 'workspaces',
  'usage-policies.list': 'usage-policies',
  'usage-policies.read': 'usage-policies',
  'rate-policies.list': 'rate-policies',
  'keys.list': 'keys',
  'keys.read': 'keys',
  'providers.list': 'providers',
  'providers.read': 'providers',
  'integrations.list': 'integrations',
  'integrations.read': 'integrations',
  'integrations.shares': 'shares',
};

function rowsIn({ id }: Feature, probed: Probed & { state: 'answered' }): readonly unknown[] {
  return id.endsWith('.read') ? [probed.body] : probedRowsOf(probed);
}

function holdsList(probed: Probed & { state: 'answered' }): boolean {
  const { data, workspaces, records } = probed.body;
  return [data, workspaces, records].some(Array.isArray);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

const tryAgain = 'Run it again in a moment; if it stays so, ask who runs the control plane or the proxy before it.';
const checkUrl = 'Check PORTKEY_BASE_URL: the API, with its path prefix, such as https://api.portkey.ai/v1.';

function explainFailure(feature: Feature, error: ServiceError, survey: Survey): Said {
  const said = error.detail === undefined ? '' : `; it says: ${error.detail}`;
  const { status } = error;
  if (status === undefined) {
    return {
      state: 'broken',
      detail: error.detail ?? 'no answer',
      advice: `${checkUrl} A proxy goes into HTTPS_PROXY, a CA of your own into NODE_EXTRA_CA_CERTS.`,
    };
  }
  if (status === 401) return explain401(feature, survey, said);
  if (status === 402) {
    return {
      state: 'refused',
      detail: `the subscription of the account is exhausted${said}`,
      advice: 'Renew or raise the plan of the account.',
    };
  }
  if (status === 403) return explain403(feature, survey, said);
  if (status === 404 || status === 405) {
    const older = feature.since === undefined ? '' : `this control plane is older than ${feature.since}, or `;
    return {
      state: 'broken',
      detail: `the control plane does not have it${said}`,
      advice: `Either ${older}the base URL is not that of the API. ${checkUrl}`,
    };
  }
  if (status === 429) return { state: 'broken', detail: `too many requests${said}`, advice: tryAgain };
  if (status >= 500) return { state: 'broken', detail: `the service failed${said}`, advice: tryAgain };
  if (status < 400)
    return { state: 'broken', detail: (error.detail ?? 'not an answer of the API').trim(), advice: checkUrl };
  return {
    state: 'broken',
    detail: `the service did not take the request${said}`,
    advice: 'Please report it with the version of the control plane.',
  };
}

const newKey = 'Set PORTKEY_API_KEY to an organisation admin key';

/** 401 is an unknown key, and on some endpoints a missing scope (docs/service-notes.md#keys-and-scopes). What else was answered tells. */
function explain401(feature: Feature, survey: Survey, said: string): Said {
  if (!hasAnswer(survey)) {
    // Said once: every other row would repeat it.
    if (feature.id !== 'workspaces.list') return { state: 'refused', detail: 'the key is not accepted', advice: null };
    return {
      state: 'refused',
      detail: `no request with this key is accepted: it is wrong, revoked, expired, rotated away, or of another control plane${said}`,
      advice: `${newKey} that is valid at this PORTKEY_BASE_URL.`,
    };
  }
  return lacksScope(feature, survey, 'the key itself is accepted elsewhere, so it lacks');
}

/** 403 is a missing scope, the wrong kind of key, or a feature that is switched off: the answer does not tell which. */
function explain403(feature: Feature, survey: Survey, said: string): Said {
  if (survey.conduct === 'workspace' && feature.adminOnly === true) {
    return {
      state: 'refused',
      detail: 'this is a workspace key, and only an organisation admin key may do this',
      advice: `${newKey}, which owners and organisation admins can make.`,
    };
  }
  const held = survey.own?.scopes ?? null;
  if (held !== null && holdsAny(held, feature.scopes)) {
    return {
      state: 'refused',
      detail: `the key holds ${describeScopes(feature.scopes)}, so the feature is probably switched off: not in the plan of the account, or not in this self-hosted control plane${said}`,
      advice: capitalize(adviceOnSwitch(feature)),
    };
  }
  if (held !== null) return lacksScope(feature, survey, "the key's own row does not list");
  if (hasAnswer(survey, feature.group)) {
    return lacksScope(feature, survey, 'related requests are answered, so the key lacks');
  }
  const scope = describeScopes(feature.scopes);
  const admin = feature.adminOnly === true && survey.conduct !== 'admin' ? ', or is not an organisation admin key' : '';
  return {
    state: 'refused',
    detail: `the key lacks ${scope}${admin}, or the account does not have this${said}`,
    advice: `Give the key that scope. If it is refused still: ${adviceOnSwitch(feature)}`,
  };
}

function lacksScope(feature: Feature, survey: Survey, lead: string): Said {
  const scope = describeScopes(feature.scopes);
  const admin =
    feature.adminOnly === true && survey.conduct !== 'admin'
      ? '; or it is not an organisation admin key, which this needs'
      : '';
  return {
    state: 'refused',
    detail: `${lead} ${scope}${admin}`,
    advice: `Add ${scope} to the key, or make a new one with it.`,
  };
}

function adviceOnSwitch({ group }: Feature): string {
  const variable = { policies: 'POLICY_ENABLED', audit: 'AUDIT_LOGS_ENABLED' }[group as string];
  const selfHosted = variable === undefined ? '' : ` Self-hosted: ${variable} switches it.`;
  return `ask Portkey whether the plan of the account has it.${selfHosted}`;
}

function describeScopes(scopes: readonly string[]): string {
  const [first = '', ...rest] = scopes;
  return rest.length === 0 ? `the scope ${first}` : `the scope ${first} (or ${rest.join(', ')})`;
}

function hasAnswer(survey: Survey, group?: Feature['group']): boolean {
  for (const [id, probed] of survey.probes) {
    if (probed.state === 'answered' && (group === undefined || readFeatures[id].group === group)) return true;
  }
  return group === undefined && survey.extra.some(({ state }) => state === 'answered');
}

/** Writes cannot be proven without writing. */
export function explainWrites({ survey, kinds }: ExplainInput): CheckView[] {
  return writeFeatures.map((feature) => ({
    id: feature.id,
    group: 'writing',
    title: feature.title,
    // A key for plans alone is a good key: the row says what an apply would lack.
    needed: false,
    scopes: feature.scopes.flat(),
    request: null,
    ...explainWrite(feature, survey, kinds),
  }));
}

function explainWrite(feature: WriteFeature, survey: Survey, kinds: ExplainInput['kinds']): Said {
  const held = survey.own?.scopes ?? null;
  const wanted = feature.scopes.map((any) => any[0]).join(', ');
  const unused = kinds !== null && !feature.kinds.some((kind) => kinds.has(kind)) ? '; no file declares any' : '';
  if (survey.conduct === 'workspace') {
    return {
      state: 'not-tried',
      detail: 'apply does not run with a workspace key',
      advice: null,
    };
  }
  if (held === null) {
    return { state: 'not-tried', detail: `doctor never writes; it takes ${wanted}${unused}`, advice: null };
  }
  const missing = feature.scopes.filter((any) => !holdsAny(held, any)).map((any) => any[0]);
  if (missing.length === 0) {
    return { state: 'not-tried', detail: `doctor never writes; the key's row lists ${wanted}${unused}`, advice: null };
  }
  return {
    state: 'refused',
    detail: `not tried; the key's own row does not list ${missing.join(', ')}${unused}`,
    advice: 'Right for a key that only plans; a key for apply needs it.',
  };
}

export function explainKey({ own, conduct, probes, extra }: Survey): KeyView {
  const row = {
    name: own?.name ?? null,
    userId: own?.userId ?? null,
    scopes: own?.scopes ?? null,
    expiresAt: own?.expiresAt ?? null,
  };
  if (own !== null && isKnownType(own.type)) {
    return { kind: own.type, how: 'its row in the key list, found by its first and last characters, says so', ...row };
  }
  const isAccepted = [...probes.values(), ...extra].some(({ state }) => state === 'answered');
  if (conduct === 'admin' && isAccepted) return { kind: 'organisation-service', how: 'by what it may do', ...row };
  if (conduct === 'workspace') return { kind: 'workspace', how: 'by what it may do', ...row };
  return { kind: null, how: whyUnknown(isAccepted, conduct, probes), ...row };
}

function isKnownType(type: string | null): type is Exclude<KeyView['kind'], null | 'workspace'> {
  return type === 'organisation-service' || type === 'workspace-service' || type === 'workspace-user';
}

function whyUnknown(isAccepted: boolean, conduct: KeyConduct, probes: Survey['probes']): string {
  if (isAccepted || conduct === 'admin') {
    return 'a workspace key, or an organisation admin key without the scope workspaces.list; what it may do fits both';
  }
  const all = [...probes.values()];
  const refused = all.some((probed) => probed.state === 'failed' && (probed.error.status ?? 500) < 500);
  return refused ? 'nothing was answered with it' : 'the control plane gave no usable answer';
}

/** Once a run, for the statuses that were met: they have several causes, and the answer does not say which. */
export function explainStatuses(checks: readonly CheckView[]): string[] {
  const met = new Set(checks.map(({ request }) => request?.status));
  const texts: Readonly<Record<number, string>> = {
    401: '401: the service does not know the key (wrong, revoked, expired, rotated away, or of another control plane), or on some endpoints the key lacks a scope.',
    403: '403: the key lacks a scope, or is of the wrong kind (a workspace key where an organisation admin key is needed), or the feature is not in the plan of the account or switched off, or the object is gone or belongs to somebody else.',
  };
  return Object.entries(texts).flatMap(([status, text]) => (met.has(Number(status)) ? [text] : []));
}
