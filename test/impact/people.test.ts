/** Whether the Action names people: only in a repository that is known to be private. */

import { expect, it } from 'vitest';
import { type ActionRun, impactOptions } from '../../src/commands/action/types.ts';
import { parseEvent } from '../../src/github/event.ts';

const repository = (more: object) => ({ repository: { full_name: 'example/budgets', ...more } });

it.each([
  ['a private repository', repository({ private: true }), false],
  ['a public one', repository({ private: false }), true],
  ['one of which the event does not say', repository({}), true],
  ['no repository at all', {}, true],
])('%s', (_name, payload, isPublic) => {
  const event = parseEvent('schedule', payload, {});
  expect(impactOptions({ event } as ActionRun)).toEqual({ impact: true, isPublic, inAction: true });
});
