/** What tollgate uses of a control plane: which scope it takes, and what it is for. */

import type { Kind } from '../../resources/types.ts';

/** Requests of one group are switched on and off together: if one is answered, the plan of the account has them all. */
export type FeatureGroup =
  | 'workspaces'
  | 'policies'
  | 'keys'
  | 'providers'
  | 'integrations'
  | 'configs'
  | 'analytics'
  | 'audit';

export interface Feature {
  readonly id: string;
  readonly title: string;
  readonly group: FeatureGroup;
  /** Any one of them is enough (docs/service-notes.md#keys-and-scopes). */
  readonly scopes: readonly string[];
  /** Needed where one of these kinds is in use; `always`; `never`: commands do without and say so. */
  readonly needs: readonly Kind[] | 'always' | 'never';
  /** Only an organisation admin key may do it at all. */
  readonly adminOnly?: true;
  /** What a 404 on it means, besides a wrong base URL. */
  readonly since?: string;
}

const keyFamilies = ['workspace_service_api_keys', 'workspace_user_api_keys', 'organisation_service_api_keys'];
const ofKeys = (verb: string): string[] => keyFamilies.map((family) => `${family}.${verb}`);
const ofProviders = (verb: string): string[] => [`providers.${verb}`, `virtual_keys.${verb}`];

const policyKinds = ['usage-policy', 'rate-policy'] as const;

export const readFeatures = {
  'workspaces.list': {
    id: 'workspaces.list',
    title: 'list workspaces',
    group: 'workspaces',
    scopes: ['workspaces.list'],
    needs: 'always',
    adminOnly: true,
  },
  'workspaces.read': {
    id: 'workspaces.read',
    title: 'read a workspace',
    group: 'workspaces',
    scopes: ['workspaces.read'],
    needs: 'always',
    adminOnly: true,
  },
  'usage-policies.list': {
    id: 'usage-policies.list',
    title: 'list usage policies',
    group: 'policies',
    scopes: ['policies.list'],
    needs: ['usage-policy'],
    since: 'policies, which came with backend 1.9',
  },
  'usage-policies.read': {
    id: 'usage-policies.read',
    title: 'read a usage policy',
    group: 'policies',
    scopes: ['policies.read'],
    needs: policyKinds,
  },
  'usage-policies.entities': {
    id: 'usage-policies.entities',
    title: 'counters of a policy',
    group: 'policies',
    scopes: ['policies.read'],
    needs: 'never',
    since: 'the counters of policies',
  },
  'rate-policies.list': {
    id: 'rate-policies.list',
    title: 'list rate policies',
    group: 'policies',
    scopes: ['policies.list'],
    needs: ['rate-policy'],
    since: 'rate policies, which came with backend 1.9',
  },
  'keys.list': {
    id: 'keys.list',
    title: 'list API keys',
    group: 'keys',
    scopes: ofKeys('list'),
    needs: ['key-limits'],
  },
  'keys.read': {
    id: 'keys.read',
    title: 'read an API key',
    group: 'keys',
    scopes: ofKeys('read'),
    needs: ['key-limits'],
  },
  'providers.list': {
    id: 'providers.list',
    title: 'list providers',
    group: 'providers',
    scopes: ofProviders('list'),
    needs: ['provider-limits'],
    since: '/providers (older ones have /virtual-keys, which tollgate does not use)',
  },
  'providers.read': {
    id: 'providers.read',
    title: 'read a provider',
    group: 'providers',
    scopes: ofProviders('read'),
    needs: ['provider-limits'],
  },
  'integrations.list': {
    id: 'integrations.list',
    title: 'list integrations',
    group: 'integrations',
    scopes: ['organisation_integrations.list', 'workspace_integrations.list'],
    needs: ['integration-limits', 'integration-prices'],
  },
  'integrations.read': {
    id: 'integrations.read',
    title: 'read an integration',
    group: 'integrations',
    scopes: ['organisation_integrations.read', 'workspace_integrations.read'],
    needs: ['integration-limits', 'integration-prices'],
  },
  'integrations.shares': {
    id: 'integrations.shares',
    title: 'shares of an integration',
    group: 'integrations',
    scopes: ['organisation_integrations.read', 'workspace_integrations.read'],
    needs: ['integration-limits'],
  },
  'configs.list': {
    id: 'configs.list',
    title: 'list gateway configs',
    group: 'configs',
    scopes: ['configs.list'],
    needs: 'never',
  },
  'configs.read': {
    id: 'configs.read',
    title: 'read a gateway config',
    group: 'configs',
    scopes: ['configs.read'],
    needs: 'never',
  },
  'analytics.graphs': {
    id: 'analytics.graphs',
    title: 'analytics: graphs',
    group: 'analytics',
    scopes: ['analytics.view'],
    needs: 'never',
    since: 'analytics',
  },
  'analytics.groups': {
    id: 'analytics.groups',
    title: 'analytics: groups',
    group: 'analytics',
    scopes: ['analytics.view'],
    needs: 'never',
    since: 'groups by workspace, model and provider, which came with backend 1.11.2',
  },
  'audit-logs.list': {
    id: 'audit-logs.list',
    title: 'audit log',
    group: 'audit',
    scopes: ['audit_logs.list'],
    needs: 'never',
    adminOnly: true,
    since: 'audit logs',
  },
} as const satisfies Readonly<Record<string, Feature>>;

export type ReadFeatureId = keyof typeof readFeatures;

export interface WriteFeature {
  readonly id: string;
  readonly title: string;
  /** All of them are needed; of one list, any. */
  readonly scopes: readonly (readonly string[])[];
  readonly kinds: readonly Kind[];
}

export const writeFeatures: readonly WriteFeature[] = [
  {
    id: 'policies.write',
    title: 'policies',
    scopes: [['policies.create'], ['policies.update'], ['policies.delete']],
    kinds: policyKinds,
  },
  {
    id: 'workspaces.write',
    title: 'limits of workspaces',
    scopes: [['workspaces.update']],
    kinds: ['workspace-limits'],
  },
  { id: 'keys.write', title: 'limits of API keys', scopes: [ofKeys('update')], kinds: ['key-limits'] },
  {
    id: 'providers.write',
    title: 'limits of providers',
    scopes: [ofProviders('update')],
    kinds: ['provider-limits'],
  },
  {
    id: 'integrations.write',
    title: 'limits of integrations',
    scopes: [['organisation_integrations.update', 'workspace_integrations.update']],
    kinds: ['integration-limits', 'integration-prices'],
  },
];

/** Documents print a colon, keys carry a dot (docs/service-notes.md#keys-and-scopes). */
export function holdsAny(held: readonly string[], wanted: readonly string[]): boolean {
  const dotted = new Set(held.map((scope) => scope.replace(':', '.')));
  return wanted.some((scope) => dotted.has(scope));
}
