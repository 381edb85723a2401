/** Of the Action, where a test says nothing else. */

import type { ActionInputs } from '../../src/commands/action/types.ts';

export const defaultInputs: ActionInputs = {
  command: 'plan',
  directory: 'policies',
  backend: 'portkey',
  comment: 'always',
  failOnChanges: false,
  allow: [],
  approve: null,
  revertDrift: null,
  takeOver: null,
  move: null,
};
