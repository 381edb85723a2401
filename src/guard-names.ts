/**
 * The guards by name, as words and plans say them; under `review.guards` a file writes them with underscores. Every name has
 * its row in src/guards; the names stand apart so that files, words and plans need none of that code.
 */
export const guardNames = [
  'deletes',
  'updates',
  'empties-scope',
  'protected',
  'rewind',
  'unmanaged',
  'undeclared',
  'blocks-now',
  'spend-up',
  'counter-reset',
  'ceiling',
  'impact-unknown',
  'rules',
  'api-member',
  'record-moved',
  'held-elsewhere',
] as const;
export type GuardName = (typeof guardNames)[number];
