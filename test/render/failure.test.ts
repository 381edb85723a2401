import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { renderFailure } from '../../src/render/failure.ts';

test('mistakes-F20: what a runner marks as an error does not say so once more', () => {
  const { message, reason } = renderFailure(new UserError('no such directory', { hint: 'Name another.' }), 'text');
  expect(message).toBe('error: no such directory\nName another.\n');
  expect(reason).toBe('no such directory\nName another.');
});
