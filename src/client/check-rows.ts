/** Rows as tollgate reads them, for whoever asked for them without reading them. */

import { describeIssue } from './describe-issue.ts';
import {
  integrationSchema,
  integrationWorkspaceSchema,
  keySchema,
  providerSchema,
  ratePolicySchema,
  usagePolicySchema,
  workspaceSchema,
} from './schemas.ts';

const schemas = {
  workspaces: workspaceSchema,
  'usage-policies': usagePolicySchema,
  'rate-policies': ratePolicySchema,
  keys: keySchema,
  providers: providerSchema,
  integrations: integrationSchema,
  shares: integrationWorkspaceSchema,
} as const;

export type RowFamily = keyof typeof schemas;

/** The first row that makes no sense: `row 0f3c…: member slug cannot be read (…)`, never with its value. Null: all do. */
export function findOddRow(family: RowFamily, rows: readonly unknown[]): string | null {
  for (const [index, row] of rows.entries()) {
    const parsed = schemas[family].safeParse(row);
    if (parsed.success) continue;
    const id = typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? row.id : null;
    return `row ${id ?? `number ${index + 1}`}: ${describeIssue(parsed.error)}`;
  }
  return null;
}
