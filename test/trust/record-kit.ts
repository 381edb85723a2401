/** A team with an applied record on a Git ref, and somebody who may push to the repository and to that ref. */

import { join } from 'node:path';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { writeIn } from '../helpers/rig.ts';
import { smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';

export const place = 'refs/tollgate/production';

/** What judges: nothing may be removed, and nothing may be applied that nobody reviewed. */
export const strict = 'review:\n  guards:\n    deletes: {count: 0, percent: 0}\n';

export function entryOf(name: string, dollars: number, rest = ''): string {
  return `  ${name}:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n${rest}`;
}

export function filesOf(entries: string, org = orgFile(strict)): Readonly<Record<string, string>> {
  const body = entries === '' ? '' : `policies:\n${entries}`;
  return { 'org.yaml': org, 'a.yaml': `version: 1\nkind: workspace\nworkspace: ws-team-a\nowner: platform\n${body}` };
}

const protect = '    protect: true\n';
export const guarded = entryOf('p1', 100, protect) + entryOf('p2', 200, protect) + entryOf('p3', 300, protect);

export interface Team extends GitRig {
  /** Names and dollars of what is live. */
  live(): string[];
  /** Rewrites files of the record's tip by hand, on top of it, and pushes the result to `to`. */
  forge(change: (files: Map<string, string>) => void, to?: string): void;
}

/** `spare`: a live policy that Git never declared. */
export async function startTeam(files = filesOf(guarded)): Promise<Team> {
  const rows = [100, 200, 300].map((amount, index) =>
    usagePolicyRow(`p${index + 1}`, uuid(101 + index), teamA, { credit_limit: amount }),
  );
  const spare = usagePolicyRow('spare', uuid(199), teamA, { credit_limit: 50 });
  const rig = await startGitRig({ state: smallState({ usagePolicies: [...rows, spare] }) });
  rig.commit(files);
  const applied = await rig.apply();
  if (applied.exit !== 0) throw new Error(applied.stdout + applied.stderr);
  return {
    ...rig,
    // A deleted policy stays in the store, archived.
    live: () =>
      rig.emulator.store.state.usagePolicies
        .filter(({ status }) => status === 'active')
        .map(({ name, credit_limit }) => `${name} ${credit_limit}`)
        .sort(),
    forge(change, to = place) {
      const work = makeFolder();
      git(work, 'clone', '--quiet', '--no-checkout', `file://${rig.remote}`, 'x');
      const folder = join(work, 'x');
      git(folder, 'fetch', '--quiet', 'origin', place);
      const listed = git(folder, 'ls-tree', '-r', '--name-only', 'FETCH_HEAD').split('\n');
      const tree = new Map(listed.map((path) => [path, `${git(folder, 'show', `FETCH_HEAD:${path}`)}\n`]));
      change(tree);
      git(folder, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
      git(folder, 'rm', '-r', '--quiet', '.');
      for (const [path, text] of tree) writeIn(folder, path, text);
      git(folder, 'add', '--all', '--force');
      git(folder, 'commit', '--quiet', '-m', 'by hand');
      git(folder, 'push', '--quiet', '--force', 'origin', `HEAD:${to}`);
    },
  };
}

/** Changes one JSON file of a record. */
export function editJson<T>(files: Map<string, string>, path: string, change: (document: T) => void): void {
  const document = JSON.parse(files.get(path) ?? '{}') as T;
  change(document);
  files.set(path, JSON.stringify(document));
}

export type Workspace = AppliedRecord['workspaces'][number];
