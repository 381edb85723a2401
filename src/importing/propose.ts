/** A proposal from the wish to the branch: read the default branch, edit, compile, plan twice, commit, publish. Nothing live changes. */

import type { Branch } from '../checkout/branch.ts';
import { type ProposalBranches, withProposalBranches } from '../checkout/proposal-branches.ts';
import { dayOf } from '../consumption/windows.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { readEverything } from '../live/read-everything.ts';
import { changeId } from '../plan/make-change.ts';
import type { Change } from '../plan/types.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import type { FoundFile } from '../policy/files.ts';
import { listFew } from '../render/list-few.ts';
import { isSame } from '../resources/canonical.ts';
import type { Desired } from '../resources/types.ts';
import { hasCome } from '../resources/until.ts';
import { type FilesPlace, readFilesOfCommit } from '../run/branch-files.ts';
import type { Judged } from '../run/judge.ts';
import { preparePlan } from '../run/prepare.ts';
import { nowOf, type Session } from '../run/session.ts';
import type { NoPlan } from '../run/start.ts';
import { describeSecret, looksSecret } from '../secret-shape.ts';
import { type Added, type AddInput, addUnmanaged, mergeFiles } from './add-unmanaged.ts';
import { compareDesired, type DesiredDifference } from './compare-desired.ts';
import { comparePlans, type ProposedPlan } from './compare-plans.ts';
import { emptyFile } from './declare-empty.ts';
import { declareWorkspace } from './declare-workspace.ts';
import { isOfTargetKind, isOfWorkspace } from './declared-entries.ts';
import { editProposal } from './edit-proposal.ts';
import { labelOfTarget, missing, ProposalRefusal, proposedFields } from './proposal.ts';
import { noteOnNewFile, notesOnComments, notesOnDeletion } from './proposal-notes.ts';
import { openProposalPlace } from './proposal-place.ts';
import type { ProposalRun, ProposalWish } from './proposal-run.ts';
import { owedSentence } from './proposal-text.ts';
import type { ProposalWords } from './proposal-words.ts';
import { publishProposal } from './publish-proposal.ts';
import { requireEffect, requireOnlyAsked } from './require-asked.ts';
import { requireSaid } from './require-said.ts';
import type { Publication } from './take-place.ts';

export interface ProposalResult extends Omit<Publication, 'status' | 'branch'> {
  readonly status: Publication['status'] | 'already_declared' | 'dry_run';
  /** Null: nothing is asked for. */
  readonly branch: string | null;
  /** Branch that it goes into. */
  readonly base: string;
  readonly files: readonly string[];
  readonly diff: string;
  readonly planned: ProposedPlan | null;
}

/** @throws ProposalRefusal, UserError, ServiceError, CancelledError; nothing is left behind then */
export async function propose(wish: ProposalWish, run: ProposalRun): Promise<ProposalResult> {
  const { options, session } = run;
  requireNoSecret(wish);
  const why = 'so there is no branch to propose a change of';
  const { checkout, repository, directory, branchName } = await openProposalPlace(options, session, why);
  return withProposalBranches(repository, branchName, directory, async (branch, proposals) => {
    const place: FilesPlace = { branch, branchName, directory };
    const made = await makeProposal(wish, run, place, branch);
    const { changed, planned, notes } = made;
    const nothing = { pull: null, commands: [], base: branchName };
    if (planned === null) {
      const owed = made.owed.length === 0 ? [] : [`${owedSentence(made.owed, branchName)} \`tollgate plan\` shows it.`];
      return {
        ...nothing,
        status: 'already_declared',
        branch: null,
        files: [],
        diff: '',
        planned,
        notes: [...notes, ...owed],
      };
    }
    const words: ProposalWords = {
      workspace: wish.workspace.slug,
      proposal: wish.proposal,
      asker: { isAgent: run.isAgent, requester: null, client: run.client },
      isUrgent: wish.isUrgent,
      reason: wish.reason,
      isAlone: false,
    };
    const files = changed.map(({ path }) => path);
    const common = { base: branchName, files, planned };
    if (wish.isDryRun) {
      const diff = await readDiff(proposals, branch.tip, changed, session);
      return { ...common, ...nothing, status: 'dry_run', branch: null, diff, notes };
    }
    const published = await publishProposal({
      words,
      notes,
      changed,
      planned,
      branch,
      branchName,
      proposals,
      checkout,
      remoteName: repository.hasRemote ? repository.remoteName : null,
      run,
      remake: async (commit) => {
        const before = await readFilesOfCommit(place, commit);
        const desired = before === null ? null : compilePolicies(before).desired;
        return before === null || desired === null ? null : made.edit(before, desired).changed;
      },
      readFiles: (commit) => readFilesOfCommit(place, commit),
      compare,
    });
    return { ...common, ...published };
  });
}

function compare(one: readonly PolicyFile[], other: readonly PolicyFile[]): DesiredDifference | null {
  const [before, after] = [compilePolicies(one).desired, compilePolicies(other).desired];
  return before === null || after === null ? null : compareDesired(before, after);
}

/** A limit with a date is two, and one reviewed part: which of them a wish means, its words do not say. */
function requireUndated(before: Desired, after: Desired, day: string): void {
  const past = new Map(before.entries.map((entry) => [changeId(entry), entry.until]));
  const dated = after.entries.find((entry) => {
    const was = past.get(changeId(entry));
    return entry.until !== undefined && was !== undefined && !isSame(entry.until.first.fields, was.first.fields);
  });
  if (dated?.until === undefined) return;
  if (hasCome(dated.until, day)) {
    throw new ProposalRefusal(
      'invalid_input',
      `${changeId(dated)} has \`until:\`, which is over: the line above it holds no more`,
      {
        hint: `Write the limit by hand, in ${dated.source.file}, and delete the line \`until:\`; then it can be proposed again.`,
      },
    );
  }
  throw new ProposalRefusal('invalid_input', `${changeId(dated)} has \`until:\`, so that it is two limits`, {
    hint: `Write the change by hand, in ${dated.source.file}: what holds now, and what \`then\` says.`,
  });
}

/** What is published stays published. */
function requireNoSecret({ reason, proposal }: ProposalWish): void {
  const description = 'fields' in proposal ? proposal.fields.get('description') : undefined;
  const texts = { reason, description };
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== 'string' || !looksSecret(text)) continue;
    throw new ProposalRefusal('invalid_input', `${name}: ${describeSecret(text)} would be published`, {
      hint: 'Leave it out; a commit is named by its first digits.',
    });
  }
}

async function readDiff(
  proposals: ProposalBranches,
  parent: string,
  files: readonly PolicyFile[],
  session: Session,
): Promise<string> {
  const commit = await proposals.commit({ parent, files, message: 'dry run\n', author: null, at: session.clock.now() });
  return proposals.diff(parent, commit);
}

interface Edit {
  readonly changed: readonly PolicyFile[];
  readonly notes: readonly string[];
}

interface Made extends Edit {
  /** Null: the files say so already. */
  readonly planned: ProposedPlan | null;
  /** What the base waits for. */
  readonly owed: readonly Change[];
  /** The same edit of another version of the files. */
  readonly edit: (files: readonly FoundFile[], desired: Desired) => Edit;
}

async function makeProposal(wish: ProposalWish, run: ProposalRun, place: FilesPlace, branch: Branch): Promise<Made> {
  const { directory, branchName } = place;
  const files = await readFilesOfCommit(place, branch.tip);
  if (files === null) {
    throw new UserError(`no policy files in ${directory === '' ? '.' : directory} on ${branchName}`, {
      hint: 'Name their directory with --dir.',
    });
  }
  const { desired, diagnostics } = compilePolicies(files);
  if (desired === null) {
    throw refuseBase(diagnostics, branchName);
  }
  const planOf = (some: readonly FoundFile[], isEdited?: true) => plan(some, branch, branchName, run, isEdited);
  const base = await planOf(files);
  if (base.plan === null) throw refuseBase(base.diagnostics, branchName);
  const edit = await createEdit(wish, run, { directory, base });
  const { changed, notes } = edit(files, desired);
  const next = toFound(files, changed, directory);
  const compiled = compilePolicies(next);
  if (compiled.desired === null) {
    if (mayBeWorkspaceFile(wish)) requireSaid(compiled.diagnostics, wish.workspace);
    throw refuseErrors(compiled.diagnostics);
  }
  // A file for a workspace says something even where it holds no limit: from then on somebody reviews what it may spend.
  requireUndated(desired, compiled.desired, dayOf(run.session.clock.now()));
  const isSame = requireOnlyAsked(wish, desired, compiled.desired) && !isNewlyDeclared(wish, desired, compiled.desired);
  requireEffect(wish, compiled.desired);
  const owed = base.plan.changes;
  if (isSame) return { changed: [], notes: [], planned: null, owed, edit };
  const proposed = await planOf(next, true);
  if (proposed.plan === null) throw refuseErrors(proposed.diagnostics);
  const planned = comparePlans(base, proposed);
  if (planned.errors.length > 0) throw refuseErrors(planned.errors);
  const broken = planned.findings.find(({ severity, silenced }) => severity === 'error' && silenced === null);
  if (broken !== undefined) {
    throw new ProposalRefusal('blocked_by_rule', `the rule ${broken.rule} refuses it: ${broken.message}`, {
      hint: broken.fix,
      details: { rule: broken.rule },
    });
  }
  const isLeftLive =
    wish.proposal.action === 'delete' && planned.added.length === 0 && planned.view.unmanaged.length > 0;
  const unmanaged = isLeftLive ? ['No record has it: what is live stays in force, and is unmanaged from then on.'] : [];
  return { changed, notes: [...notes, ...notesOnDeletion(wish, compiled.desired), ...unmanaged], planned, owed, edit };
}

/** Of all that is live in a workspace, which may have no file before, and nothing live. */
function mayBeWorkspaceFile({ proposal }: ProposalWish): boolean {
  return proposal.action === 'import' && (proposal.withDefaults === true || proposal.target === null);
}

function isNewlyDeclared(wish: ProposalWish, before: Desired, after: Desired): boolean {
  return mayBeWorkspaceFile(wish) && !hasFile(wish.workspace, before) && hasFile(wish.workspace, after);
}

/** What is there already has to be right before anything can be asked for. */
function refuseBase(diagnostics: readonly Diagnostic[], branchName: string): ProposalRefusal {
  const [first] = diagnostics.filter(({ severity }) => severity === 'error');
  return new ProposalRefusal('invalid_input', `the policy files on ${branchName} have errors: ${first?.message}`, {
    hint: 'They have to be mended before anything can be proposed: `tollgate validate` and `tollgate plan` list all of them.',
    details: { file: first?.source.file ?? null, line: first?.source.line ?? null },
  });
}

function refuseErrors(diagnostics: readonly { severity: string; message: string; code: string }[]): ProposalRefusal {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const lacking = proposedFields.find((field) => first?.code === `required-${field}`);
  if (lacking !== undefined) return missing(lacking, '`review.require` of the organisation asks for it', []);
  return new ProposalRefusal('invalid_input', `the files would have an error: ${first?.message ?? 'unknown'}`, {
    hint: 'Nothing was proposed: say it in the words of docs/files.md.',
    details: { errors: errors.length, code: first?.code ?? null },
  });
}

/** Each sees the same of what is live: what was read once is not read again. */
async function plan(
  files: readonly FoundFile[],
  { tip, hasInHistory }: Branch,
  branchName: string,
  { options, session, open }: ProposalRun,
  isEdited?: true,
): Promise<Judged | NoPlan> {
  const asking = {
    ...options,
    source: { commit: tip, files, isEdited, branchName, hasInHistory },
    workspace: [],
    quiet: true,
    mode: 'sync' as const,
    only: [],
    // Words that lift a guard are for people who review.
    allow: [],
    impact: true,
    // Who reads a pull request is not known here: people are counted, unless the settings name them.
    isPublic: true,
    mayRecall: false,
  };
  return preparePlan(asking, session, open);
}

function toFound(files: readonly FoundFile[], changed: readonly PolicyFile[], directory: string): readonly FoundFile[] {
  const relative = new Map(files.map((file) => [file.path, file.relative]));
  const start = directory === '' ? 0 : directory.length + 1;
  return mergeFiles(files, changed).map(({ path, text }) => ({
    path,
    text,
    relative: relative.get(path) ?? path.slice(start),
  }));
}

async function createEdit(
  { proposal, workspace }: ProposalWish,
  { open, session }: ProposalRun,
  { directory, base }: { readonly directory: string; readonly base: Judged },
): Promise<Made['edit']> {
  if (proposal.action !== 'import') {
    return (files, desired) => {
      const { path, text, isNew } = editProposal({ proposal, workspace, desired, files, directory });
      const before = files.find((file) => file.path === path)?.text ?? '';
      return {
        changed: [{ path, text }],
        notes: [...(isNew ? [noteOnNewFile(path, text)] : []), ...notesOnComments(proposal, before, text)],
      };
    };
  }
  const live = await session.waiting(`reading ${open.backend.baseUrl}`, readEverything(open.backend, []));
  const { target, withDefaults = false } = proposal;
  return (files, desired) => {
    if (withDefaults && hasFile(workspace, desired)) return { changed: [], notes: [] };
    const input: AddInput = {
      desired,
      files,
      directory,
      live,
      record: base.settled,
      now: nowOf(session),
      workspaces: [workspace.slug],
      ...(target === null
        ? {}
        : {
            isAsked: ({ kind, name, id }) =>
              isOfTargetKind(kind, target.kind) &&
              (target.kind === 'workspace' || name === target.name || id === target.name),
          }),
    };
    const added = addUnmanaged(input);
    if ('diagnostics' in added) {
      if (withDefaults) requireSaid(added.diagnostics, workspace);
      throw refuseErrors(added.diagnostics);
    }
    const kept = added.leftOut.length;
    const declared =
      added.additions.length === 1 ? '1 live object as it is' : `${added.additions.length} live objects as they are`;
    const declares = [
      `Declares ${declared}${withDefaults ? '.' : ': an apply changes nothing live.'}`,
      ...(kept === 0
        ? []
        : [
            `${kept} more cannot be declared as they are, and stay unmanaged: ${listFew(added.leftOut.map(reasonOf), 3)}.`,
          ]),
    ];
    if (withDefaults) {
      const found = live.workspaces.find(({ id }) => id === workspace.id);
      if (found === undefined) throw new ProposalRefusal('not_found', `${workspace.slug} is not live any more`);
      const { file, notes } = declareWorkspace(found, added, input);
      requireSaid(added.leftOut, workspace);
      return { changed: [file], notes: [...(added.additions.length + kept === 0 ? [] : declares), ...notes] };
    }
    const nothing = added.additions.length + added.leftOut.length === 0;
    if (nothing && target === null && !hasFile(workspace, desired)) {
      const said = `Declares ${workspace.slug}, in which nothing more can be declared, without the organisation's defaults: an apply changes nothing live.`;
      return { changed: [emptyFile(workspace, input)], notes: [said] };
    }
    if (added.additions.length === 0 && (target !== null || added.leftOut.length > 0)) {
      const [first] = added.leftOut;
      throw new ProposalRefusal(
        'not_found',
        first === undefined
          ? `nothing live and undeclared is called ${labelOfTarget(target)} there`
          : `nothing can be declared as it is: ${first.why}`,
        { hint: 'list_policies shows what is unmanaged.' },
      );
    }
    return { changed: added.files, notes: declares };
  };
}

function reasonOf({ object: { name, id }, field, why }: Added['leftOut'][number]): string {
  return `${name ?? id}${field === undefined ? '' : `, ${field}`} (${why})`;
}

function hasFile(workspace: ProposalWish['workspace'], { workspaces }: Desired): boolean {
  return workspaces.some(({ ref }) => isOfWorkspace(ref, workspace));
}
