/** What stands around the words that count (docs/approvals.md): there, not there, or not known, which is never fine. Pure. */

import { leastGit } from '../../checkout/git-version.ts';
import type { BranchProtection, DeploymentEnvironment } from '../../github/port.ts';
import type { CheckView } from '../../render/doctor.ts';

/** What GitHub said of one thing. */
export interface GitHubFacts<T> {
  /** Null: there is none, or it is not for this token; GitHub answers both alike. */
  readonly facts: T | null;
  /** Why it could not be asked; null: it was. */
  readonly problem: string | null;
}

interface Wall {
  readonly id: string;
  readonly title: string;
  readonly stands: boolean | null;
  /** What is so, for each answer. */
  readonly yes: string | null;
  readonly no: string;
  readonly unknown: string;
  /** What to do where it does not stand. */
  readonly advice: string;
}

export function viewOfWall(wall: Pick<CheckView, 'id' | 'title' | 'state' | 'detail' | 'advice'>): CheckView {
  return { ...wall, group: 'approvals', needed: false, scopes: [], request: null };
}

function viewWall({ id, title, stands, yes, no, unknown, advice }: Wall): CheckView {
  if (stands === null) return viewOfWall({ id, title, state: 'unknown', detail: unknown, advice: null });
  const [state, detail] = stands ? (['works', yes] as const) : (['missing', no] as const);
  return viewOfWall({ id, title, state, detail, advice: stands ? null : advice });
}

const notTold = 'not told to this token: an administrator sees it';

/** @param hasOwnersFile a file of code owners is in the commit that is checked out; null: cannot be known */
export function explainBranch(
  branch: string,
  told: GitHubFacts<BranchProtection>,
  hasOwnersFile: boolean | null,
): CheckView[] {
  const { facts } = told;
  const unknown = whyUnknown(told, `branch ${branch}`);
  const rules = 'Settings → Rules, for the default branch: ';
  const approvals = facts?.approvals ?? null;
  const needsPull = facts?.needsPullRequest ?? null;
  const common = { yes: null, unknown };
  const pull: Wall = {
    ...common,
    id: 'branch.pull-request',
    title: 'pull request needed',
    stands: both(needsPull, approvals === null ? null : approvals > 0),
    yes: `into ${branch}, with ${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`,
    no: needsPull === false ? `${branch} may be pushed to by hand` : `into ${branch}, but without an approval`,
    advice: `${rules}require a pull request with one approval.`,
  };
  const bypass: Wall = {
    ...common,
    id: 'branch.bypass',
    title: 'nobody is excepted',
    stands: not(facts?.canBeBypassed ?? null),
    no: `somebody may go round the rules of ${branch}`,
    advice: `${rules}an empty bypass list; in classic protection, "Do not allow bypassing".`,
  };
  const others: Wall[] = [
    {
      ...common,
      id: 'branch.stale',
      title: 'stale approvals go',
      stands: facts?.dismissesStaleReviews ?? null,
      no: 'what was approved and then changed still looks approved',
      advice: `${rules}dismiss stale approvals. tollgate does not count them, but people see them.`,
    },
    {
      ...common,
      id: 'branch.last-push',
      title: 'last push approved',
      stands: facts?.needsLastPushApproval ?? null,
      no: 'who pushes last may be the one who approves',
      advice: `${rules}require approval of the most recent push.`,
    },
    {
      ...common,
      id: 'branch.code-owners',
      title: 'code owners review',
      stands: both(facts?.needsCodeOwners ?? null, hasOwnersFile),
      yes: null,
      no:
        hasOwnersFile === false && facts?.needsCodeOwners === true
          ? 'required, but there is no CODEOWNERS'
          : 'the workflow can be changed without them',
      advice: `A CODEOWNERS for .github/ and the policies; ${rules}require review from code owners.`,
    },
    {
      ...common,
      id: 'branch.history',
      title: 'history is kept',
      stands: both(facts?.blocksForcePushes ?? null, facts?.blocksDeletion ?? null),
      no: `${branch} may be force-pushed or deleted`,
      advice: `${rules}block force pushes, restrict deletions.`,
    },
  ];
  // Without rules there is nothing to go round.
  return [pull, ...(needsPull === false ? [] : [bypass]), ...others].map(viewWall);
}

export function explainEnvironment(
  name: string,
  defaultBranch: string | null,
  told: GitHubFacts<DeploymentEnvironment>,
): CheckView[] {
  const { facts } = told;
  const settings = `Settings → Environments → ${name}: `;
  const unknown = whyUnknown(told, `environment ${name}`);
  const branches = judgeBranches(facts, defaultBranch);
  const reviewers = facts?.reviewers.length ?? 0;
  const walls: Wall[] = [
    {
      id: 'environment.branches',
      title: 'environment: branches',
      stands: branches.stands,
      yes: `jobs of ${defaultBranch} alone get the secrets of ${name}`,
      no: branches.why,
      unknown: facts === null ? unknown : branches.why,
      advice: `${settings}deployment branches, selected: ${defaultBranch ?? 'the default branch'} alone.`,
    },
    {
      id: 'environment.reviewers',
      title: 'environment: reviewers',
      stands: facts === null ? null : reviewers > 0,
      yes: 'somebody looks at each apply',
      no: `a job gets the secrets of ${name} unseen`,
      unknown,
      advice: `${settings}required reviewers. Private repositories on a free plan have none.`,
    },
    {
      id: 'environment.self-review',
      title: 'environment: not oneself',
      stands: facts === null ? null : facts.preventsSelfReview,
      yes: null,
      no: 'who started the run may let it pass',
      unknown,
      advice: `${settings}prevent self-review.`,
    },
  ];
  const isMoot = facts !== null && reviewers === 0;
  return walls.filter(({ id }) => !isMoot || id !== 'environment.self-review').map(viewWall);
}

function judgeBranches(
  facts: DeploymentEnvironment | null,
  defaultBranch: string | null,
): { readonly stands: boolean | null; readonly why: string } {
  if (facts === null) return { stands: null, why: '' };
  if (facts.branches === 'all') return { stands: false, why: 'a workflow on any branch may have the secrets' };
  if (facts.branches === 'protected') {
    return { stands: null, why: 'every protected branch may have the secrets, and which those are was not looked at' };
  }
  if (facts.chosen === null) return { stands: null, why: notTold };
  const others = facts.chosen.filter(({ kind, pattern }) => kind !== 'branch' || pattern !== defaultBranch);
  if (others.length === 0) return { stands: true, why: '' };
  const named = others.map(({ kind, pattern }) => `${kind} ${pattern}`).join(', ');
  if (defaultBranch === null) return { stands: null, why: `${named}; which branch is the default one is not known` };
  return { stands: false, why: `the secrets are also for ${named}` };
}

/**
 * Whoever is named is asked to review; that a review is needed is a setting of the branch.
 *
 * @param file null: there is none
 * @param unowned paths that it names nobody for
 */
export function explainOwners({
  file,
  folder,
  unowned,
}: {
  readonly file: string | null;
  readonly folder: string;
  readonly unowned: readonly string[];
}): CheckView {
  return viewWall({
    id: 'code-owners',
    title: 'owners of the policies',
    stands: file !== null && unowned.length === 0,
    yes: `${file} names somebody for the policies and for what CI does with them`,
    no: file === null ? 'there is no CODEOWNERS' : `${file} names nobody for ${unowned.join(', ')}`,
    unknown: '',
    advice: `Write \`/${folder} @OWNER/TEAM\` into ${file ?? '.github/CODEOWNERS'} (GitLab: .gitlab/CODEOWNERS), and a line for the file of the CI system.`,
  });
}

/** Of a record that is kept on a branch. */
export function explainRecordBranch(branch: string, told: GitHubFacts<BranchProtection>): CheckView[] {
  const { facts } = told;
  const unknown = whyUnknown(told, `branch ${branch}`);
  const rules = `Settings → Rules, for ${branch}: `;
  const walls: Wall[] = [
    {
      id: 'record.pushes',
      title: 'record: who may push',
      stands: facts?.restrictsPushes ?? null,
      yes: `only who is named may move ${branch}; who that is was not looked at`,
      no: `everybody who may push may move ${branch}`,
      unknown,
      advice: `${rules}restrict updates, and let one App or deploy key pass (\`record-token\` of the Action).`,
    },
    {
      id: 'record.history',
      title: 'record: history is kept',
      stands: both(facts?.blocksForcePushes ?? null, facts?.blocksDeletion ?? null),
      yes: null,
      no: `${branch} may be force-pushed or deleted`,
      unknown,
      advice: `${rules}block force pushes, restrict deletions.`,
    },
  ];
  return walls.map(viewWall);
}

/** Rules cover branches and tags; everything else is open to whoever may push. @param ref null: not known */
/** @param told by team: how many are in it, or why that cannot be read */
export function explainTeams(told: ReadonlyMap<string, GitHubFacts<number>>): CheckView[] {
  return [...told].map(([team, { facts, problem }]) => {
    const title = `team ${team}`;
    const stands = facts === null ? null : facts > 0;
    return viewWall({
      id: `teams.${team}`,
      title,
      stands,
      yes: `${facts} ${facts === 1 ? 'member' : 'members'} by this token; the Action needs one that may read them, as teams-token`,
      no: 'nobody is in it, so that nothing that waits for it is ever applied',
      unknown: `${problem ?? 'not told'}; the Action needs a token that may read the organisation's members, as teams-token`,
      advice: 'Add somebody, or name another team in `review.approvals` or `owner:`.',
    });
  });
}

export function explainRecordRef(ref: string | null): CheckView {
  return viewWall({
    id: 'record.ref',
    title: 'record: protected',
    stands: ref === null ? null : false,
    yes: null,
    no: `no rule of GitHub can cover ${ref}: everybody who may push may move or delete it`,
    unknown: 'the policy files say where the record is, and there are none that can be read',
    advice: 'A record on a branch (`record: {ref: refs/heads/tollgate-record}`) can be protected: docs/record.md.',
  });
}

export function explainSealKey(isSet: boolean): CheckView {
  return viewWall({
    id: 'seal-key',
    title: 'seal key',
    stands: isSet,
    yes: 'TOLLGATE_SEAL_KEY is set here',
    no: 'TOLLGATE_SEAL_KEY is not set here: what another key than the present one sealed counts as sealed by nobody',
    unknown: '',
    advice: 'Set it where applies run, as a secret of the environment; this tells of this machine alone.',
  });
}

/** Git computes merges again from 2.38 on. @param version null: not known */
export function explainGitVersion(version: string | null): CheckView {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const isEnough = major > 2 || (major === 2 && minor >= Number(leastGit.split('.')[1]));
  return viewWall({
    id: 'git-version',
    title: 'Git computes merges',
    stands: version === null ? null : major > 2 || (major === 2 && minor >= 38),
    yes: `Git ${version} here; ${leastGit} is the least that works`,
    no: isEnough
      ? `Git ${version} here is older than 2.38: a merge commit counts as a part of who made it`
      : `Git ${version} here is older than ${leastGit}, with which tollgate works at least`,
    unknown: `Git does not say its version; ${leastGit} is the least that works`,
    advice: 'Install Git 2.38 or later where applies run.',
  });
}

function whyUnknown({ facts, problem }: GitHubFacts<unknown>, what: string): string {
  return problem ?? (facts === null ? `there is no ${what}, or it is not for this token` : notTold);
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}

function not(fact: boolean | null): boolean | null {
  return fact === null ? null : !fact;
}
