/**
 * Which policies a request falls under, and into which of their counters: the vendor's own gateway as it was measured
 *, table by table. Pure.
 *
 * | condition | matches |
 * |---|---|
 * | the request has no value for the key (absent, empty text, null, 0) | no, whatever the condition says |
 * | `excludes` holds the value | no |
 * | value `"*"`, `""` or absent | yes |
 * | value `["*"]` | only the literal asterisk |
 * | value `[]` | no |
 * | a text or a list | exact, compared without conversion (number 7 is not `"7"`) |
 * | `model` | `@<vendor>/<model>`; an entry that ends in `/*` matches by prefix, in `excludes` too |
 * | `endpoint_type`, `mcp_server`, `mcp_tool`, unknown keys | no: the measured gateway has no value for them |
 */

/** One condition as the wire has it. */
export interface SentCondition {
  readonly key: string;
  readonly value?: string | readonly string[] | undefined;
  readonly excludes?: string | readonly string[] | undefined;
}

/** The part of a policy that decides what it applies to. */
export interface MatchablePolicy {
  readonly workspace_id: string;
  readonly conditions: readonly SentCondition[];
  readonly group_by: readonly { readonly key: string }[];
  readonly status?: string;
  readonly target?: string;
}

/** What the gateway knows of a request when it looks at the policies. */
export interface RequestFacts {
  readonly organisation_id: string;
  readonly workspace_id: string;
  readonly api_key_id: string;
  /** The provider (virtual key): conditions name its slug, counters carry its id. */
  readonly virtual_key?: { readonly id: string; readonly slug: string } | undefined;
  /** The vendor's name (`openai`), never the provider's slug. */
  readonly vendor?: string | undefined;
  /** As the caller wrote it, without the `@slug/` in front. */
  readonly model?: string | undefined;
  readonly config_slug?: string | undefined;
  readonly prompt?: { readonly id: string; readonly slug: string } | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const metadataPrefix = 'metadata.';

/** The value that a condition is held against; undefined or empty: the condition cannot hold. */
function readConditionValue(key: string, request: RequestFacts): unknown {
  if (key.startsWith(metadataPrefix)) return readMetadata(key, request);
  switch (key) {
    case 'api_key':
      return request.api_key_id;
    case 'workspace_id':
      return request.workspace_id;
    case 'organisation_id':
      return request.organisation_id;
    case 'virtual_key':
      return request.virtual_key?.slug;
    case 'provider':
      return request.vendor;
    case 'config':
      return request.config_slug;
    case 'prompt':
      return request.prompt?.slug;
    case 'model':
      return request.vendor && request.model ? `@${request.vendor}/${request.model}` : undefined;
    default:
      return undefined;
  }
}

/** The value that names a counter: ids where conditions have slugs, and a dot between vendor and model. */
function readGroupValue(key: string, request: RequestFacts): unknown {
  switch (key) {
    case 'virtual_key':
      return request.virtual_key?.id;
    case 'prompt':
      return request.prompt?.id;
    case 'model':
      return request.vendor && request.model ? `${request.vendor}.${request.model}` : undefined;
    case 'config':
      // Grouping by config never finds a value in the measured gateway: the policy is skipped.
      return undefined;
    default:
      return readConditionValue(key, request);
  }
}

function readMetadata(key: string, request: RequestFacts): unknown {
  const name = key.slice(metadataPrefix.length);
  return Object.hasOwn(request.metadata, name) ? request.metadata[name] : undefined;
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0 && value !== false;
}

function isAmong(key: string, value: unknown, entries: string | readonly string[]): boolean {
  const list = typeof entries === 'string' ? [entries] : entries;
  return list.some((entry) => {
    if (key === 'model' && entry.endsWith('/*')) {
      return typeof value === 'string' && value.startsWith(entry.slice(0, -1));
    }
    return entry === value;
  });
}

export function isConditionMet(condition: SentCondition, request: RequestFacts): boolean {
  const { key, value: wanted, excludes } = condition;
  const value = readConditionValue(key, request);
  if (!hasValue(value)) return false;
  if (excludes !== undefined && isAmong(key, value, excludes)) return false;
  if (wanted === undefined || wanted === '' || wanted === '*') return true;
  return isAmong(key, value, wanted);
}

/** The name of the counter a request falls into; undefined when a grouping key has no value: the policy is skipped. */
export function buildValueKey(groupBy: readonly { readonly key: string }[], request: RequestFacts): string | undefined {
  const parts: string[] = [];
  for (const { key } of groupBy) {
    const value = readGroupValue(key, request);
    if (!hasValue(value)) return undefined;
    // Not escaped: values that hold `-` or `:` cannot be told apart. Never parse a value key.
    parts.push(`${key}:${String(value)}`);
  }
  return parts.length === 0 ? 'default' : parts.join('-');
}

/** The value key under which `policy` counts `request`; undefined when it does not apply. */
export function matchPolicy(policy: MatchablePolicy, request: RequestFacts): string | undefined {
  if (policy.status !== undefined && policy.status !== 'active') return undefined;
  if (policy.workspace_id !== request.workspace_id) return undefined;
  // A policy on MCP tools does not see model requests.
  if (policy.target === 'mcp_tools') return undefined;
  if (!policy.conditions.every((condition) => isConditionMet(condition, request))) return undefined;
  return buildValueKey(policy.group_by, request);
}

export interface MatchedPolicy<Policy extends MatchablePolicy> {
  readonly policy: Policy;
  readonly valueKey: string;
}

/** Every policy that applies; all of them count the request, and any one that is exhausted blocks it. */
export function findMatchingPolicies<Policy extends MatchablePolicy>(
  policies: readonly Policy[],
  request: RequestFacts,
): readonly MatchedPolicy<Policy>[] {
  return policies.flatMap((policy) => {
    const valueKey = matchPolicy(policy, request);
    return valueKey === undefined ? [] : [{ policy, valueKey }];
  });
}
