/** The longest test files first: what begins last is short, and no worker waits for another at the end. */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In the order of what they took when this was written; nothing depends on it but the time of a run. */
const longest = [
  'docs/ci-files',
  'stories/way-in',
  'importing/propose-faults',
  'importing/propose-races',
  'action/events',
  'laws/hostile-author',
  'action/approval',
  'laws/apply',
  'action/required-check',
  'importing/propose-standing',
  'tools/export-logs',
  'importing/propose',
  'tools/propose',
  'importing/propose-github',
  'stories/upgrade',
  'action/github-faults',
  'page/chromium',
  'stories/git',
  'action/months',
  'faults/crash',
  'cli/interrupt',
  'cli/emulate',
  'secrets/secrets',
  'action/pull-request',
  'policy/edit',
  'faults/schedules',
  'cli/closed-streams',
  'commands/record-git',
  'faults/invariants',
  'cli/program',
  'stories/months',
  'stories/teams-people',
  'stories/teams-windows',
  'trust/record-place',
  'guards/lifting',
  'cli/pipes',
  'action/attacks',
  'action/surroundings',
  'docs/workflows',
  'cli/start',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return found < 0 ? longest.length : found;
    };
    return [...files].sort((a, b) => place(a) - place(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}
