/** The library: what the command is made of, for programs of one's own. Everything else is internal. */

export { createApiBackend } from './client/api-backend.ts';
export { type Client, type ClientOptions, createClient } from './client/client.ts';
export type { Diagnostic, Severity, Source } from './diagnostics.ts';
export { parseFault } from './emulator/faults.ts';
export { parseQuirk } from './emulator/quirks.ts';
export { sampleSeed } from './emulator/sample/seed.ts';
export { type Emulator, type ListenOptions, startEmulator } from './emulator/server.ts';
export { CancelledError, ServiceError, UserError } from './errors.ts';
export { type ExitCode, exitCodes } from './exit-codes.ts';
export type { Impact } from './impact/document.ts';
export type { Backend } from './live/backend.ts';
export type { Live } from './live/live.ts';
export { readLive } from './live/read-live.ts';
export type { AppliedRecord } from './plan/applied-record.ts';
export { assessImpact, budgetMoves } from './plan/assess-impact.ts';
export { buildPlan, type PlanInput } from './plan/build-plan.ts';
export { filterPlan, type PlanFilter } from './plan/mode.ts';
export { nextWorkspaces } from './plan/next-record.ts';
export { settleClaim } from './plan/settle-claim.ts';
export type { Change, FieldChange, Outcome, Plan, PlanResult } from './plan/types.ts';
export { type Compiled, compilePolicies, type PolicyFile } from './policy/compile.ts';
export { costOf, type Dearest, dearest, type Range, ratesOf, ratesOfAll, tokensOf } from './prices/estimate.ts';
export { parsePriceFile } from './prices/parse-prices.ts';
export { isPriced, priceOf } from './prices/price-of.ts';
export type { ModelPrice, PriceBook, PriceKind } from './prices/types.ts';
export { type ApplyOptions, applyPlan, type Clock } from './reconcile/apply-plan.ts';
export { needsOf } from './reconcile/live-needs.ts';
export { readUsage } from './reconcile/read-usage.ts';
export { createFileStore } from './record/file.ts';
export { createGitRefStore } from './record/git-ref.ts';
export { createMemoryStore } from './record/memory.ts';
export type { RecordStore, StoredRecord } from './record/store.ts';
export { planDocument } from './render/json.ts';

export { renderPlanMarkdown, renderPlanText } from './render/plan.ts';
export type { Desired, DesiredEntry, Fields, Kind, ResourceKey } from './resources/types.ts';
