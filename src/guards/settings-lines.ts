/** What an apply of the files would bring into force, as lines of the record: one a setting. */

import { compareText } from '../diagnostics.ts';
import type { RecordedSettings } from '../plan/settings-schema.ts';
import type { RecordLine } from '../plan/types.ts';
import { formatAmount } from '../resources/amounts.ts';
import { describeRule } from '../resources/approval-rules.ts';
import { isSame } from '../resources/canonical.ts';
import type { ReviewSettings, WrittenGuards } from '../resources/review-settings.ts';
import { listAlerts } from './alert-words.ts';
import { listGroups } from './group-words.ts';
import { defaultReview } from './review.ts';
import { fillGuards } from './table.ts';

interface Setting {
  /** As people write it. Undefined: not written. */
  readonly text?: string;
  /** Equal where equal things are meant, whether or not they are written. */
  readonly means: unknown;
  /** Of a list whose items are all that matters: what comes and goes is said. */
  readonly items?: readonly string[];
  /** One for one with those of the other side: what both say alike is left out. */
  readonly parts?: readonly string[];
}

/**
 * @param filledIn of a record of format 1: what 0.1 wrote of `review:` with its own defaults. They are not in force, and
 *   where the present ones differ somebody should see it; nobody wrote them, so that nobody has to review them
 */
export function settingsLines(
  recorded: RecordedSettings,
  written: RecordedSettings,
  filledIn: ReviewSettings | null = null,
): RecordLine[] {
  const [was, now] = [listSettings(recorded), listSettings(written)];
  const filled = filledIn === null ? new Map<string, Setting>() : listReview(filledIn);
  const names = [...new Set([...was.keys(), ...now.keys(), ...filled.keys()])].sort(compareText);
  return names.flatMap((name): RecordLine[] => {
    const [before, after] = [was.get(name) ?? usual(name), now.get(name) ?? usual(name)];
    if (!isSame(before.means, after.means)) {
      return [
        {
          action: 'settings',
          key: null,
          setting: name,
          detail: `${name}: ${showMove(before, after) ?? `${show(name, before, after)} → ${show(name, after, before)}`}`,
        },
      ];
    }
    const old = filled.get(name);
    if (old === undefined || was.has(name) || now.has(name) || isSame(old.means, after.means)) return [];
    const detail = `${name}: ${old.text} (filled in by 0.1) → ${show(name, after, old)}`;
    return [{ action: 'settings', key: null, setting: name, detail, why: 'default' }];
  });
}

/** What is in force, in the words of plans, one line a setting. What is none or empty is not there. */
export function settingsInWords(recorded: RecordedSettings): string[] {
  return [...listSettings(recorded)].flatMap(([name, { text, items = [], means }]) =>
    means === null || isSame(means, []) ? [] : [`${name}: ${text ?? items.join(', ')}`],
  );
}

function listSettings({
  review,
  gateway,
  pricing,
  silences = {},
  owners,
  alerts,
  groups,
}: RecordedSettings): Map<string, Setting> {
  const { maxAgeHours, source } = pricing;
  const { usageUnit, deployment, version, backend } = gateway;
  return new Map<string, Setting>([
    ...listReview(review),
    ...Object.entries(owners ?? {}).map(([place, owner]) => [`owner of ${place}`, textSetting(owner)] as const),
    ...list('gateway', { usage_unit: usageUnit, deployment, version, backend }),
    ...list('pricing', { source, max_age: maxAgeHours === undefined ? undefined : `${maxAgeHours}h` }),
    ...Object.entries(silences).flatMap(([place, rules]) => [...list(`silence of ${place}`, rules)]),
    ...(alerts === undefined ? [] : listAlerts(alerts)),
    ...(groups === undefined ? [] : listGroups(groups)),
  ]);
}

function listReview({
  guards = {},
  rules = {},
  approvals = [],
  max_monthly_budget: cents,
  undeclared = {},
  ...review
}: ReviewSettings) {
  const { require, recipient_domains: domains, unmanaged, show_people, drift, require_reviewed_plan, alone } = review;
  const plain = { require, recipient_domains: domains, unmanaged, show_people, drift, require_reviewed_plan, alone };
  return new Map([
    ...list('review', plain),
    ...(cents === undefined ? [] : [['review.max_monthly_budget', ceiling(cents)] as const]),
    ...(approvals.length === 0
      ? []
      : [['review.approvals', { means: approvals, items: approvals.map(describeRule) } as Setting] as const]),
    ...(undeclared.above === undefined ? [] : [['review.undeclared.above', amountSetting(undeclared.above)] as const]),
    ...list('review.undeclared', { except: undeclared.except }),
    ...listGuards(guards),
    ...list('review.rules', rules),
  ]);
}

function list(section: string, settings: Readonly<Record<string, unknown>>): Map<string, Setting> {
  const said = Object.entries(settings).filter(([, value]) => value !== undefined);
  return new Map(said.map(([name, value]) => [`${section}.${name}`, { text: JSON.stringify(value), means: value }]));
}

function textSetting(value: string): Setting {
  return { text: JSON.stringify(value), means: value };
}

/** A threshold means the same whether its parts are written or left out. */
function listGuards(guards: WrittenGuards): Map<string, Setting> {
  const filled = fillGuards(guards);
  const said = (Object.keys(filled) as (keyof typeof filled)[]).filter((name) => guards[name] !== undefined);
  return new Map(
    said.map((name) => [`review.guards.${name}`, { text: JSON.stringify(guards[name]), means: filled[name] }]),
  );
}

function amountSetting(cents: number | null): Setting {
  return { text: cents === null ? 'none' : formatAmount(cents, 'cost'), means: cents };
}

function ceiling(cents: number | null): Setting {
  return { text: cents === null ? '"none"' : JSON.stringify(formatAmount(cents, 'cost')), means: cents };
}

const { recipient_domains: _any, guards: usualGuards, undeclared: usualUndeclared, ...usualReview } = defaultReview;

/** By name, what is meant where nothing is written; null: it depends on more than the files. */
const usualMeaning: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...Object.entries({ ...usualReview, recipient_domains: [] }).map(
    ([name, means]) => [`review.${name}`, means] as const,
  ),
  ...Object.entries(usualUndeclared).map(([name, means]) => [`review.undeclared.${name}`, means] as const),
  ...Object.entries(usualGuards).map(([name, means]) => [`review.guards.${name}`, means] as const),
]);

function usual(name: string): Setting {
  return { means: usualMeaning.has(name) ? usualMeaning.get(name) : undefined };
}

/** Null: one of them is not a list, or neither is there. */
function showMove(before: Setting, after: Setting): string | null {
  const isList = (setting: Setting): boolean => setting.items !== undefined || setting.text === undefined;
  if (!isList(before) || !isList(after)) return null;
  const [was, now] = [before.items ?? [], after.items ?? []];
  const moved = [
    ...now.filter((item) => !was.includes(item)).map((item) => `+ ${item}`),
    ...was.filter((item) => !now.includes(item)).map((item) => `- ${item}`),
  ];
  return moved.length === 0 ? null : moved.join(', ');
}

/** @param other side of the line: what both write, or neither is the same on both, and left out */
function show(name: string, { text, parts }: Setting, other: Setting): string {
  if (parts !== undefined && other.parts !== undefined)
    return parts.filter((part, at) => part !== other.parts?.[at]).join(', ');
  if (text !== undefined) return text;
  if (name === 'review.require_reviewed_plan') return 'default (true in the Action)';
  if (name === 'review.show_people') return 'default (counts where anybody can read them)';
  if (name === 'review.guards.impact_unknown') return '"on" (default)';
  const means = usualMeaning.get(name);
  if (means === null || isSame(means, [])) return 'none (default)';
  // No file writes what it is said as: a percentage alone objects.
  const isShown = (key: string): boolean =>
    key !== 'said' && (key !== 'plan' || other.text?.includes('"plan"') === true);
  if (means !== undefined) {
    return `${JSON.stringify(means, (key, value) => (isShown(key) ? value : undefined))} (default)`;
  }
  return name.startsWith('review.rules.') ? "the rule's own (default)" : 'none';
}
