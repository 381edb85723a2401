/**
 * What a person sees of a status, once and for every format: how many budgets are used up or nearly, each of them by place with what
 * is known beside it, what ends soon, what could not be read, and what was spent. Pure: writers walk it, and say nothing of their own.
 */

import { escapeInvisible } from '../../printable.ts';
import { groupLine } from '../group-facts.ts';
import type { StatusFacts, StatusLimit } from '../status-facts.ts';
import {
  asOf,
  countKeys,
  describeDays,
  describeDetails,
  describeGaps,
  describeKeyCounts,
  describeLimit,
  describeNobody,
  describeUnasked,
  describeUntold,
  describeUse,
  footnotes,
  formatDay,
  formatInstant,
  nearlyPercent,
  summarizeStatus,
} from '../status-words.ts';
import { type Line, type Verdict, verdict, words } from './cells.ts';
import { refusedLine, settlingLine } from './refused-now.ts';
import { buildSpend, type SpendView } from './spend-view.ts';
import { buildUndeclaredView } from './undeclared.ts';

/** One budget against what is used of it. */
export interface BudgetView {
  readonly name: string;
  /** Slug; null: of the organisation itself. */
  readonly workspace: string | null;
  /** Of the fullest counter; null: unknown. */
  readonly percent: number | null;
  /** Null: its use is unknown, and nothing says that it is used up. */
  readonly verdict: Verdict | null;
  /** `$410 of $750`. */
  readonly use: string;
  /** Who shares it, where the number comes from, when it starts again, when it runs out. */
  readonly details: Line;
}

export interface StatusSection {
  readonly title: string;
  /** Of several places: each budget is told with its own. */
  readonly isMixed: boolean;
  readonly budgets: readonly BudgetView[];
  readonly lines: readonly Line[];
}

export interface StatusView {
  /** Whom budgets refuse now. */
  readonly refused: Line;
  /** What was changed a moment ago; null: nothing. */
  readonly settling: Line | null;
  readonly summary: string;
  /** `2026-11-20 12:00 UTC`: all of it holds for this moment at least. */
  readonly asOf: string;
  /** Why no counter can be believed; null: nothing is against it. */
  readonly mistake: Line | null;
  /** None is empty. */
  readonly sections: readonly StatusSection[];
  /** Null: not asked for. */
  readonly spend: SpendView | null;
  readonly notes: readonly Line[];
}

export function buildStatusView(facts: StatusFacts): StatusView {
  const { unitMistake, trends } = facts;
  return {
    refused: refusedLine(facts),
    settling: settlingLine(facts),
    summary: summarizeStatus(facts),
    asOf: formatInstant(asOf(facts)),
    mistake:
      unitMistake === null
        ? null
        : [verdict('stop', 'No counter of a cost budget can be believed'), words(`: ${unitMistake}`)],
    sections: sectionsOf(facts).filter(({ budgets, lines }) => budgets.length + lines.length > 0),
    spend: trends === null ? null : buildSpend(trends, facts.counts),
    notes: notesOf(facts),
  };
}

function sectionsOf(facts: StatusFacts): StatusSection[] {
  const shown = shownLimits(facts);
  const rest = shown.filter(({ state }) => state !== 'exhausted');
  const undeclared = buildUndeclaredView(facts.undeclared ?? undefined);
  const list = (title: string, lines: readonly Line[]): StatusSection => ({
    title,
    isMixed: true,
    budgets: [],
    lines,
  });
  const place = (title: string, slug: string | null): StatusSection => ({
    title,
    isMixed: false,
    budgets: rest.filter((limit) => limit.facts.workspace === slug).map((limit) => toBudget(limit, facts)),
    lines: keyCountLines(facts, slug),
  });
  return [
    {
      title: 'Exhausted',
      isMixed: true,
      budgets: shown.filter(({ state }) => state === 'exhausted').map((limit) => toBudget(limit, facts)),
      lines: [],
    },
    list(`Expiring within ${facts.expiryDays} days`, expiryLines(facts)),
    list('Groups', facts.groups.map(groupLine)),
    ...(undeclared === null
      ? []
      : [
          list('workspaces without a file', [
            [...undeclared.lead, words('. '), { is: 'advice' as const, text: undeclared.advice }],
            ...undeclared.lines,
          ]),
        ]),
    ...facts.workspaces.map(({ slug, name }) => place(name === slug ? slug : `${name} · ${slug}`, slug)),
    place('Organisation', null),
    list(
      'Not readable',
      [
        ...describeGaps(facts.gaps),
        ...facts.paceGaps.map((why) => `pace of the last 7 days unknown: ${why}`),
        ...describeUnasked(facts),
      ].map((text): Line => [words(text)]),
    ),
    list(
      'May limit nobody',
      describeNobody(facts).map(({ what, why }): Line => [verdict('warn', what), words(why)]),
    ),
  ];
}

/** Where nobody is to be named, budgets of keys are numbers of their place. */
export function shownLimits({ limits, counts }: StatusFacts): readonly StatusLimit[] {
  return counts ? limits.filter(({ facts }) => facts.kind !== 'key-limits') : limits;
}

export function toBudget(limit: StatusLimit, facts: Pick<StatusFacts, 'names' | 'counts' | 'hasChannels'>): BudgetView {
  return {
    name: describeLimit(limit),
    workspace: limit.facts.workspace,
    percent: limit.percent,
    verdict: verdictOf(limit),
    use: describeUse(limit),
    details: [words(describeDetails(limit, facts).join(' · '))],
  };
}

/** Null: its use is unknown, and nothing says that it is used up. */
export function verdictOf({ state, percent }: StatusLimit): Verdict | null {
  if (state === 'exhausted') return 'stop';
  if (state === 'alert' || (percent ?? 0) >= nearlyPercent) return 'warn';
  return state === 'unknown' ? null : 'fine';
}

function expiryLines({ expiring, now, counts }: StatusFacts): Line[] {
  const [next] = expiring;
  if (counts && next !== undefined) {
    const what = expiring.length === 1 ? 'key or provider' : 'keys and providers';
    return [[words(`${expiring.length} ${what}, the next ${describeDays(next.at, now)}`)]];
  }
  return expiring.map(({ kind, name, workspace, at }) => {
    const place = workspace === null ? '' : ` (${workspace})`;
    const what = escapeInvisible(`${kind === 'key-limits' ? 'key' : 'provider'} ${name}${place}`);
    return [verdict('warn', what), words(`: expires ${describeDays(at, now)}, ${formatDay(at)}`)];
  });
}

function keyCountLines({ limits, counts }: StatusFacts, slug: string | null): Line[] {
  if (!counts) return [];
  return countKeys(limits)
    .filter(({ workspace }) => workspace === slug)
    .map((keys) => [words(`API keys: ${describeKeyCounts(keys)}`)]);
}

function notesOf(facts: StatusFacts): Line[] {
  const { over, below, belowUnknown, keyLimits } = facts;
  const untold = describeUntold(facts);
  const unknown = belowUnknown === 0 ? '' : `, and ${belowUnknown} of unknown use`;
  return [
    ...(over === null ? [] : [`Only what is at ${over} % or more: ${below} below it${unknown} not shown.`]),
    ...(keyLimits === null ? [] : [keyLimits]),
    ...(untold === null ? [] : [untold]),
    footnotes.rates,
    footnotes.gateway,
  ].map((text) => [words(text)]);
}
