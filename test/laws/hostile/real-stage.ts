/** A story's stage with real Git on disk, and the stand-ins of GitHub and the control plane behind sockets. */

import { readOpenPull } from '../../../src/approvals/read-windows.ts';
import { withBranch } from '../../../src/checkout/branch.ts';
import { requireRepository } from '../../../src/checkout/repository.ts';
import { createGitHub } from '../../../src/github/octokit.ts';
import { createGitRefStore } from '../../../src/record/git-ref.ts';
import { createSealer } from '../../../src/record/seal.ts';
import { startScene } from '../../action/scene.ts';
import { actionsToken } from '../../helpers/github/server.ts';
import { bareEnvironment, clone, git, makeFolder } from '../../record/git-fixture.ts';
import { foreignId, isWrite, liveOf, setLive, startState } from './control-plane.ts';
import { forge } from './memory-stage.ts';
import type { Model } from './model.ts';
import { type Files, render } from './model-text.ts';
import type { Made, Stage } from './stage.ts';

const recordRef = 'refs/tollgate/production';
const minute = 60_000;

export async function startWithGit(model: Model): Promise<Stage> {
  const below = (files: Files): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`policies/${path}`, text]));
  const scene = await startScene({ files: below(render(model)), teams: { finance: ['carol'] } });
  const { github, emulator, remote } = scene;
  git(remote, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  for (const login of ['alice', 'bob', 'carol', 'merger']) github.setRole(login, 'write');
  github.setRole('owner', 'admin');
  github.setRole('reader', 'read');
  github.repository().gitUser = 'alice';
  emulator.store.state.usagePolicies.push(...(startState().usagePolicies ?? []));
  const first = git(remote, 'rev-parse', 'main');
  const heads = new Map<number, string[]>();
  const versions: string[] = [];
  const noteHead = (pull: number): void => {
    heads.set(pull, [...(heads.get(pull) ?? []), github.pullRequest(pull).pull?.headSha ?? '']);
  };
  const recordVersion = (): string | null =>
    git(remote, 'for-each-ref', '--format=%(objectname)', recordRef)
      .split('\n')
      .find((line) => line !== '') ?? null;
  const mainFiles = (): Files =>
    Object.fromEntries(
      ['org.yaml', 'a.yaml', 'b.yaml'].map((path) => [path, `${git(remote, 'show', `main:policies/${path}`)}\n`]),
    ) as Files;
  const pushMade = (branch: string, files: Files, made: Made, from?: string): void => {
    scene.pass(minute);
    const { by, author = by, coAuthor, asGitHub, pusher = by, requestedBy } = made;
    const unlinked = { name: 'Somebody', email: 'somebody@home.example' };
    github.pushTo({
      branch,
      files: below(files),
      user: pusher,
      author: author ?? unlinked,
      committer: asGitHub === 'forged' ? { name: 'GitHub', email: 'noreply@github.com' } : by,
      ...(coAuthor === undefined ? {} : { coAuthors: [coAuthor] }),
      ...(asGitHub === 'signed' ? { onWeb: true } : {}),
      ...(requestedBy === undefined ? {} : { message: `change\n\nRequested-by: @${requestedBy}` }),
      ...(from === undefined ? {} : { from }),
    });
  };
  /** Written by somebody who has tollgate, and another key. */
  const writeForged = async (to: string): Promise<void> => {
    const directory = clone(remote);
    const env = bareEnvironment(makeFolder());
    const sealer = createSealer({ TOLLGATE_SEAL_KEY: 'of somebody else' });
    const stored = await createGitRefStore({ directory, env, ref: recordRef, sealer }).read();
    if (stored === null) return;
    const forged = forge(stored.record, git(remote, 'rev-parse', 'main'), mainFiles());
    const token = to === recordRef ? stored.token : null;
    await createGitRefStore({ directory, env, ref: to, sealer }).write(forged, token, 'by hand');
  };
  const port = createGitHub({
    token: actionsToken,
    repository: 'example/budgets',
    apiUrl: github.url,
    login: 'github-actions[bot]',
    userAgent: 'test',
    retryAfterBaseValue: 1,
    timeout: 5_000,
  });

  return {
    foreignId,
    tellsPushers: true,
    open(files, { opener, from, ...made }) {
      const branch = `change-${heads.size + 1}`;
      pushMade(branch, files, made, from === 'start' ? first : 'main');
      const { number } = github.openPullRequest({ head: branch, title: `Change ${branch}`, user: opener });
      noteHead(number);
      return number;
    },
    amend(pull, files, made) {
      const branch = github.pullRequest(pull).pull?.headRef ?? '';
      const { by, coAuthor } = made;
      scene.pass(minute);
      if (coAuthor === undefined) pushMade(branch, files, made);
      else github.suggest({ pull, files: below(files), by: coAuthor, user: by });
      noteHead(pull);
    },
    async update(pull, user, files) {
      scene.pass(minute);
      try {
        github.updateBranch({ pull, user, ...(files === null ? {} : { files: below(files) }) });
      } catch {
        return false;
      }
      noteHead(pull);
      return true;
    },
    async review(pull, { by, state, back, body, isEdited }) {
      scene.pass(minute);
      const all = heads.get(pull) ?? [];
      const commit = all[Math.max(0, all.length - 1 - back)] ?? '';
      const made = github.review({ pull, user: by, state: state === 'DISMISSED' ? 'APPROVED' : state, body, commit });
      if (isEdited) github.editReview({ id: made.id, body, user: by });
      if (state === 'DISMISSED') github.dismissReview(made.id);
    },
    moveBase(pull) {
      scene.pass(minute);
      if (!git(remote, 'for-each-ref', 'refs/heads/other').includes('other')) git(remote, 'branch', 'other', first);
      for (const base of ['other', 'main']) github.changeBase({ pull, base, user: 'alice' });
      scene.pass(minute);
    },
    merge(pull, method) {
      scene.pass(minute);
      try {
        github.merge({ pull, method, user: 'merger' });
      } catch {
        return null;
      }
      return mainFiles();
    },
    pushHead(pull) {
      git(remote, 'update-ref', 'refs/heads/main', heads.get(pull)?.at(-1) ?? '');
      github.pullRequest(pull);
    },
    push(files, by) {
      scene.pass(minute);
      github.pushTo({ branch: 'main', files: below(files), user: by });
    },
    comment: (pull, body) => void github.comment({ issue: pull, user: 'github-actions[bot]', body }),
    setTeam(login, isIn) {
      const [finance] = github.repository().teams;
      if (finance === undefined) return;
      const others = finance.members.filter((member) => member !== login);
      github.repository().teams = [{ ...finance, members: isIn ? [...others, login] : others }];
    },
    pass: (days) => scene.pass(days * 24 * 60 * minute),
    day: () => new Date(scene.now()).toISOString().slice(0, 10),
    setRole: (login, role) => github.setRole(login, role),
    forgetHeads: () => false,
    setLive: (name, budget) => setLive(emulator.store.state, name, budget),
    live: () => liveOf(emulator.store.state),
    async record(deed) {
      const version = recordVersion();
      if (version === null) return;
      if (deed === 'delete') git(remote, 'update-ref', '-d', recordRef);
      if (deed === 'restore') git(remote, 'update-ref', recordRef, versions.at(-2) ?? version);
      if (deed === 'forge') await writeForged(recordRef);
      if (deed === 'copy') await writeForged('refs/heads/evil-record').catch(() => {});
    },
    recordVersion,
    async requestDigest(pull) {
      const directory = clone(remote);
      const repository = await requireRepository({ directory, env: bareEnvironment(makeFolder()) });
      const place = { environment: 'production', baseUrl: emulator.url, record: recordRef };
      return withBranch(repository, 'main', 'policies', async (branch) => {
        const { merged } = await readOpenPull({ github: port, branch, branchName: 'main', place }, pull);
        return merged.digest;
      });
    },
    async run({ command, event, actor, triggeringActor, approve, allow, rerun, workTree }) {
      scene.pass(minute);
      emulator.requests.clear();
      const files = workTree === null ? {} : { files: below(workTree) };
      if (rerun !== null) github.rerun({ run: rerun, user: triggeringActor });
      const ran =
        command === 'returns'
          ? await scene.act('schedule', { schedule: '7 * * * *' }, 'main', {
              inputs: { command, comment: 'never' },
              ...files,
            })
          : event === 'dispatch'
            ? await scene.dispatch(
                { approve, allow, comment: 'never' },
                { actor, triggeringActor, ...(rerun === null ? {} : { runId: rerun, attempt: 2 }), ...files },
              )
            : event === 'push'
              ? await scene.apply({ inputs: { comment: 'never' }, ...files })
              : await scene.act('schedule', { schedule: '17 * * * *' }, 'main', {
                  inputs: { command: 'apply', comment: 'never' },
                  ...files,
                });
      const version = recordVersion();
      if (version !== null && versions.at(-1) !== version) versions.push(version);
      const writes = emulator.requests.recent.filter(isWrite).map(({ method, path }) => `${method} ${path}`);
      return {
        id: rerun ?? scene.lastRun(),
        exit: ran.error === null ? ran.exit : null,
        digest: ran.outputs.digest ?? '',
        text: ran.text,
        writes,
      };
    },
    // Thousands of runs end in one test: what its end would close stays open till then.
    close: () => scene.close(),
  };
}
