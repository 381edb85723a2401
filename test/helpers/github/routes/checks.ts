/** Check runs, and the annotations they put on lines. */

import {
  type Answer,
  answerPage,
  type Call,
  cutPage,
  invalid,
  notFound,
  Refusal,
  type Route,
  takeGit,
} from '../call.ts';
import { apiOf, htmlOf, nodeId, renderApp } from '../render.ts';
import type { AnnotationRow, CheckRunRow, JsonObject } from '../state.ts';

const root = '/repos/{owner}/{repo}/check-runs';

/** Members as a request has them; its shape is checked by then. */
interface WrittenCheckRun {
  readonly name?: string;
  readonly head_sha?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly status?: string;
  readonly started_at?: string;
  readonly conclusion?: string;
  readonly completed_at?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary?: string;
    readonly text?: string;
    readonly annotations?: readonly AnnotationRow[];
  };
}

/** Lists: newest first. Annotations add up over requests, all else is replaced. */
function writeCheckRun(call: Call, row: CheckRunRow, written: WrittenCheckRun): void {
  const { output } = written;
  const annotations = output?.annotations ?? [];
  const wrong = annotations.find((one) => one.end_line < one.start_line || one.start_line < 0);
  if (wrong !== undefined)
    throw new Refusal(422, `Invalid request.\n\nend_line of ${wrong.path} is before start_line.`);
  const columns = annotations.find((one) => one.start_column !== undefined && one.start_line !== one.end_line);
  if (columns !== undefined) throw invalid('CheckRun', 'annotations', 'invalid', 'columns need one line');
  row.name = written.name ?? row.name;
  row.externalId = written.external_id ?? row.externalId;
  row.detailsUrl = written.details_url ?? row.detailsUrl;
  row.startedAt = written.started_at ?? row.startedAt;
  // A conclusion completes, a status other than that takes it back.
  row.status = written.conclusion !== undefined ? 'completed' : (written.status ?? row.status);
  row.conclusion = row.status === 'completed' ? (written.conclusion ?? row.conclusion) : null;
  row.completedAt = row.status === 'completed' ? (written.completed_at ?? row.completedAt ?? call.state.now()) : null;
  row.title = output?.title ?? row.title;
  row.summary = output?.summary ?? row.summary;
  row.text = output?.text ?? row.text;
  row.annotations = [...row.annotations, ...annotations];
}

function createCheckRun(call: Call): CheckRunRow {
  const { state, repository } = call;
  const written = call.body as WrittenCheckRun;
  const headSha = takeGit(call).resolve(written.head_sha ?? '');
  if (headSha === null) throw new Refusal(422, `No commit found for SHA: ${written.head_sha}`);
  const suite = repository.checkRuns.find((row) => row.headSha === headSha)?.suite ?? state.newId();
  const row: CheckRunRow = {
    id: state.newId(),
    suite,
    headSha,
    name: '',
    externalId: null,
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: state.now(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  writeCheckRun(call, row, written);
  repository.checkRuns.push(row);
  return row;
}

function takeCheckRun({ repository, params }: Call): CheckRunRow {
  const row = repository.checkRuns.find(({ id }) => id === Number(params.check_run_id));
  if (row === undefined) throw notFound();
  return row;
}

function renderCheckRun(call: Call, row: CheckRunRow): JsonObject {
  const { repository } = call;
  const url = `${apiOf(call, repository)}/check-runs/${row.id}`;
  const page = `${htmlOf(call, repository)}/runs/${row.id}`;
  const repo = { id: repository.id, url: apiOf(call, repository), name: repository.name };
  const pulls = repository.issues.filter(({ state, pull }) => state === 'open' && pull?.headSha === row.headSha);
  return {
    id: row.id,
    node_id: nodeId('CheckRun', row.id),
    head_sha: row.headSha,
    external_id: row.externalId,
    url,
    html_url: page,
    details_url: row.detailsUrl ?? page,
    status: row.status,
    conclusion: row.conclusion,
    started_at: row.startedAt,
    completed_at: row.completedAt,
    output: {
      title: row.title,
      summary: row.summary,
      text: row.text,
      annotations_count: row.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: row.name,
    check_suite: { id: row.suite },
    app: renderApp(call),
    pull_requests: pulls.flatMap(({ id, number, pull }) =>
      pull === null
        ? []
        : [
            {
              id,
              number,
              url: `${apiOf(call, repository)}/pulls/${number}`,
              head: { ref: pull.headRef, sha: pull.headSha, repo },
              base: { ref: pull.baseRef, sha: pull.baseSha, repo },
            },
          ],
    ),
  };
}

function listCheckRuns(call: Call): Answer {
  const { query, repository } = call;
  const sha = takeGit(call).resolve(call.params.ref ?? '');
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${call.params.ref}`);
  const name = query.get('check_name');
  const status = query.get('status');
  const app = query.get('app_id');
  const all = repository.checkRuns
    .filter(
      (row) =>
        row.headSha === sha &&
        (name === null || row.name === name) &&
        (status === null || row.status === status) &&
        (app === null || app === '15368'),
    )
    .reverse();
  const isLatest = query.get('filter') !== 'all';
  const rows = isLatest ? all.filter((row, at) => all.findIndex((other) => other.name === row.name) === at) : all;
  const { page, headers } = cutPage(call, rows);
  const body = { total_count: rows.length, check_runs: page.map((row) => renderCheckRun(call, row)) };
  return { status: 200, headers, body };
}

function renderAnnotation(call: Call, row: CheckRunRow, annotation: AnnotationRow): JsonObject {
  const nothing = { start_column: null, end_column: null, title: null, raw_details: null };
  return {
    ...nothing,
    ...annotation,
    blob_href: `${htmlOf(call, call.repository)}/blob/${row.headSha}/${annotation.path}`,
  };
}

export const checkRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: root,
    needs: () => ['checks: write'],
    handle: (call) => ({ status: 201, body: renderCheckRun(call, createCheckRun(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/{check_run_id}`,
    needs: () => ['checks: read'],
    handle: (call) => ({ status: 200, body: renderCheckRun(call, takeCheckRun(call)) }),
  },
  {
    method: 'PATCH',
    path: `${root}/{check_run_id}`,
    needs: () => ['checks: write'],
    handle(call) {
      const row = takeCheckRun(call);
      writeCheckRun(call, row, call.body as WrittenCheckRun);
      return { status: 200, body: renderCheckRun(call, row) };
    },
  },
  {
    method: 'GET',
    path: `${root}/{check_run_id}/annotations`,
    needs: () => ['checks: read'],
    handle(call) {
      const row = takeCheckRun(call);
      return answerPage(call, row.annotations, (annotation) => renderAnnotation(call, row, annotation));
    },
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/commits/{ref}/check-runs',
    needs: () => ['checks: read'],
    handle: listCheckRuns,
  },
];
