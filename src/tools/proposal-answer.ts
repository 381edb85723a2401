/** What became of a wish, as all tools that propose answer it. */

import { z } from 'zod';
import type { Proposal } from '../importing/proposal.ts';
import { keepsSentence, owedSentence } from '../importing/proposal-text.ts';
import { type ProposalResult, propose } from '../importing/propose.ts';
import type { AnswerBlock } from '../render/answer.ts';
import { pickFindings } from '../render/findings.ts';
import { renderPlanText } from '../render/plan.ts';
import type { WorkspaceHandle } from './names.ts';
import { changeRow, shortenSaying } from './plan-policies.ts';
import type { WishInput } from './proposal-input.ts';
import type { ToolContext, ToolData } from './tool.ts';

/** The rest speaks for itself: its names are in docs/propose.md, and every byte of the list of tools is read before anything is asked. */
export const proposalOutput = (): z.ZodType<ProposalData> =>
  z.looseObject({
    answer: z.string(),
    status: z.string(),
    pull_request: z.object({ number: z.number(), url: z.string() }).nullable(),
    branch: z.string().nullable(),
    notes: z.array(z.string()),
  }) as unknown as z.ZodType<ProposalData>;

export interface ProposalData extends ToolData {
  readonly status: ProposalResult['status'];
  readonly pull_request: { readonly number: number; readonly url: string } | null;
  readonly branch: string | null;
  readonly base: string;
  readonly files: readonly string[];
  readonly changes: readonly ReturnType<typeof changeRow>[];
  /** Changes that the base waits for, whatever is proposed. */
  readonly owed_on_base: number;
  readonly guards: readonly {
    readonly guard: string;
    readonly stops: boolean;
    readonly about: 'this' | 'owed' | 'both';
    readonly untrusted: { readonly details: readonly string[] };
  }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: string;
    readonly untrusted: { readonly message: string };
  }[];
  /** The beginning of the plan's digest: to compare, too short to lift anything with. */
  readonly digest: string | null;
  /** For people: what publishes a branch that has no pull request. */
  readonly commands: readonly string[];
  /** Line by line. The plan of what it adds, where the answer is text: JSON has `changes`. */
  readonly untrusted: { readonly diff: readonly string[]; readonly plan?: readonly string[] };
}

const most = { changes: 10, guards: 6, details: 2, findings: 5 };

/** Characters of the whole answer: a proposal that was made must not be too long to be told of. */
const longest = 20_000;

export async function answerProposal(
  proposal: Proposal,
  workspace: WorkspaceHandle,
  { reason, urgent = false, dry_run: isDryRun = false }: WishInput,
  { options, session, open, asker, caller }: ToolContext,
): Promise<ProposalData> {
  const wish = { workspace, proposal, reason: reason ?? null, isUrgent: urgent, isDryRun };
  const isAgent = asker === 'agent';
  const run = {
    options: { ...options, workspace: [] },
    session,
    open,
    isAgent,
    caller: caller.name,
    client: caller.client,
  };
  const result = await propose(wish, run);
  const data = withDiff(toData(result), longest);
  if (isAgent || options.format !== 'text' || result.planned === null) return data;
  // As data of the answer, in which every control character is told by its number.
  const plan = renderPlanText(result.planned.view, { ...session.style, color: false }, { verbose: false });
  // Its digest belongs to the plan of the check.
  const lines = plan
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('Digest '));
  return { ...data, untrusted: { ...data.untrusted, plan: lines } };
}

function toData(result: ProposalResult): ProposalData {
  const { status, pull, branch, base, files, diff, planned, notes, commands } = result;
  const findings = planned === null ? [] : pickFindings(planned.findings).shown;
  const unshown = (planned?.added.length ?? 0) - most.changes;
  return {
    answer: describeResult(result),
    status,
    pull_request: pull === null ? null : { number: pull.number, url: pull.url },
    branch,
    base,
    files,
    changes: planned?.added.slice(0, most.changes).map((change) => toShortRow(change, planned.view)) ?? [],
    owed_on_base: planned?.owed.length ?? 0,
    guards:
      planned?.guards.slice(0, most.guards).map(({ guard, stops, about, details }) => ({
        guard,
        stops,
        about,
        untrusted: { details: details.slice(0, most.details).map(shortenSaying) },
      })) ?? [],
    findings: findings.slice(0, most.findings).map(({ rule, severity, message }) => ({
      rule,
      severity,
      untrusted: { message: shortenSaying(message) },
    })),
    digest: planned?.digest.slice(0, 12) ?? null,
    commands,
    untrusted: { diff: diff === '' ? [] : diff.trimEnd().split('\n') },
    notes: [
      ...notes,
      ...(planned === null ? [] : keepsSentence(planned, (name) => JSON.stringify(shortenSaying(name)))),
      ...(unshown > 0 ? [`${unshown} more changes.`] : []),
    ],
  };
}

function toShortRow(...given: Parameters<typeof changeRow>): ReturnType<typeof changeRow> {
  const row = changeRow(...given);
  const { name, summary } = row.untrusted;
  return { ...row, untrusted: { name: shortenSaying(name ?? ''), summary: shortenSaying(summary ?? '') } };
}

/** As many of its lines as there is room for. */
function withDiff(data: ProposalData, room: number): ProposalData {
  const { diff } = data.untrusted;
  let left = room - JSON.stringify({ ...data, untrusted: { diff: [] } }).length;
  const kept = diff.filter((line) => {
    left -= JSON.stringify(line).length + 1;
    return left > 0;
  });
  if (kept.length === diff.length) return data;
  const more = `${diff.length - kept.length} more lines of the change are not shown.`;
  return { ...data, untrusted: { diff: kept }, notes: [...data.notes, more] };
}

/** Of what is asked, never of what others called it. */
function describeResult({ status, pull, branch, planned, base }: ProposalResult): string {
  const count = planned?.added.length ?? 0;
  const owed = planned === null ? '' : ` ${owedSentence(planned.owed, base)}`.trimEnd();
  const changes = `${count} ${count === 1 ? 'change' : 'changes'} to what is live once it is merged and applied, none before.`;
  switch (status) {
    case 'opened':
      return `Pull request #${pull?.number} asks for it: ${changes}${owed}`;
    case 'exists':
      return `Pull request #${pull?.number} asks for the same since before: ${changes}${owed}`;
    case 'already_declared':
      return `The files on ${base} say so already: there is nothing to propose.`;
    case 'rejected_before':
      return `People closed pull request #${pull?.number}, which asked for the same, without merging it: nothing is proposed.`;
    case 'conflict':
      return pull === null
        ? 'A branch stands in the way that this would not change: nothing is proposed.'
        : `Pull request #${pull.number} stands in the way: nothing is proposed.`;
    case 'branch_only':
      return `The branch ${branch} holds it, without a pull request: ${changes}${owed}`;
    case 'dry_run':
      return `Nothing was proposed, as this was only tried: ${changes}${owed}`;
  }
}

export function showProposal(data: ProposalData): readonly AnswerBlock[] {
  const { answer, pull_request: pull, changes, guards, findings, untrusted, commands } = data;
  return [
    { text: answer },
    ...(pull === null ? [] : [{ text: pull.url }]),
    { lines: untrusted.diff },
    ...(untrusted.plan === undefined ? summary({ changes, guards, findings }) : [{ lines: untrusted.plan }]),
    { lines: commands },
  ];
}

function summary({
  changes,
  guards,
  findings,
}: Pick<ProposalData, 'changes' | 'guards' | 'findings'>): readonly AnswerBlock[] {
  return [
    { lines: changes.map(describeRow) },
    {
      lines: guards.map(
        ({ guard, stops, about, untrusted: { details } }) =>
          `guard ${guard} ${stops ? 'objects' : 'warns'}${about === 'owed' ? ', whatever is proposed' : ''}: ${details.join('; ')}`,
      ),
    },
    { lines: findings.map(({ rule, severity, untrusted: { message } }) => `${severity} ${rule}: ${message}`) },
  ];
}

function describeRow({
  action,
  direction,
  blocked_now: blocked,
  per_30_days: money,
  untrusted,
}: ReturnType<typeof changeRow>): string {
  const stops = blocked === null || blocked === 0 ? '' : `, stops ${blocked} at once`;
  const moves =
    money === null ? '' : `, ${money.before?.usd ?? 'nothing'} → ${money.after?.usd ?? 'nothing'} / 30 days`;
  return `${action} ${untrusted.name}: ${untrusted.summary} (${direction}${stops}${moves})`;
}
