/** `workflow_dispatch` with `move`: the record is carried over to where the merged files say that it is. */

import type { Statement } from '../../approvals/atoms.ts';
import { isSaidThroughout } from '../../approvals/licence.ts';
import { readWindows } from '../../approvals/read-windows.ts';
import { type ApprovalWindow, judgeGroups } from '../../approvals/reviewed.ts';
import { UserError } from '../../errors.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { judgeSettings } from '../../run/settings-in-force.ts';
import { carryOutMove, type FoundMove, findMove } from '../record-move.ts';
import { findProblem, readStarters } from './judge-dispatch.ts';
import { invalidFiles } from './plan.ts';
import type { Tip } from './tip.ts';
import { type ActionResult, type ActionRun, commonOptions } from './types.ts';

/** @param move `true`, or the ref that the record is at */
export async function moveForDispatch(run: ActionRun, tip: Tip, move: string): Promise<ActionResult> {
  const { session } = run;
  if (move !== 'true' && !move.startsWith('refs/')) {
    throw new UserError(`input move: "${move}" is neither true nor the full name of a ref`, {
      hint: 'Write `true`, or the ref that the record is at, such as `refs/tollgate/production`.',
    });
  }
  const from = move === 'true' ? undefined : move;
  const options = { ...commonOptions(run), source: tip.source, from, yes: true, way: 'dispatch' as const };
  const found = await findMove(options, session);
  if ('diagnostics' in found) return invalidFiles(found.diagnostics);
  try {
    const { refusal, isAlone } =
      found.found.moved.length === 0 ? { refusal: null, isAlone: false } : await judgeMove(run, tip, found);
    if (refusal !== null) return resultOf(`not moved: ${refusal.why}`, refusal.exit);
    return resultOf(await carryOutMove(found, { ...options, isUnreviewed: isAlone }, session), exitCodes.ok);
  } finally {
    await found.open.close();
  }
}

interface MoveRuling {
  /** Null: it may be carried out. */
  readonly refusal: { readonly why: string; readonly exit: ExitCode } | null;
  readonly isAlone: boolean;
}

async function judgeMove(run: ActionRun, tip: Tip, move: FoundMove): Promise<MoveRuling> {
  const { github } = run;
  const refuse = (why: string, exit: ExitCode = exitCodes.refused): MoveRuling => {
    return { refusal: { why, exit }, isAlone: false };
  };
  if (github === null) return refuse('without a token nobody can tell who started this run');
  const { record, seal } = move.stored;
  // Whoever may push can have written it, with whatever settings suit them. By hand the holder of the key says what counts.
  if (seal !== 'own') {
    return refuse(
      'the record is not sealed with the key of this run. The holder of the key runs `tollgate record move` by hand',
    );
  }
  const { people, problem, isSpent } = await readStarters(run, github, record);
  if (problem !== null) return refuse(problem, isSpent ? exitCodes.stale : exitCodes.refused);
  const commit = record.commit ?? '';
  const windows = await readWindows({ github, ...tip, place: placeAfter(move) }, [commit]);
  const window = windows.from(commit);
  if (window === null) {
    return refuse('the commit applied last is not in the default branch, so that nobody can tell who moved what since');
  }
  const { owed } = judgeGroups(window, groupsIn(window));
  const lacking = [...new Set(owed.map(({ stretch }) => stretch))];
  const isAlone = isAloneInForce(move) && isSaidThroughout(window, 'alone', true);
  const why = await findProblem(github, run, people, { windows, reviewed: { lacking, isUntraced: false }, isAlone });
  return why === null ? { refusal: null, isAlone } : refuse(why);
}

/** Of the record, and of the files where they are stricter. */
function isAloneInForce({ stored, desired }: FoundMove): boolean {
  return judgeSettings(stored.record, desired, { inAction: true }).inForce.review.alone;
}

function placeAfter({ desired, record, open }: FoundMove) {
  const { environment } = desired;
  return { environment, baseUrl: open.backend.baseUrl, record: record.place };
}

function groupsIn({ stretches }: ApprovalWindow): string[] {
  const statements = stretches.flatMap(({ before, after }): Statement[] => [before, after]);
  return [...new Set(statements.flatMap(({ groups }) => [...groups.keys()]))];
}

function resultOf(said: string, exit: ExitCode): ActionResult {
  const isDone = exit === exitCodes.ok;
  const text = said.trim();
  const paragraphs = isDone ? text.split('\n') : ['Not moved', text];
  return {
    exit,
    outputs: { 'has-changes': 'false', summary: text },
    summary: `### ${paragraphs.map(escapeMarkdown).join('\n\n')}`,
    annotations: [],
    failure: isDone ? null : text,
    warnings: [],
  };
}
