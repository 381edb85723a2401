/** What people did in the sample organisation: the audit log of the changes made by hand, and some feedback. */

import type { SampleDates } from './sample-dates.ts';
import { sampleId, sampleOrganisationId } from './sample-ids.ts';
import { keyId, type SampleArea, userId, workspaceId } from './sample-organisation.ts';
import type { AuditRow, FeedbackRow, RequestLogRow } from './store.ts';

interface AuditDraft {
  readonly daysAgo: number;
  readonly method: AuditRow['method'];
  readonly uri: string;
  readonly area: SampleArea;
  readonly user: string;
  readonly resource_type: string;
  readonly action: string;
  readonly body: object;
}

const drafts: readonly AuditDraft[] = [
  {
    // The drift of the first plan: who took the recipient off, and when.
    daysAgo: 2,
    method: 'PUT',
    uri: `/v1/api-keys/${keyId('marketing', 'campaign-writer')}`,
    area: 'marketing',
    user: 'campaign-manager',
    resource_type: 'api_key',
    action: 'update',
    body: { alert_emails: ['ai-finance@example.com', 'marketing-lead@example.com'] },
  },
  {
    daysAgo: 6,
    method: 'PUT',
    uri: `/v1/admin/workspaces/${workspaceId('research')}`,
    area: 'research',
    user: 'platform-admin',
    resource_type: 'workspace',
    action: 'update',
    body: { usage_limits: [{ type: 'cost', credit_limit: 1_500, periodic_reset: 'monthly' }] },
  },
  {
    daysAgo: 9,
    method: 'POST',
    uri: '/v1/policies/usage-limits',
    area: 'marketing',
    user: 'campaign-manager',
    resource_type: 'usage_limits_policy',
    action: 'create',
    body: { name: 'summer-campaign' },
  },
  {
    daysAgo: 11,
    method: 'POST',
    uri: '/v1/policies/rate-limits',
    area: 'support',
    user: 'agent-1',
    resource_type: 'rate_limits_policy',
    action: 'create',
    body: { name: 'weekend-brake' },
  },
];

/** In order of their making, as the store keeps rows. */
export function buildAuditLogs(dates: SampleDates): AuditRow[] {
  return [...drafts].reverse().map((draft) => ({
    timestamp: dates.ago(draft.daysAgo),
    method: draft.method,
    uri: draft.uri,
    request_id: sampleId(`request ${draft.uri} ${draft.daysAgo}`),
    request_body: JSON.stringify(draft.body),
    query_params: '{}',
    request_headers: JSON.stringify({ 'content-type': 'application/json' }),
    user_id: userId(draft.user),
    user_type: 'user',
    organisation_id: sampleOrganisationId,
    workspace_id: workspaceId(draft.area),
    response_status_code: 200,
    resource_type: draft.resource_type,
    action: draft.action,
    client_ip: '192.0.2.17',
    country: 'DE',
  }));
}

/** Thumbs on every fortieth answer of the support desk. */
export function buildFeedback(requestLogs: readonly RequestLogRow[]): FeedbackRow[] {
  const answers = requestLogs.filter((row) => row.workspace_id === workspaceId('support') && row.is_success);
  return answers
    .filter((_, index) => index % 40 === 0)
    .map((row, index) => ({
      id: sampleId(`feedback ${row.trace_id}`),
      trace_id: row.trace_id,
      workspace_id: row.workspace_id,
      value: index % 4 === 3 ? -5 : 5,
      weight: index % 2 === 0 ? 1 : 0.5,
      metadata: {},
      created_at: row.created_at,
    }));
}
