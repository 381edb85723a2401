/** What the policy files of a story say, as a value, and what can be edited in it. */

import { organisationId } from '../../helpers/world.ts';

/** What holds from a day on; null: no such limit. */
export interface Until {
  readonly date: string;
  readonly later: number | null;
}

export interface Cap {
  readonly budget: number;
  readonly until: Until | null;
  readonly key: 'all' | 'app';
  readonly note: string;
  readonly protect: boolean;
  readonly id: string | null;
  /** The alert is so late that the rule in force objects. */
  readonly late: boolean;
  readonly silenced: boolean;
}

export interface Settings {
  readonly alone: boolean;
  readonly reviewed: boolean;
  readonly deletes: boolean;
  readonly spendUp: boolean;
  readonly late: boolean;
}

/** Rules of `review.approvals`: who is asked about rises above an amount, about a kind, about a workspace. */
export const rules = {
  asked: { above: 500, kind: null, by: ['@carol'] },
  team: { above: 500, kind: null, by: ['@example/finance'] },
  ghosts: { above: 500, kind: null, by: ['@example/ghosts'] },
  wider: { above: 500, kind: null, by: ['@alice', '@Bob', '@carol'] },
  higher: { above: 90_000, kind: null, by: ['@carol'] },
  policies: { above: null, kind: 'usage-policy', by: ['@carol', '@owner'] },
  providers: { above: null, kind: 'provider', by: ['@carol'] },
  owner: { above: null, kind: null, by: null },
} as const;
export type RuleName = keyof typeof rules;
export const ruleNames = Object.keys(rules) as RuleName[];

/** Who is in a group, in the ways in which it can be written. */
export const memberTexts = {
  nobody: ['nobody-*'],
  a: ['ws-team-a'],
  b: ['ws-team-b'],
  glob: ['*-b'],
  id: ['00000000-0000-4000-8000-000000000002'],
  both: ['ws-*'],
} as const;
export type Members = keyof typeof memberTexts;

export interface Group {
  readonly members: Members;
  readonly ceiling: number;
}
export const groupNames = ['growth', 'research'] as const;
export type GroupName = (typeof groupNames)[number];

export interface Model {
  readonly rules: Readonly<Record<RuleName, boolean>>;
  readonly groups: Readonly<Record<GroupName, Group | null>>;
  /** Of team A. */
  readonly owner: string;
  readonly environment: string;
  readonly organisation: string;
  readonly ref: string | null;
  readonly settings: Settings;
  /** A default of the organisation; null: none. */
  readonly floor: number | null;
  /** Team A skips it. */
  readonly skips: boolean;
  /** For every key of team A. */
  readonly star: number | null;
  /** A policy of team A that is forgotten. */
  readonly forgets: string | null;
  /** Of team A; null: not there. */
  readonly caps: Readonly<Record<CapName, Cap | null>>;
  /** The only policy that team B has of its own. */
  readonly solo: number;
  readonly soloUntil: Until | null;
}

export const capNames = ['alpha', 'beta', 'gamma', 'delta'] as const;
export type CapName = (typeof capNames)[number];
export const otherOrganisation = 'aaaaaaaa-2b1d-4a57-9a44-0c7d2b6e9a10';

export const cap = (budget: number, more: Partial<Cap> = {}): Cap => {
  const rest = { note: 'a cap', protect: false, id: null, late: false, silenced: false };
  return { budget, until: null, key: 'all', ...rest, ...more };
};

export const startModel: Model = {
  rules: Object.fromEntries(ruleNames.map((name) => [name, false])) as Model['rules'],
  groups: { growth: null, research: null },
  owner: 'platform',
  environment: 'production',
  organisation: organisationId,
  ref: null,
  settings: { alone: false, reviewed: true, deletes: true, spendUp: true, late: true },
  floor: 5_000,
  skips: false,
  star: 500,
  forgets: null,
  caps: { alpha: cap(100), beta: cap(100), gamma: cap(100, { protect: true }), delta: null },
  solo: 100,
  soloUntil: null,
};

export type Edit =
  | { readonly do: 'amount'; readonly cap: CapName; readonly budget: number }
  | { readonly do: 'key'; readonly cap: CapName; readonly key: Cap['key'] }
  | { readonly do: 'until'; readonly cap: CapName | 'solo'; readonly until: Until | null }
  | { readonly do: 'rule'; readonly rule: RuleName; readonly isThere: boolean }
  | { readonly do: 'owner'; readonly owner: string }
  | { readonly do: 'group'; readonly group: GroupName; readonly is: Group | null }
  | { readonly do: 'note'; readonly cap: CapName; readonly note: string }
  | { readonly do: 'remove'; readonly cap: CapName }
  | { readonly do: 'add'; readonly cap: CapName; readonly budget: number }
  | { readonly do: 'protect'; readonly cap: CapName; readonly protect: boolean }
  | { readonly do: 'id'; readonly cap: CapName; readonly id: string | null }
  | { readonly do: 'late'; readonly cap: CapName; readonly late: boolean }
  | { readonly do: 'silence'; readonly cap: CapName; readonly silenced: boolean }
  | { readonly do: 'forget'; readonly cap: CapName | null }
  | { readonly do: 'solo'; readonly budget: number }
  | { readonly do: 'floor'; readonly budget: number | null }
  | { readonly do: 'skip'; readonly skips: boolean }
  | { readonly do: 'star'; readonly budget: number | null }
  | { readonly do: 'setting'; readonly setting: keyof Settings; readonly value: boolean }
  | { readonly do: 'environment'; readonly environment: string }
  | { readonly do: 'organisation'; readonly organisation: string }
  | { readonly do: 'ref'; readonly ref: string | null };

export function edited(model: Model, edits: readonly Edit[]): Model {
  return edits.reduce(editOne, model);
}

function editOne(model: Model, edit: Edit): Model {
  const change = (name: CapName, more: Partial<Cap>): Model => {
    const old = model.caps[name];
    return old === null ? model : { ...model, caps: { ...model.caps, [name]: { ...old, ...more } } };
  };
  switch (edit.do) {
    case 'amount':
      return change(edit.cap, { budget: edit.budget });
    case 'until':
      return edit.cap === 'solo'
        ? { ...model, soloUntil: bounded(edit.until) }
        : change(edit.cap, { until: edit.until });
    case 'rule':
      return { ...model, rules: { ...model.rules, [edit.rule]: edit.isThere } };
    case 'owner':
      return { ...model, owner: edit.owner };
    case 'group':
      return { ...model, groups: { ...model.groups, [edit.group]: edit.is } };
    case 'key':
      return change(edit.cap, { key: edit.key });
    case 'note':
      return change(edit.cap, { note: edit.note });
    case 'protect':
      return change(edit.cap, { protect: edit.protect });
    case 'id':
      return change(edit.cap, { id: edit.id });
    case 'late':
      return change(edit.cap, { late: edit.late });
    case 'silence':
      return change(edit.cap, { silenced: edit.silenced });
    case 'remove':
      return { ...model, caps: { ...model.caps, [edit.cap]: null } };
    case 'add':
      return { ...model, caps: { ...model.caps, [edit.cap]: model.caps[edit.cap] ?? cap(edit.budget) } };
    case 'forget':
      // Declared and forgotten at once would be an error.
      return edit.cap === null
        ? { ...model, forgets: null }
        : { ...model, forgets: edit.cap, caps: { ...model.caps, [edit.cap]: null } };
    case 'solo':
      return { ...model, solo: edit.budget };
    case 'floor':
      return { ...model, floor: edit.budget };
    case 'skip':
      return { ...model, skips: edit.skips };
    case 'star':
      return { ...model, star: edit.budget };
    case 'setting':
      return { ...model, settings: { ...model.settings, [edit.setting]: edit.value } };
    case 'environment':
      return { ...model, environment: edit.environment };
    case 'organisation':
      return { ...model, organisation: edit.organisation };
    case 'ref':
      return { ...model, ref: edit.ref };
  }
}

/** Team B is never without a limit, as nobody can tell how much that is. */
function bounded(until: Until | null): Until | null {
  return until === null ? null : { ...until, later: until.later ?? 105 };
}

/** Whether the grammar may refuse the files: each edit is fine by itself. */
export function isOdd({ caps, solo, soloUntil, groups }: Model): boolean {
  const dated = [
    { budget: solo, until: soloUntil, protect: false },
    ...Object.values(caps).flatMap((one) => one ?? []),
  ];
  const taken = groupNames.flatMap((name) => teamsOf(groups[name]));
  return (
    dated.some(
      ({ budget, until, protect }) => until !== null && (until.later === budget || (protect && until.later === null)),
    ) || new Set(taken).size < taken.length
  );
}

/** Teams of a group. */
export function teamsOf(group: Group | null): readonly ('a' | 'b')[] {
  if (group === null || group.members === 'nobody') return [];
  if (group.members === 'both') return ['a', 'b'];
  return group.members === 'a' ? ['a'] : ['b'];
}
