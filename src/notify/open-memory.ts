/** Where what was told is remembered: beside the record, and never in it. */

import { join } from 'node:path';
import { createTextFile } from '../record/file.ts';
import { createMemoryText } from '../record/memory.ts';
import type { TextStore } from '../record/store.ts';
import { createTextRef } from '../record/text-ref.ts';
import type { OpenRecord } from '../run/open-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';

/** The one file in it. */
const fileName = 'told.json';

export function openMemory(
  options: Pick<CommonOptions, 'recordFile' | 'backend' | 'state'>,
  environment: string,
  { checkout, inGit }: Pick<OpenRecord, 'checkout' | 'inGit'>,
  session: Pick<Session, 'clock' | 'recordToken'>,
): TextStore {
  const { recordFile, state } = options;
  if (recordFile !== undefined) return createTextFile(`${recordFile.replace(/\.json$/, '')}.${fileName}`);
  if (!inGit || checkout === null) {
    return state === undefined ? createMemoryText() : createTextFile(join(state, fileName));
  }
  const ref = `refs/tollgate-notify/${environment}`;
  return createTextRef({
    ref,
    file: fileName,
    open: () => checkout.open({ token: session.recordToken }),
    now: session.clock.now,
  });
}
