/** Workflow runs and what they left: artifacts. */

import { createHash } from 'node:crypto';
import { type Answer, type Call, cutPage, notFound, Refusal, type Route, type Site } from '../call.ts';
import { apiOf, htmlOf, nodeId, renderRepository, renderUser } from '../render.ts';
import type { ArtifactRow, Json, JsonObject, WorkflowRunRow } from '../state.ts';

const root = '/repos/{owner}/{repo}/actions';

function takeRun({ repository, params }: Call): WorkflowRunRow {
  const run = repository.workflowRuns.find(({ id }) => id === Number(params.run_id));
  if (run === undefined) throw notFound();
  return run;
}

function takeArtifact({ repository, params }: Call): ArtifactRow {
  const artifact = repository.artifacts.find(({ id }) => id === Number(params.artifact_id));
  if (artifact === undefined) throw notFound();
  return artifact;
}

/** A run as one of its attempts was left. */
function takeAttempt(call: Call): WorkflowRunRow {
  const run = takeRun(call);
  const number = Number(call.params.attempt_number);
  if (number === run.runAttempt) return run;
  const earlier = run.earlier.find((one) => one.number === number);
  if (earlier === undefined) throw notFound();
  const { number: runAttempt, ...left } = earlier;
  return { ...run, ...left, runAttempt };
}

function renderRun(call: Call, run: WorkflowRunRow): JsonObject {
  const { repository } = call;
  const url = `${apiOf(call, repository)}/actions/runs/${run.id}`;
  const commit = repository.git?.resolve(run.headSha) == null ? null : repository.git.commit(run.headSha);
  const { name, url: apiUrl, id } = { ...repository, url: apiOf(call, repository) };
  const repo = { id, url: apiUrl, name };
  return {
    id: run.id,
    node_id: nodeId('WorkflowRun', run.id),
    name: run.name,
    display_title: commit?.message.split('\n')[0] ?? run.name,
    path: run.path,
    event: run.event,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    run_number: run.runNumber,
    run_attempt: run.runAttempt,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: 1,
    check_suite_id: run.id,
    url,
    html_url: `${htmlOf(call, repository)}/actions/runs/${run.id}`,
    pull_requests: repository.issues
      .filter(({ number }) => run.pulls.includes(number))
      .flatMap((issue) => {
        if (issue.pull === null) return [];
        const { headRef, headSha, baseRef, baseSha } = issue.pull;
        const head = { ref: headRef, sha: headSha, repo };
        const base = { ref: baseRef, sha: baseSha, repo };
        return [{ id: issue.id, number: issue.number, url: `${apiUrl}/pulls/${issue.number}`, head, base }];
      }),
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    run_started_at: run.startedAt,
    actor: renderUser(call, run.actor),
    triggering_actor: renderUser(call, run.triggeringActor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiUrl}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.runAttempt > 1 ? `${url}/attempts/${run.runAttempt - 1}` : null,
    workflow_url: `${apiUrl}/actions/workflows/1`,
    head_commit:
      commit === null
        ? null
        : {
            id: commit.sha,
            tree_id: commit.tree,
            message: commit.message,
            timestamp: commit.committer.date,
            author: { name: commit.author.name, email: commit.author.email },
            committer: { name: commit.committer.name, email: commit.committer.email },
          },
    repository: renderRepository(call, repository),
    head_repository: renderRepository(call, repository),
  };
}

function renderArtifact(call: Call, artifact: ArtifactRow): JsonObject {
  const { repository } = call;
  const url = `${apiOf(call, repository)}/actions/artifacts/${artifact.id}`;
  const run = repository.workflowRuns.find(({ id }) => id === artifact.runId);
  return {
    id: artifact.id,
    node_id: nodeId('Artifact', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.zip.byteLength,
    url,
    archive_download_url: `${url}/zip`,
    expired: artifact.expired,
    digest: `sha256:${createHash('sha256').update(artifact.zip).digest('hex')}`,
    created_at: artifact.createdAt,
    updated_at: artifact.createdAt,
    expires_at: artifact.expiresAt,
    workflow_run:
      run === undefined
        ? null
        : {
            id: run.id,
            repository_id: repository.id,
            head_repository_id: repository.id,
            head_branch: run.headBranch,
            head_sha: run.headSha,
          },
  };
}

function answerCounted<Row>(call: Call, name: string, rows: readonly Row[], render: (row: Row) => Json): Answer {
  const { page, headers } = cutPage(call, rows);
  return { status: 200, headers, body: { total_count: rows.length, [name]: page.map(render) } };
}

function listArtifacts(call: Call, runId: number | null): Answer {
  const name = call.query.get('name');
  const rows = call.repository.artifacts.filter(
    (one) => (name === null || one.name === name) && (runId === null || one.runId === runId),
  );
  return answerCounted(call, 'artifacts', rows.reverse(), (row) => renderArtifact(call, row));
}

function listRuns(call: Call): Answer {
  const { query } = call;
  const fits = (name: string, ...values: readonly (string | null)[]): boolean =>
    !query.has(name) || values.includes(query.get(name));
  const rows = call.repository.workflowRuns.filter(
    (run) =>
      fits('head_sha', run.headSha) &&
      fits('event', run.event) &&
      fits('branch', run.headBranch) &&
      fits('status', run.status, run.conclusion),
  );
  return answerCounted(call, 'workflow_runs', rows.reverse(), (row) => renderRun(call, row));
}

/** A minute, as GitHub gives. */
const signedFor = 60_000;

function sign(id: number, expires: number): string {
  return createHash('sha256').update(`artifact ${id} until ${expires}`).digest('hex');
}

function answerDownload(call: Call): Answer {
  const artifact = takeArtifact(call);
  if (call.params.archive_format !== 'zip') throw notFound();
  if (artifact.expired) throw new Refusal(410, 'Artifact has expired');
  const expires = call.state.date().getTime() + signedFor;
  const query = new URLSearchParams({ se: String(expires), sig: sign(artifact.id, expires) });
  return { status: 302, headers: { location: `${call.urls.downloads}/artifacts/${artifact.id}.zip?${query}` } };
}

/** The store behind signed addresses. It knows no tokens, and refuses whoever brings one. */
export function serveDownload({ state }: Site, request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  const id = Number(/^\/artifacts\/(\d+)\.zip$/.exec(pathname)?.[1]);
  const artifact = state.repositories.flatMap(({ artifacts }) => artifacts).find((one) => one.id === id);
  const expires = Number(searchParams.get('se'));
  const isSigned = searchParams.get('sig') === sign(id, expires) && expires >= state.date().getTime();
  if (artifact === undefined) return new Response('not found', { status: 404 });
  if (!isSigned || request.headers.has('authorization')) return new Response('AuthenticationFailed', { status: 403 });
  return new Response(Buffer.from(artifact.zip), { headers: { 'content-type': 'application/zip' } });
}

export const actionRoutes: readonly Route[] = [
  { method: 'GET', path: `${root}/runs`, needs: () => ['actions: read'], handle: listRuns },
  {
    method: 'GET',
    path: `${root}/runs/{run_id}`,
    needs: () => ['actions: read'],
    handle: (call) => ({ status: 200, body: renderRun(call, takeRun(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/runs/{run_id}/attempts/{attempt_number}`,
    needs: () => ['actions: read'],
    handle: (call) => ({ status: 200, body: renderRun(call, takeAttempt(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/runs/{run_id}/artifacts`,
    needs: () => ['actions: read'],
    handle: (call) => listArtifacts(call, takeRun(call).id),
  },
  {
    method: 'GET',
    path: `${root}/artifacts`,
    needs: () => ['actions: read'],
    handle: (call) => listArtifacts(call, null),
  },
  {
    method: 'GET',
    path: `${root}/artifacts/{artifact_id}`,
    needs: () => ['actions: read'],
    handle: (call) => ({ status: 200, body: renderArtifact(call, takeArtifact(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/artifacts/{artifact_id}/{archive_format}`,
    needs: () => ['actions: read'],
    handle: answerDownload,
  },
];
