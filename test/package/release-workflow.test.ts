/** The workflow that releases: which job may do what, in which order, by which scripts. What the scripts do is in release.test.ts. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownFiles, readText, root } from '../docs/markdown.ts';
import { type Job, parseWorkflow, tollgateStep } from '../docs/workflow.ts';

const folder = '.github/workflows';
const files = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const text = readText(`${folder}/release.yml`);
const { on, jobs } = parseWorkflow(text);
const stepsOf = (name: string) => jobs[name]?.steps ?? [];
const linesOf = (name: string): string =>
  stepsOf(name)
    .map(({ run = '' }) => run)
    .join('\n');

describe('the workflow of a release', () => {
  it('is started by tags of versions alone, not by the one that it moves', () => {
    expect(on).toEqual({ push: { tags: ['v*', '!v[0-9]+'] } });
  });

  it('gives each job what it needs and no more', () => {
    const permissions = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
    expect(permissions).toEqual({
      check: undefined,
      test: undefined,
      build: { contents: 'read', 'id-token': 'write', attestations: 'write' },
      tag: { contents: 'write' },
      npm: { contents: 'read', 'id-token': 'write' },
      publish: { contents: 'write' },
    });
    // What writes to the repository runs nothing that a package brings, and what asks for an identity keeps no token for Git.
    for (const [name, { permissions: may = {} }] of Object.entries(jobs)) {
      if (may.contents === 'write') expect(linesOf(name), name).toContain('npm ci --ignore-scripts');
      const [checkout] = stepsOf(name);
      if (may['id-token'] === 'write') expect(checkout?.with?.['persist-credentials'], name).toBe(false);
    }
    expect(text).not.toContain('secrets.');
  });

  it('refuses first, tests everything, and begins with what can be taken back', () => {
    const needs = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, [job.needs ?? []].flat()]));
    expect(needs).toEqual({
      check: [],
      test: ['check'],
      build: ['test'],
      tag: ['build'],
      npm: ['check', 'tag'],
      publish: ['check', 'npm'],
    });
    expect(jobs.test?.uses).toBe('./.github/workflows/ci.yml');
    expect(Object.keys(parseWorkflow(readText(`${folder}/ci.yml`)).on)).toContain('workflow_call');
  });

  it('checks out what was tagged, whatever the tag names by now, and takes nothing from a cache', () => {
    const checkouts = Object.values(jobs).flatMap(({ steps = [] }) =>
      steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')),
    );
    expect(checkouts).toHaveLength(5);
    for (const { with: given } of checkouts) expect(given?.ref).toMatch(/^\$\{\{ github\.sha \}\}$/);
    expect(text).not.toContain('cache:');
  });

  it('builds once: what is tagged, published and shown is what was attested', () => {
    const building = /npm pack|bundle-action|npm run build/;
    expect(Object.keys(jobs).filter((name) => building.test(linesOf(name)))).toEqual(['build']);
    const attested = stepsOf('build').find(({ uses }) => uses?.startsWith('actions/attest@'))?.with?.['subject-path'];
    expect(attested).toBe('release/*.tgz\nrelease/action.js\n');
    for (const name of ['tag', 'npm', 'publish']) {
      expect(stepsOf(name).filter(({ uses }) => uses?.startsWith('actions/download-artifact@'))).toHaveLength(1);
      expect(linesOf(name)).toContain('release/');
    }
  });

  it('runs the scripts that are rehearsed, all of them', () => {
    const used = [...text.matchAll(/node (scripts\/\S+\.mjs)/g)].map(([, path = '']) => path);
    expect(used.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const steps = ['changelog', 'check', 'commit-bundle', 'move-major', 'publish'];
    expect([...new Set(used)].sort()).toEqual(
      ['scripts/bundle-action.mjs', ...steps.map((name) => `scripts/release/${name}.mjs`)].sort(),
    );
  });
});

describe.each(files)('%s', (file) => {
  const own = Object.entries(parseWorkflow(readText(file)).jobs);
  const uses = (job: Job): boolean => tollgateStep(job)?.uses === './';

  it('builds the Action of this commit before it uses it: dist/ leaves the default branch with the first release', () => {
    for (const [name, job] of own.filter(([, one]) => uses(one))) {
      const steps = job.steps ?? [];
      const before = steps
        .slice(
          0,
          steps.findIndex((step) => step.uses === './'),
        )
        .map(({ run = '' }) => run);
      expect(before, name).toEqual(
        expect.arrayContaining([expect.stringMatching(/^npm ci\b/), 'npm run build:action']),
      );
    }
  });
});

it('an action is of one commit wherever it is used, so that one line is looked for when it is made new', () => {
  const commits = new Map<string, Set<string>>();
  for (const path of [...files, ...markdownFiles]) {
    for (const [, name = '', commit = ''] of readText(path).matchAll(/uses: (actions\/[\w-]+)@(\S+ # \S+)/g)) {
      commits.set(name, (commits.get(name) ?? new Set()).add(commit));
    }
  }
  expect([...commits].filter(([, all]) => all.size > 1)).toEqual([]);
  expect(commits.size).toBeGreaterThan(5);
});
