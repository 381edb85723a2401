/** What GitLab's variables say of a merge request: as its page of predefined variables lists them. */

import { expect, test } from 'vitest';
import { findMergeRequestJob } from '../../src/checkout/gitlab-job.ts';

const env = {
  CI_API_V4_URL: 'https://gitlab.example.com/api/v4',
  CI_PROJECT_ID: '7',
  CI_PROJECT_VISIBILITY: 'private',
  CI_MERGE_REQUEST_PROJECT_ID: '7',
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '7',
  CI_MERGE_REQUEST_PROJECT_URL: 'https://gitlab.example.com/team/limits',
  CI_MERGE_REQUEST_IID: '12',
  CI_COMMIT_SHA: 'a'.repeat(40),
  CI_PIPELINE_IID: '3',
  CI_JOB_ID: '50',
  CI_JOB_URL: 'https://gitlab.example.com/team/limits/-/jobs/50',
};

test('the request, its project and its head', () => {
  expect(findMergeRequestJob(env)).toEqual({
    apiUrl: 'https://gitlab.example.com/api/v4',
    project: '7',
    projectUrl: 'https://gitlab.example.com/team/limits',
    iid: 12,
    head: 'a'.repeat(40),
    isForeign: false,
    isPublic: false,
    pipeline: 3,
    job: 50,
    jobUrl: 'https://gitlab.example.com/team/limits/-/jobs/50',
  });
});

test('in a pipeline for merged results the head is the last commit of the branch, not what is checked out', () => {
  const merged = { ...env, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: 'b'.repeat(40) };
  expect(findMergeRequestJob(merged)?.head).toBe('b'.repeat(40));
});

test.each([
  [
    'of a fork, in the fork',
    { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '8', CI_PROJECT_ID: '8' },
    { isForeign: true, project: '7' },
  ],
  ['of a fork, in the parent project', { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '8' }, { isForeign: true }],
  ['where the source is not told', { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '' }, { isForeign: true }],
  ['of a project that everybody with an account may read', { CI_PROJECT_VISIBILITY: 'internal' }, { isPublic: true }],
  ['where nobody says who may read it', { CI_PROJECT_VISIBILITY: undefined }, { isPublic: true }],
])('%s', (_what, more, expected) => {
  expect(findMergeRequestJob({ ...env, ...more })).toMatchObject(expected);
});

test.each(['CI_MERGE_REQUEST_IID', 'CI_MERGE_REQUEST_PROJECT_ID', 'CI_API_V4_URL', 'CI_COMMIT_SHA'])(
  'without %s it is no job of a merge request',
  (name) => {
    expect(findMergeRequestJob({ ...env, [name]: ' ' })).toBeNull();
    expect(findMergeRequestJob({ ...env, [name]: undefined })).toBeNull();
  },
);
