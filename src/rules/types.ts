/** What a rule is, and what it looks at. Rules are pure: equal facts, equal findings. */

import type { Known } from '../consumption/ask.ts';
import type { WorkspaceTraffic } from '../consumption/traffic.ts';
import type { Severity, Source } from '../diagnostics.ts';
import type { ConditionFacts } from '../impact/condition-facts.ts';
import type { Member } from '../live/backend.ts';
import type { LiveIndex } from '../live/live-index.ts';
import type { GatewayConfigs } from '../plan/gateway-configs.ts';
import type { ResolvedEntry } from '../plan/resolution.ts';
import type { Scope } from '../plan/scope.ts';
import type { Change, Plan } from '../plan/types.ts';
import type { PriceIndex } from '../prices/price-index.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired, DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import type { RuleName } from '../rule-names.ts';
import type { EntryLimits } from './limits.ts';

/** What the files tell. */
export interface FileFacts {
  readonly desired: Desired;
  /** `review:` in force. */
  readonly settings: Review;
  /** The files as they stand, for what is not an entry. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Entries that are to exist, by workspace as written; those of the organisation under null. */
  readonly byWorkspace: ReadonlyMap<string | null, readonly DesiredEntry[]>;
  /** Live ones, by workspace as written; undefined: only the files are known. */
  readonly providerSlugs?: ReadonlyMap<string | null, readonly string[]>;
  /** Budgets and rates of entries. */
  readonly limits: EntryLimits;
}

/** What is given of them; what rules look up again and again is made of it once for all. */
export type Given<Facts extends FileFacts> = Omit<Facts, 'limits' | 'changeOf'>;

/** What a plan has read besides. Rules ask for nothing themselves. */
export interface LiveFacts extends FileFacts {
  /** What findings are wanted of; missing: everything. */
  readonly scope?: Scope | undefined;
  readonly index: LiveIndex;
  readonly resolved: readonly ResolvedEntry[];
  readonly changes: readonly Change[];
  /** What the plan moves in the record alone. */
  readonly recordLines: Plan['recordLines'];
  /** Without a record nothing was so before. */
  readonly hasRecord: boolean;
  /** The one that is about a live object. */
  readonly changeOf: (liveId: string) => Change | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Null: not looked at. */
  readonly prices: PriceFacts | null;
  /** By workspace id, of those in which the plan changes a limit. */
  readonly traffic: ReadonlyMap<string, WorkspaceTraffic>;
  /** Of the workspaces in which the plan changes a limit that a config may go round; empty: none was asked for. */
  readonly configs: GatewayConfigs;
  /** Of the workspaces in which the plan sets a policy with conditions. */
  readonly conditions: ConditionFacts;
  /** People of the organisation, where the plan changes recipients; null: not asked for. */
  readonly members: Known<readonly Member[]> | null;
}

/** The price files of the vendors that policies name, and the integrations whose limits the plan changes. */
export interface PriceFacts {
  readonly index: PriceIndex;
  /** Milliseconds that prices may be old. */
  readonly maxAge: number;
}

/** Where a finding is about: an entry (and the place of one of its fields), a workspace, or a line of a file. */
export type FindingSubject =
  | { readonly entry: DesiredEntry; readonly source: Source }
  | { readonly workspace: DesiredWorkspace }
  | { readonly line: Source; readonly setting?: string };

export type Found = (subject: FindingSubject, message: string) => void;

interface RuleText {
  readonly name: RuleName;
  /** Number in the catalogue; `G` numbers are what gateways were measured to do otherwise than documented. */
  readonly id: string;
  /** Unless `review.rules` says another. */
  readonly severity: Severity;
  /** What it looks for: follows "Finds", ends without a full stop. */
  readonly finds: string;
  /** Why that matters, in a few sentences. */
  readonly why: string;
  /** What to do, one sentence. */
  readonly fix: string;
}

export interface FileRule extends RuleText {
  readonly where: 'file';
  readonly check: (facts: FileFacts, found: Found) => void;
}

export interface LiveRule extends RuleText {
  readonly where: 'live';
  readonly check: (facts: LiveFacts, found: Found) => void;
}

/** Like a live rule, from prices; silent where there are none. */
export interface PriceRule extends RuleText {
  readonly where: 'price';
  readonly check: (facts: LiveFacts & { readonly prices: PriceFacts }, found: Found) => void;
}

export type Rule = FileRule | LiveRule | PriceRule;

/** An entry, at the place of the first of these fields that is written. */
export function at(entry: DesiredEntry, ...fields: readonly string[]): FindingSubject {
  const field = fields.find((name) => entry.fieldSources[name] !== undefined);
  return { entry, source: (field === undefined ? undefined : entry.fieldSources[field]) ?? entry.source };
}

/** A setting of the organisation file, by path; where it is not written its section, else the file. */
export function atSetting({ settingSources = {}, orgFile }: Desired, path: string): FindingSubject {
  const [section = ''] = path.split('.');
  return { line: settingSources[path] ?? settingSources[section] ?? orgFile, setting: path };
}
