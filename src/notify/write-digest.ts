/** The weekly summary: the page of `status`, of one workspace or of all of them, and its headline for channels that show no page. Pure. */

import { expiryDays, listExpiring } from '../consumption/expiring.ts';
import { type LimitStatus, sortStatus } from '../consumption/limit-status.ts';
import { committedLive } from '../impact/committed-live.ts';
import type { PageFacts } from '../render/page-facts.ts';
import { renderStatusHeadline } from '../render/status.ts';
import type { StatusFacts } from '../render/status-facts.ts';
import {
  describeForecast,
  describeLimit,
  describeUse,
  nearlyPercent,
  summarizeStatus,
} from '../render/status-words.ts';
import { writeInert } from './channels/inert-text.ts';
import type { Seen } from './look.ts';
import type { Message } from './message.ts';

export interface DigestFacts {
  readonly seen: Seen;
  readonly environment: string;
  readonly counts: boolean;
  readonly owners: ReadonlyMap<string, string>;
  readonly isDeclared: (limit: LimitStatus) => boolean;
  readonly renderPage: (facts: PageFacts) => string;
}

const mostNear = 15;

/** @param workspace slug; null: all of them */
export function writeDigest(facts: DigestFacts, workspace: string | null): Omit<Message, 'id'> {
  const { seen, environment, counts, owners, renderPage } = facts;
  const status = statusOf(facts, workspace);
  const live = seen.limits.map((limit) => limit.facts);
  // Mail programs make links of addresses in names; a page in a browser does not.
  const html = renderPage({
    status: writeNamesInert(status),
    environment,
    owners: new Map([...owners].map(([slug, owner]) => [slug, writeInert(owner)] as const)),
    committed: new Map(status.workspaces.map(({ slug }) => [slug, committedLive(slug, live, seen.read)] as const)),
    changes: { known: false, why: 'a digest does not look for them; `tollgate history` does' },
  });
  const near = status.limits.filter(({ state, percent }) => state === 'exhausted' || (percent ?? 0) >= nearlyPercent);
  const shown = near.filter(({ facts: { kind } }) => !counts || kind !== 'key-limits').slice(0, mostNear);
  const place = workspace ?? 'all workspaces';
  return {
    kind: 'digest',
    title: `Budgets of ${place}: ${near.length} used up or nearly`,
    facts: [
      { label: 'Workspace', value: place },
      { label: 'Environment', value: environment },
      ...shown.map((limit) => ({
        label: describeLimit(limit),
        value: [
          `${describeUse(limit)}${limit.percent === null ? '' : ` (${limit.percent} %)`}`,
          describeForecast(limit),
        ]
          .filter((text) => text !== null)
          .join(' · '),
      })),
    ],
    paragraphs: [renderStatusHeadline(status), summarizeStatus(status)],
    link: null,
    at: seen.at,
    data: { environment, workspace, budgets: status.limits.length, near: near.length },
    html,
  };
}

function writeNamesInert(status: StatusFacts): StatusFacts {
  return {
    ...status,
    workspaces: status.workspaces.map((one) => ({ ...one, name: writeInert(one.name) })),
    limits: status.limits.map((one) => ({ ...one, facts: { ...one.facts, name: writeInert(one.facts.name) } })),
    expiring: status.expiring.map((one) => ({ ...one, name: writeInert(one.name) })),
    names: Object.fromEntries(Object.entries(status.names).map(([id, name]) => [id, writeInert(name)])),
  };
}

function statusOf({ seen, counts, isDeclared }: DigestFacts, workspace: string | null): StatusFacts {
  const { read, at } = seen;
  const isHere = (one: { readonly workspace: string | null }): boolean =>
    workspace === null || one.workspace === workspace;
  const limits = sortStatus(seen.limits.filter(({ facts }) => isHere(facts)));
  return {
    nobody: null,
    undeclared: null,
    check: null,
    hasChannels: true,
    keyLimits: null,
    now: at,
    workspaces: read.workspaces
      .filter(({ slug }) => workspace === null || slug === workspace)
      .sort((a, b) => (a.slug < b.slug ? -1 : 1)),
    limits: limits.map((limit) => ({ ...limit, declared: isDeclared(limit), told: null })),
    over: null,
    below: 0,
    belowUnknown: 0,
    expiring: listExpiring(read.expiries.filter(isHere), at),
    expiryDays,
    gaps: read.gaps.filter(isHere),
    unread: read.unread.filter(isHere),
    paceGaps: seen.gaps,
    unitMistake: null,
    trends: null,
    groups: [],
    names: read.keyNames,
    counts,
  };
}
