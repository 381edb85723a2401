import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { renderFailure } from '../../src/render/failure.ts';
import { describeToolError } from '../../src/tools/refusal.ts';

test('a full disk is no fault of tollgate, wherever something is written', () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const error = Object.assign(new Error(`${code}: no space left on device, write`), { code });
    const { message } = renderFailure(error, 'text');
    expect(message).toMatch(/^error: no room is left on the disk: E.*write\nMake room/);
    expect(describeToolError(error)).toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('Make room'),
    });
  }
  const other = Object.assign(new Error('EBADF: bad file descriptor'), { code: 'EBADF' });
  expect(renderFailure(other, 'text').message).toContain('fault in tollgate');
});

test('mistakes-F20: what a runner marks as an error does not say so once more', () => {
  const { message, reason } = renderFailure(new UserError('no such directory', { hint: 'Name another.' }), 'text');
  expect(message).toBe('error: no such directory\nName another.\n');
  expect(reason).toBe('no such directory\nName another.');
});
