/**
 * The rules by name, as people write them in `review.rules` and `silence`. Every name has its rule in src/rules; the names
 * stand apart so that reading a file needs none of that code.
 */
export const ruleNames = [
  'alert-missing',
  'alert-too-late',
  'weeks-differ',
  'lifetime-amount-like-monthly',
  'rate-never-binds-itself',
  'token-rate-below-one-call',
  'duplicate-limit',
  'budget-never-reached',
  'rate-never-reached',
  'oversubscribed',
  'metadata-escapable',
  'metadata-number',
  'user-from-body',
  'per-config',
  'model-by-slug',
  'mcp-per-key',
  'gateway-too-old',
  'gateway-counts-requests-as-tokens',
  'gateway-ignores-weekly-rates',
  'gateway-ignores-endpoint-type',
  'recipients-without-budget',
  'single-recipient',
  'secret-in-file',
  'counters-multiply',
  'metadata-fixed-by-key',
  'workspace-without-budget',
  'key-without-limit',
  'exhausted',
  'expires-soon',
  'legacy-virtual-key',
  'starting-in-past',
  'fallback-passes-budget',
  'cache-passes-limit',
] as const;

export type RuleName = (typeof ruleNames)[number];
