/** The input `record-token`: with a rule that lets one App alone move the record, the job's own token can no longer, and that of the App can. */

import { afterEach, expect, it } from 'vitest';
import { type GitHttp, startGitHttp } from '../helpers/git-http.ts';
import { actionsToken } from '../helpers/github/server.ts';
import { adminKey } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { type Job, runJob } from './runner.ts';
import { all, type Scene, startScene, team } from './scene.ts';

const ref = 'refs/heads/tollgate-record';
const jobToken = 'job_0sample0token';
const recordToken = 'app_0sample0token';
const org = `record: { ref: ${ref} }\nreview: { guards: { spend_up: off } }\n`;
const encode = (token: string): string => Buffer.from(`x-access-token:${token}`).toString('base64');

let server: GitHttp | undefined;
afterEach(() => server?.close());

/** The first apply, dispatched by an administrator; the clone's address and header come the way that actions/checkout leaves them. */
function dispatch(scene: Scene, { url }: GitHttp, approve: string, token: string): Promise<Job> {
  const settings = [
    [`url.${url}.insteadOf`, scene.remote],
    [`http.${new URL(url).origin}/.extraheader`, `AUTHORIZATION: basic ${encode(jobToken)}`],
  ].flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const headSha = git(scene.remote, 'rev-parse', 'main');
  const facts = { event: 'workflow_dispatch', status: 'in_progress', actor: 'owner', triggeringActor: 'owner' };
  const { id: runId } = scene.github.addWorkflowRun({ headSha, ...facts });
  const inputs = { command: 'apply', approve, 'github-token': actionsToken, 'base-url': scene.emulator.url };
  return runJob({
    remote: scene.remote,
    ref: 'main',
    event: 'workflow_dispatch',
    payload: scene.github.eventPayload('workflow_dispatch', { inputs: {}, ref: 'refs/heads/main' }),
    inputs: { ...inputs, 'portkey-api-key': adminKey, 'record-token': token },
    apiUrl: scene.github.url,
    serverUrl: scene.github.serverUrl,
    runId,
    env: {
      GITHUB_ACTOR: 'owner',
      GITHUB_TRIGGERING_ACTOR: 'owner',
      GIT_CONFIG_COUNT: '2',
      ...(Object.fromEntries(settings) as Record<string, string>),
    },
  });
}

it('moves the record where a rule refuses the token of the job, is masked, and is sent for nothing else', async () => {
  const scene = await startScene({ org, isSystemClock: true, files: team(all('$120')) });
  const approve = (await scene.dispatch({ approve: '0'.repeat(32) }, { actor: 'owner' })).outputs.digest ?? '';
  const tokens = [jobToken, recordToken];
  server = await startGitHttp({ bareDir: scene.remote, tokens, guarded: { ref, token: recordToken } });

  const refused = await dispatch(scene, server, approve, '');
  expect(refused.outputs['exit-code'], refused.log).toBe('6');
  expect(refused.log).toContain('GH013');
  expect(scene.limits()).toEqual({});
  expect(new Set(server.takeRequests().flatMap((request) => request.tokens))).toEqual(new Set([jobToken]));

  const applied = await dispatch(scene, server, approve, recordToken);
  expect(applied.outputs['exit-code'], applied.log).toBe('0');
  expect(Object.keys(scene.limits())).toHaveLength(4);
  expect(git(scene.remote, 'log', '--format=%s', ref)).not.toBe('');
  const sent = server.takeRequests().map((request) => request.tokens.join(' '));
  // The tip of the default branch is read with what the clone has.
  expect(new Set(sent)).toEqual(new Set([jobToken, recordToken]));
  const masks = applied.log.split('\n').filter((line) => line.startsWith('::add-mask::'));
  expect(masks).toEqual(expect.arrayContaining([`::add-mask::${recordToken}`, `::add-mask::${encode(recordToken)}`]));
  const rest = applied.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  for (const text of [rest.join('\n'), applied.summary, JSON.stringify(applied.outputs)]) {
    expect(text).not.toContain(recordToken);
    expect(text).not.toContain(encode(recordToken));
  }
});
