import { expect, test } from 'vitest';
import { runEmulate } from '../../src/commands/emulate.ts';
import { testSession } from '../helpers/session.ts';

const options = { port: 0, host: '127.0.0.1', quirk: [], fault: [] };

test.each(['a b', 'a;b', '$(id)', '`id`', "it's", 'a\nb', '~root', 'schlüssel'])(
  'a key that a shell would not take as it is printed is refused: %j',
  async (acceptKey) => {
    const session = testSession();
    await expect(runEmulate({ ...options, acceptKey }, session)).rejects.toThrow('--accept-key');
    expect(session.said()).toBe('');
  },
);

test('any other key is let in, and printed as it is', async () => {
  const acceptKey = 'pk-Live_1.2+3/4=5:6@7';
  const session = testSession();
  session.cancel();
  await runEmulate({ ...options, acceptKey }, session);
  expect(session.said()).toContain(` PORTKEY_API_KEY=${acceptKey} tollgate plan`);
});
