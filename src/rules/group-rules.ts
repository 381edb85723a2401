/** Rules about settings that name workspaces, groups and excuses, against the workspaces that there are. */

import { formatAmount } from '../resources/amounts.ts';
import { groupNamesOf, isMeantBy } from '../resources/workspace-groups.ts';
import { atSetting, type LiveRule } from './types.ts';

const workspaceInTwoGroups: LiveRule = {
  name: 'workspace-in-two-groups',
  id: 'O11',
  severity: 'error',
  where: 'live',
  finds: 'a live workspace without a file that two `groups:` mean',
  why: 'A workspace answers for one ceiling. Where a file or a slug written in full tells, two are an error of the files; two globs meet on a live one. It stops the plan that brings such a group; where somebody creates the workspace afterwards it is a warning, as it must not stop other changes. Both ceilings count it then, and what is shown by group counts it for the first by name.',
  fix: 'Write its slug in full in one group, and let the globs of the others not reach it.',
  check: ({ desired, index, recordLines }, found) => {
    const { groups = {} } = desired;
    const moved = new Set(recordLines.flatMap(({ setting }) => setting ?? []));
    for (const workspace of index.live.workspaces) {
      const names = groupNamesOf(workspace, groups);
      const [, second, ...others] = names;
      if (second === undefined) continue;
      const all = names.map((name) => `"${name}"`).join(others.length > 0 ? ', ' : ' and ');
      // At the one that the plan brings, whichever it is by name: else it would pass for what was so before.
      const brought = names.find((name) => moved.has(`groups.${name}`)) ?? second;
      found(atSetting(desired, `groups.${brought}`), `workspace ${workspace.slug} is in the groups ${all}`);
    }
  },
};

const groupMeansNobody: LiveRule = {
  name: 'group-means-nobody',
  id: 'O12',
  severity: 'warning',
  where: 'live',
  finds: 'a slug or glob under `groups:` that no live workspace has',
  why: 'A workspace that is misspelt, renamed or archived spends outside the ceiling that was meant for it, and a ceiling over nobody holds nothing.',
  fix: 'Correct the slug, or take it out.',
  check: ({ desired, index }, found) => {
    for (const [name, { workspaces, ceiling }] of Object.entries(desired.groups ?? {})) {
      const idle = workspaces.filter((one) => !index.live.workspaces.some((workspace) => isMeantBy([one], workspace)));
      if (idle.length === 0) continue;
      const all = idle.map((one) => `"${one}"`).join(', ');
      const most = ceiling === undefined ? 'it' : `its ceiling of ${formatAmount(ceiling, 'cost')}`;
      found(
        atSetting(desired, `groups.${name}`),
        `group "${name}": no live workspace is called ${all}${idle.length === workspaces.length ? `, so that ${most} is over nobody` : ''}`,
      );
    }
  },
};

const exceptMeansNobody: LiveRule = {
  name: 'except-means-nobody',
  id: 'O13',
  severity: 'warning',
  where: 'live',
  finds: 'a name under `review.undeclared.except` that no live workspace without a file has',
  why: 'It excuses nobody: a workspace goes by its slug or its id there, and one that has a file needs no excuse, nor has one should the file go.',
  fix: 'Write the slug of the workspace, or take the name out.',
  check: ({ desired, index }, found) => {
    const place = atSetting(desired, 'review.undeclared');
    for (const name of desired.settings.undeclared?.except ?? []) {
      const live = index.findWorkspace(name);
      if (live === undefined) {
        const called = index.live.workspaces.filter((one) => one.name === name).map(({ slug }) => `"${slug}"`);
        const slug =
          called.length === 0 ? '' : `; ${called.join(' and ')} is the slug of what is shown under that name`;
        found(place, `no live workspace is called "${name}"${slug}`);
      } else if (desired.workspaces.some(({ ref }) => index.findWorkspace(ref)?.id === live.id)) {
        found(place, `workspace "${name}" has a file`);
      }
    }
  },
};

export const groupRules: readonly LiveRule[] = [workspaceInTwoGroups, groupMeansNobody, exceptMeansNobody];
