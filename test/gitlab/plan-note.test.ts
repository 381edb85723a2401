/** `plan --note` and `--changed-from`, in a clone with a remote, beside a stand-in of GitLab. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type GitLabPlace, openNotes } from '../../src/gitlab/notes.ts';
import { projectToken, startGitLab } from '../helpers/gitlab/server.ts';
import { type TestSession, testSession } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { typeLine } from '../helpers/type-line.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { startGitRig } from '../stories/git-rig.ts';

const policy = (amount: string, name = 'monthly'): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  ${name}:\n    match: {api_key: "*"}\n    per: api_key\n    budget: ${amount}\n    reset: monthly\n`,
  );

async function start(
  files: Readonly<Record<string, string>> = { 'org.yaml': orgFile(), 'alpha.yaml': policy('$100') },
) {
  const gitlab = await startGitLab();
  const rig = await startGitRig({ state: smallState() });
  onTestFinished(async () => {
    await rig.close();
    await gitlab.close();
  });
  rig.commit(files);
  rig.git('checkout', '--quiet', '-b', 'raise');
  let isStale = false;
  const head = (): string => rig.git('rev-parse', 'HEAD');
  const env = (): Record<string, string | undefined> => ({
    ...rig.env,
    GITLAB_CI: 'true',
    CI: 'true',
    CI_API_V4_URL: gitlab.url,
    CI_PROJECT_VISIBILITY: 'private',
    CI_MERGE_REQUEST_PROJECT_ID: '7',
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '7',
    CI_MERGE_REQUEST_IID: '1',
    CI_MERGE_REQUEST_PROJECT_URL: 'https://gitlab.example.com/team/limits',
    CI_COMMIT_SHA: head(),
    CI_PIPELINE_IID: '3',
    CI_JOB_ID: '50',
    CI_JOB_URL: 'https://gitlab.example.com/team/limits/-/jobs/50',
    GITLAB_TOKEN: projectToken,
  });
  const run = (words: readonly string[], more: Readonly<Record<string, string | undefined>> = {}) => {
    if (!isStale) gitlab.become(1, { sha: head() });
    const session: TestSession = testSession({ cwd: rig.folder, env: { ...env(), ...more } });
    const openNotesOf = {
      ...session,
      openNotes: async (place: GitLabPlace, iid: number) =>
        openNotes({ ...place, timing: { now: session.clock.now, random: () => 0, sleep: session.clock.sleep } }, iid),
    };
    return typeLine(words, openNotesOf);
  };
  /** From now on the request has this commit, whatever the job was started for. */
  const pushLater = (): void => {
    isStale = true;
    gitlab.become(1, { sha: 'f'.repeat(40) });
  };
  return { gitlab, rig, run, pushLater };
}

const bodies = ({ notes }: { notes(iid: number): readonly { body: string }[] }) => notes(1).map(({ body }) => body);

describe('plan --note', () => {
  it('tells the plan in one note, whose links and words are those of GitLab', async () => {
    const { gitlab, rig, run } = await start();
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$120') });
    const ran = await run(['plan', '--note']);
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(ran.stdout).toContain('monthly');
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$130') });
    await run(['plan', '--note', '--quiet']);
    const [body = '', ...others] = bodies(gitlab);
    expect(others).toEqual([]);
    expect(body).toContain('&#36;&#8203;130');
    expect(body).not.toContain('120');
    expect(body).toContain(
      `https://gitlab.example.com/team/limits/-/blob/${rig.git('rev-parse', 'HEAD')}/policies/alpha.yaml#L`,
    );
    expect(body).toContain('[run and full text](https://gitlab.example.com/team/limits/-/jobs/50)');
    expect(body).not.toMatch(/review that|pull request|\/tollgate allow/);
  });

  it('tells of files with errors, and of a control plane that refuses, and exits as ever', async () => {
    const { gitlab, rig, run } = await start();
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('plenty') });
    expect((await run(['plan', '--note'])).exit).toBe(1);
    expect(bodies(gitlab)[0]).toContain('the files have errors');
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$120') });
    expect((await run(['plan', '--note'], { PORTKEY_API_KEY: 'wrong-key' })).exit).toBe(6);
    expect(bodies(gitlab)).toHaveLength(1);
    expect(bodies(gitlab)[0]).toContain('no plan for this head');
  });

  it('says what could not be written, and the plan is none the worse', async () => {
    const { gitlab, run } = await start();
    const ran = await run(['plan', '--note'], { GITLAB_TOKEN: 'another-token-entirely' });
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stderr).toMatch(/^!1: the note could not be written: .*GITLAB_TOKEN is invalid/m);
    expect(bodies(gitlab)).toEqual([]);
  });

  it.each([
    ['outside a merge request', { CI_MERGE_REQUEST_IID: undefined }, /no job of a merge request/],
    ['without a token', { GITLAB_TOKEN: ' ' }, /GITLAB_TOKEN is not set/],
  ])('is refused %s, before anything is asked', async (_where, more, message) => {
    const { gitlab, run } = await start();
    const ran = await run(['plan', '--note'], more);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toMatch(message);
    expect(gitlab.requests).toEqual([]);
  });

  it('of a fork writes nothing, whatever token there is', async () => {
    const { gitlab, run } = await start();
    const ran = await run(['plan', '--note'], { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '8' });
    expect(ran.stderr).toContain('comes from a fork');
    expect(gitlab.requests).toEqual([]);
  });

  it('of an earlier commit leaves the note of a later one alone', async () => {
    const { gitlab, run, pushLater } = await start();
    await run(['plan', '--note']);
    const [before] = bodies(gitlab);
    pushLater();
    const ran = await run(['plan', '--note'], { PORTKEY_API_KEY: 'wrong-key' });
    expect(ran.stderr).toContain('!1 has a later commit by now');
    expect(bodies(gitlab)).toEqual([before]);
  });

  it('writes nothing on a request that is merged by now', async () => {
    const { gitlab, run } = await start();
    gitlab.become(1, { state: 'merged' });
    expect((await run(['plan', '--note'])).stderr).toContain('!1 is merged or closed by now');
    expect(bodies(gitlab)).toEqual([]);
  });

  it('does nothing that a policy says: no mention, no reference, no command', async () => {
    const { gitlab, rig, run } = await start();
    const text = '"/close @all #1 !1 $1 ~bug %1 &1 PROJ-1 https://example.com"';
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$120', text) });
    await run(['plan', '--note']);
    const [body = ''] = bodies(gitlab);
    expect(body).toContain('PROJ');
    expect(gitlab.carriedOut).toEqual([]);
    const shown = body
      .split('\n')
      .slice(3)
      .join('\n')
      .replace(/`[^`\n]*`|\]\([^)]*\)/g, '');
    expect(shown).not.toMatch(/@all|#1\b|!1\b|~bug|PROJ-1|(?<!\]\()https:/);
  });
});

describe('plan --changed-from', () => {
  it('needs no key where no policy changes, and leaves no note', async () => {
    const { gitlab, rig, run } = await start();
    rig.git('commit', '--quiet', '--allow-empty', '-m', 'something else');
    const ran = await run(['plan', '--changed-from', 'main', '--note'], { PORTKEY_API_KEY: undefined });
    expect(ran).toMatchObject({ exit: 0, stdout: 'No policy files change from main: nothing was planned.\n' });
    expect(bodies(gitlab)).toEqual([]);
  });

  it('puts a note right that an earlier head left', async () => {
    const { gitlab, rig, run } = await start();
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$120') });
    await run(['plan', '--changed-from', 'main', '--note']);
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$100') });
    await run(['plan', '--changed-from', 'main', '--note'], { PORTKEY_API_KEY: undefined });
    expect(bodies(gitlab)).toHaveLength(1);
    expect(bodies(gitlab)[0]).toContain('This merge request changes no policy files');
  });

  it('plans where main moved and this branch did not, only what the branch changes', async () => {
    const { rig, run } = await start();
    rig.git('checkout', '--quiet', 'main');
    rig.commit({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$500') });
    rig.git('checkout', '--quiet', 'raise');
    expect((await run(['plan', '--changed-from', 'main'])).stdout).toContain('No policy files change');
  });

  it('plans what no commit holds yet', async () => {
    const { rig, run } = await start();
    rig.write({ 'org.yaml': orgFile(), 'alpha.yaml': policy('$120') });
    expect((await run(['plan', '--changed-from', 'main'])).stdout).not.toContain('No policy files change');
  });

  it('says that there is no such branch', async () => {
    const { run } = await start();
    expect(await run(['plan', '--changed-from', 'trunk'])).toMatchObject({ exit: 6 });
  });
});
