/** Every limit of one workspace, or of all, judged: what the tools about policies, keys and explanations begin with. */

import { type JudgedLimits, judgeReadLimits, usageUnitOf } from '../consumption/judged-limits.ts';
import { type Gap, type ReadLimits, readLimits } from '../consumption/read-limits.ts';
import { type LiveRate, readLiveRates } from '../consumption/read-rates.ts';
import { kindWords } from './limit-rows.ts';
import { type WorkspaceHandle, workspaceNamed } from './names.ts';
import type { ToolContext } from './tool.ts';

export interface KnownLimits {
  readonly workspaces: readonly WorkspaceHandle[];
  readonly read: ReadLimits;
  readonly judged: JudgedLimits;
  readonly rates: readonly LiveRate[];
  readonly notes: readonly string[];
}

/** @param wanted slug, id or name; undefined: all */
export async function readKnownLimits(wanted: string | undefined, context: ToolContext): Promise<KnownLimits> {
  const { reads, now } = context;
  const all = await context.workspaces();
  const workspaces =
    wanted === undefined ? [...all].sort((a, b) => (a.slug < b.slug ? -1 : 1)) : [workspaceNamed(wanted, all)];
  const desired = await context.desired();
  const slugs = wanted === undefined ? [] : workspaces.map(({ slug }) => slug);
  const [read, rated] = await Promise.all([
    readLimits(reads, { workspaces: slugs, usageUnit: usageUnitOf(desired), now }),
    Promise.all(workspaces.map((workspace) => readLiveRates(reads, workspace))),
  ]);
  const judged = await judgeReadLimits(read, reads, { desired, now });
  const { mistake } = judged;
  const gaps = [...read.gaps, ...rated.flatMap(({ gaps }) => gaps)];
  const doubts = new Set(
    judged.limits.flatMap(({ facts: { usage } }) =>
      usage.known ? (usage.doubted ?? []).map(({ why }) => why) : usage.why,
    ),
  );
  return {
    workspaces,
    read,
    judged,
    rates: rated.flatMap(({ rates }) => rates),
    notes: [
      ...(mistake === null
        ? []
        : [
            'No counter of a cost budget can be believed: one contradicts the service’s own verdict. `tollgate status` says more.',
          ]),
      ...new Set(gaps.map(describeLimitGap)),
      ...[...doubts].sort().map((why) => `Some use is unknown: ${why}.`),
      ...judged.paceGaps.map((why) => `The pace of the last 7 days is unknown: ${why}.`),
    ],
  };
}

function describeLimitGap({ kind, workspace, why }: Gap): string {
  return `Not read: ${kindWords[kind]} limits${workspace === null ? '' : ` of ${workspace}`}: ${why}.`;
}
