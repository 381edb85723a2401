/** Every fault that the stand-in of GitHub knows, at every request of a proposal: one sentence, nothing half-made, and asked again it ends well. */

import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { createGitHub } from '../../src/github/octokit.ts';
import type { ProposalResult } from '../../src/importing/propose.ts';
import { asTool } from '../../src/tools/proposal-input.ts';
import { effort } from '../helpers/effort.ts';
import { everyFault, type GitHubFault } from '../helpers/github/faults.ts';
import { type GitHubScene, pullsOf, raise, startGitHubScene } from '../helpers/propose-scene.ts';
import type { TestSession } from '../helpers/session.ts';
import { git } from '../record/git-fixture.ts';

/** In their order. */
const requests = [
  'GET /repos/example/budgets',
  'GET /repos/example/budgets/pulls open',
  'GET /repos/example/budgets/pulls all',
  'GET /repos/example/budgets/pulls of the branch',
  'POST /graphql',
  'POST /repos/example/budgets/pulls',
  'POST /repos/example/budgets/issues/1/labels',
] as const;
const making = requests.findIndex((one) => one.startsWith('POST') && one.endsWith('/pulls'));

/** Milliseconds that somebody waits where nothing is to come; elsewhere what comes has its time. */
const patience = 400;
const waitsInVain = (fault: GitHubFault): boolean =>
  fault.kind === 'hang' || (fault.kind === 'slow' && fault.ms > patience);

function propose(scene: GitHubScene, timeout = 20_000): Promise<ProposalResult> {
  const session: TestSession = {
    ...scene.session(),
    openGitHub: async (place) =>
      createGitHub({ ...place, login: '', userAgent: 'test', retryAfterBaseValue: 1, timeout }),
  };
  return asTool(() => scene.propose(raise(), {}, { session }));
}

/** What others may do while a request is under way, as far as there is something to do it to. */
const deeds: Readonly<Record<string, (scene: GitHubScene) => void>> = {
  'somebody opens the same pull request': (scene) => {
    const [head] = scene.branches();
    if (head !== undefined && pullsOf(scene).length === 0) scene.github.openPullRequest({ head, user: 'author' });
  },
  'somebody deletes the branch': (scene) => {
    for (const name of scene.branches()) git(scene.remote, 'update-ref', '-d', `refs/heads/${name}`);
  },
  'the base goes on': ({ github }) => {
    const files = { 'notes.md': String(Math.random()) };
    github.pushTo({ branch: 'main', files, message: 'm', user: 'owner' });
  },
  'the repository is renamed': ({ github }) => {
    const [repository] = github.state.repositories;
    if (repository === undefined || repository.name === 'renamed') return;
    repository.formerNames = [...repository.formerNames, `${repository.owner}/${repository.name}`];
    repository.name = 'renamed';
  },
};

/** @param scene null: for their names alone */
function faultsIn(scene: GitHubScene | null): ReturnType<typeof everyFault> {
  const done = Object.entries(deeds).map(([name, does]) => [name, () => scene !== null && does(scene)] as const);
  return everyFault({ patience, deeds: Object.fromEntries(done) });
}

const faultNames = faultsIn(null).map(([name]) => name);
const ways = ['once', 'from then on'] as const;

interface Case {
  readonly request: (typeof requests)[number];
  readonly fault: string;
  readonly way: (typeof ways)[number];
}

const all: readonly Case[] = requests.flatMap((request) =>
  ways.flatMap((way) => faultNames.map((fault) => ({ request, fault, way }))),
);
const count = effort('faults of GitHub at requests of a proposal', 24, all.length);
/** By turns: each fault at some requests, each request with some faults; all of them at the one that makes something. */
const isMaking = (one: Case): boolean => one.request === requests[making] && one.way === 'from then on';
const some = all.filter((one, index) => isMaking(one) || (index * 7) % all.length < count - faultNames.length);

describe('a proposal', () => {
  it('asks GitHub these things: a further one joins the list above, and meets every fault', async () => {
    const scene = await startGitHubScene();
    scene.github.takeRequests();
    expect((await propose(scene)).status).toBe('opened');
    const asked = scene.github.requests.map(({ method, path, query }) => {
      const of = query.head === undefined ? query.state : 'of the branch';
      return [method, path, ...(of === undefined ? [] : [of])].join(' ');
    });
    expect(asked).toEqual(requests);
    expect(scene.github.violations).toEqual([]);
  });

  it.each(count >= all.length ? all : some)('$fault at $request, $way', async ({ request, fault: name, way }) => {
    const scene = await startGitHubScene();
    const fault = faultsIn(scene).find(([one]) => one === name)?.[1] as GitHubFault;
    const after = requests.indexOf(request);
    scene.github.setFaults([{ after, fault, ...(way === 'once' ? { times: 1 } : {}) }]);
    const outcome: unknown = await propose(scene, waitsInVain(fault) ? patience : undefined).catch(
      (caught: unknown) => caught,
    );
    const left = { pulls: pullsOf(scene).length, branches: scene.branches().length };
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(UserError);
      const { message, exit, hint } = outcome as UserError;
      expect(message).not.toMatch(/\n|undefined|\bnull\b|Cannot read/);
      expect(message.length).toBeLessThan(400);
      // The result is not the caller's fault: whoever runs it looks at GitHub.
      expect([message, exit]).toEqual([message, 'unreachable']);
      expect(hint).not.toBeUndefined();
      // Nothing is left that nobody was told of.
      expect(left).toEqual({ pulls: 0, branches: 0 });
    } else {
      const { status, commands, notes, branch } = outcome as ProposalResult;
      expect(['opened', 'exists', 'branch_only']).toContain(status);
      expect(notes.join('\n')).not.toMatch(/undefined|\bnull\b|Cannot read/);
      if (status === 'branch_only') {
        expect(commands.join('\n')).toContain(`--head ${branch}`);
        expect(notes.join(' ')).toMatch(/pull request could not be made: GitHub.*Propose the same again/);
      } else expect(left.pulls).toBe(1);
    }
    scene.github.setFaults([]);
    const again = await propose(scene);
    expect(['opened', 'exists']).toContain(again.status);
    expect(again.pull?.number).toBe(1);
    expect(pullsOf(scene)).toHaveLength(1);
    if (name !== 'somebody deletes the branch') expect(scene.branches()).toHaveLength(1);
  });
});
