/** Labels of the repository, and on issues. */

import { type Answer, answerPage, type Call, invalid, notFound, Refusal, type Route, takeIssue } from '../call.ts';
import { renderLabel, renderLabels } from '../render.ts';
import { addLabel, findLabel } from '../state.ts';
import { needsForIssue, readNames } from './issues.ts';

const root = '/repos/{owner}/{repo}';
const onIssue = `${root}/issues/{issue_number}/labels`;

function answerLabels(call: Call): Answer {
  return { status: 200, body: renderLabels(call, call.repository, takeIssue(call)) };
}

function setLabels(call: Call, names: readonly string[]): Answer {
  const issue = takeIssue(call);
  const tooLong = names.find((name) => [...name].length > 50);
  if (tooLong !== undefined) {
    throw invalid('Label', 'name', 'custom', 'name is too long (maximum is 50 characters)');
  }
  demandToCreate(call, names);
  issue.labels = [...new Set(names.map((name) => addLabel(call.state, call.repository, name).name))];
  issue.updatedAt = call.state.now();
  return answerLabels(call);
}

/** To put a label on a pull request is one thing, to make it for the whole repository another. One that is missing takes all with it. */
function demandToCreate({ repository, viewer: { grant } }: Call, names: readonly string[]): void {
  if (names.every((name) => findLabel(repository, name) !== undefined)) return;
  if (grant.kind !== 'actions' || grant.permissions.issues === 'write') return;
  const errors = [{ resource: 'Repository', field: 'label', code: 'unauthorized' }];
  throw new Refusal(403, 'You do not have permission to create labels on this repository.', { errors });
}

export const labelRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: onIssue,
    needs: needsForIssue('read'),
    handle(call) {
      return answerPage(call, renderLabels(call, call.repository, takeIssue(call)), (label) => label);
    },
  },
  {
    method: 'POST',
    path: onIssue,
    needs: needsForIssue('write'),
    handle: (call) => setLabels(call, [...takeIssue(call).labels, ...readNames(call.body.labels)]),
  },
  {
    method: 'PUT',
    path: onIssue,
    needs: needsForIssue('write'),
    handle: (call) => setLabels(call, readNames(call.body.labels)),
  },
  {
    method: 'DELETE',
    path: `${onIssue}/{name}`,
    needs: needsForIssue('write'),
    handle(call) {
      const name = call.params.name?.toLowerCase();
      const { labels } = takeIssue(call);
      const left = labels.filter((label) => label.toLowerCase() !== name);
      if (left.length === labels.length) throw new Refusal(404, 'Label does not exist');
      return setLabels(call, left);
    },
  },
  {
    method: 'GET',
    path: `${root}/labels`,
    needs: () => ['issues: read', 'pull-requests: read'],
    handle: (call) => answerPage(call, call.repository.labels, (label) => renderLabel(call, call.repository, label)),
  },
  {
    method: 'GET',
    path: `${root}/labels/{name}`,
    needs: () => ['issues: read', 'pull-requests: read'],
    handle(call) {
      const label = findLabel(call.repository, call.params.name ?? '');
      if (label === undefined) throw notFound();
      return { status: 200, body: renderLabel(call, call.repository, label) };
    },
  },
  {
    method: 'POST',
    path: `${root}/labels`,
    needs: () => ['issues: write'],
    handle(call) {
      const { name, color, description } = call.body as { name: string; color?: string; description?: string };
      if (findLabel(call.repository, name) !== undefined) throw invalid('Label', 'name', 'already_exists');
      if (color !== undefined && !/^[0-9a-f]{6}$/i.test(color)) throw invalid('Label', 'color', 'invalid');
      const label = addLabel(call.state, call.repository, name);
      label.color = color ?? label.color;
      label.description = description ?? null;
      return { status: 201, body: renderLabel(call, call.repository, label) };
    },
  },
];
