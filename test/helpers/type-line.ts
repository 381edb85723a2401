/** A command as a person types it, in this process. */

import { buildProgram } from '../../src/program.ts';
import { commandOf } from './check-document.ts';
import { capture, type Ran } from './rig.ts';
import type { TestSession } from './session.ts';

export async function typeLine(words: readonly string[], session: TestSession): Promise<Ran> {
  let ran: Ran | undefined;
  const program = buildProgram('0.0.0-test', async ({ format }, command) => {
    ran = await capture(format, session, () => command(session), commandOf(words));
  });
  await program.parseAsync([...words], { from: 'user' });
  if (ran === undefined) throw new Error(`${words.join(' ')} did not start`);
  return ran;
}
