/** The one table of tools: the command line, the server for agents and the documentation go by it. */

import { createPolicyTool } from './create-policy.ts';
import { deletePolicyTool } from './delete-policy.ts';
import { estimateBudgetTool } from './estimate-budget.ts';
import { explainLimitTool } from './explain-limit.ts';
import { exportLogsTool } from './export-logs.ts';
import { getCostAnalyticsTool } from './get-cost-analytics.ts';
import { getLogDetailsTool } from './get-log-details.ts';
import { getMetadataAnalyticsTool } from './get-metadata-analytics.ts';
import { getModelAnalyticsSummaryTool } from './get-model-analytics-summary.ts';
import { getProposalTool } from './get-proposal.ts';
import { getProviderAnalyticsSummaryTool } from './get-provider-analytics-summary.ts';
import { getRateLimitsTool } from './get-rate-limits.ts';
import { getRequestAnalyticsTool } from './get-request-analytics.ts';
import { getTokenAnalyticsTool } from './get-token-analytics.ts';
import { getUserAnalyticsSummaryTool } from './get-user-analytics-summary.ts';
import { getVirtualKeysTool } from './get-virtual-keys.ts';
import { importUnmanagedTool } from './import-unmanaged.ts';
import { lintPoliciesTool } from './lint-policies.ts';
import { listConfigsTool } from './list-configs.ts';
import { listLogExportsTool } from './list-log-exports.ts';
import { listLogsTool } from './list-logs.ts';
import { listModelsTool } from './list-models.ts';
import { listPoliciesTool } from './list-policies.ts';
import { listWorkspacesTool } from './list-workspaces.ts';
import { planPoliciesTool } from './plan-policies.ts';
import { reportDriftTool } from './report-drift.ts';
import { setRecipientsTool } from './set-recipients.ts';
import { submitFeedbackTool } from './submit-feedback.ts';
import { suggestBudgetTool } from './suggest-budget.ts';
import type { Tool } from './tool.ts';
import { updateLimitsTool } from './update-limits.ts';

export const tools: readonly Tool[] = [
  listWorkspacesTool,
  getCostAnalyticsTool,
  getRequestAnalyticsTool,
  getTokenAnalyticsTool,
  getUserAnalyticsSummaryTool,
  getModelAnalyticsSummaryTool,
  getProviderAnalyticsSummaryTool,
  getMetadataAnalyticsTool,
  getVirtualKeysTool,
  listPoliciesTool,
  explainLimitTool,
  getRateLimitsTool,
  planPoliciesTool,
  lintPoliciesTool,
  reportDriftTool,
  estimateBudgetTool,
  suggestBudgetTool,
  listConfigsTool,
  listModelsTool,
  listLogsTool,
  getLogDetailsTool,
  listLogExportsTool,
  exportLogsTool,
  createPolicyTool,
  updateLimitsTool,
  deletePolicyTool,
  setRecipientsTool,
  importUnmanagedTool,
  getProposalTool,
  submitFeedbackTool,
];

/** Names that other servers have for a tool: answered, and not listed. */
const otherNames: Readonly<Record<string, string>> = { list_virtual_keys: 'get_virtual_keys' };

/** @param among default: all */
export function findTool(name: string, among: readonly Tool[] = tools): Tool | undefined {
  const own = Object.hasOwn(otherNames, name) ? otherNames[name] : name;
  return among.find((tool) => tool.name === own);
}
