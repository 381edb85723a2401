/** The scheduled job proposes a file for each workspace that none is about: what holds there is decided by a merge, never by a silent write. */

import { createReads } from '../../consumption/ask.ts';
import { UserError } from '../../errors.ts';
import { GitHubError } from '../../github/port.ts';
import type { UndeclaredWorkspace } from '../../impact/undeclared.ts';
import { nameProposal, type Proposal, ProposalRefusal } from '../../importing/proposal.ts';
import { propose } from '../../importing/propose.ts';
import type { Plan } from '../../plan/types.ts';
import { escapeMarkdown, escapeProse } from '../../render/escape-markdown.ts';
import { plainText } from '../../render/view/cells.ts';
import { spendLine } from '../../render/view/undeclared.ts';
import { openBackend } from '../../run/open-backend.ts';
import { type ActionRun, commonOptions } from './types.ts';

/** So many are proposed in one run, those that spent most first. */
const mostProposed = 20;

/** So many are looked at: who has decided of one costs a request each time, and is not to keep the others from their turn. */
const mostLooked = 100;

/** Of those that were proposed before; the others are a number. */
const mostSettledShown = 20;

const hourMilliseconds = 3_600_000;

const wish: Proposal = { action: 'import', target: null, withDefaults: true };

export interface ProposedFiles {
  /** Markdown; empty: nothing was to be proposed. */
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * One proposal a workspace. Whoever closed one has decided: it is not made again, and the next one is looked at. What stops one for
 * all ends the run; it goes on with the next hour.
 *
 * @throws CancelledError, ServiceError
 */
export async function proposeUndeclared(
  run: ActionRun,
  { undeclared }: Pick<Plan, 'undeclared'>,
): Promise<ProposedFiles> {
  const all = undeclared?.workspaces ?? [];
  const { github } = run;
  if (all.length === 0) return { lines: [], warnings: [] };
  if (github === null) return { lines: [], warnings: ['no file is proposed without a token of GitHub'] };
  const lines: string[] = [];
  const settled: string[] = [];
  const warnings: string[] = [];
  const turn = inTurn(all, run.session.clock.now());
  let [looked, proposed] = [0, 0];
  const session = { ...run.session, checkouts: new Map() };
  const open = await openBackend(commonOptions(run), session);
  try {
    // What is live is the same for all of them: read once.
    const { backend } = createReads(open.backend);
    const proposing = { options: commonOptions(run), session, isAgent: false, caller: null, client: null, github };
    const shared = { ...open, backend, close: async () => {} };
    for (const workspace of turn) {
      if (proposed >= mostProposed) break;
      const slug = escapeMarkdown(workspace.slug);
      looked += 1;
      try {
        const before = await findProposal(run, workspace);
        if (before !== null) {
          settled.push(`- ${slug}: ${before}`);
          continue;
        }
        const { status, pull } = await propose(
          { workspace, proposal: wish, reason: reasonFor(workspace), isUrgent: false, isDryRun: false },
          { ...proposing, open: shared },
        );
        proposed += 1;
        lines.push(`- ${slug}: ${status.replaceAll('_', ' ')}${pull === null ? '' : ` #${pull.number}`}`);
      } catch (error) {
        if (!(error instanceof UserError || error instanceof GitHubError)) throw error;
        const way = error instanceof UserError && error.hint !== undefined ? `. ${error.hint}` : '';
        lines.push(`- ${slug}: not proposed: ${escapeProse(`${error.message}${way}`)}`);
        const isOfOne =
          error instanceof ProposalRefusal && !['rate_limited', 'forbidden', 'unavailable'].includes(error.code);
        if (isOfOne) continue;
        // A full house is nobody's fault.
        if (!(error instanceof ProposalRefusal && error.code === 'rate_limited'))
          warnings.push(`a file for ${workspace.slug} could not be proposed: ${error.message}`);
        break;
      }
    }
  } finally {
    await open.close();
  }
  const others = settled.length - mostSettledShown;
  const waiting = all.length - looked;
  return {
    lines: [
      ...lines,
      ...settled.slice(0, mostSettledShown),
      ...(others > 0 ? [`- ${others} more: open, or closed`] : []),
      ...(waiting > 0 ? [`- ${waiting} more wait`] : []),
    ],
    warnings,
  };
}

/** Where they are too many to look at in one run: half of it for those that spent most, and the others by turns, from hour to hour elsewhere. */
function inTurn(all: readonly UndeclaredWorkspace[], now: number): readonly UndeclaredWorkspace[] {
  if (all.length <= mostLooked) return all;
  const [first, rest] = [all.slice(0, mostLooked / 2), all.slice(mostLooked / 2)];
  // By the golden ratio every place has its turn soon, however often the job runs.
  const turn = (Math.floor(now / hourMilliseconds) * 0.618_033_988_749_895) % 1;
  const start = Math.floor(turn * rest.length);
  return [...first, ...rest.slice(start), ...rest.slice(0, start)].slice(0, mostLooked);
}

/** What was proposed of it and is open, or was closed; null: nothing. One request, and no reading. */
async function findProposal({ github }: ActionRun, { slug }: UndeclaredWorkspace): Promise<string | null> {
  const pulls = (await github?.listPullsOfBranch(nameProposal(slug, wish).branch)) ?? [];
  const open = pulls.find(({ state }) => state === 'open');
  if (open !== undefined) return `#${open.number} is open`;
  const closed = pulls.find(({ state }) => state === 'closed');
  if (closed === undefined || pulls.some(({ state }) => state === 'merged')) return null;
  return `#${closed.number} was closed: \`review.undeclared.except\` says that it is somebody else's`;
}

function reasonFor(workspace: UndeclaredWorkspace): string {
  return `No file is about it. ${plainText(spendLine(workspace))}`;
}
