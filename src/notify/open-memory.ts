/** Where what was told is remembered: beside the record, and never in it. */

import { join } from 'node:path';
import { createTextFile } from '../record/file.ts';
import { createMemoryText } from '../record/memory.ts';
import type { TextStore } from '../record/store.ts';
import { createTextRef } from '../record/text-ref.ts';
import type { OpenRecord } from '../run/open-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import { hashOf } from './memory.ts';

/** The one file in it. */
const fileName = 'told.json';

export function openMemory(
  options: Pick<CommonOptions, 'recordFile' | 'backend' | 'state'>,
  environment: string,
  { checkout, inGit, ref: recordRef }: Pick<OpenRecord, 'checkout' | 'inGit' | 'ref'>,
  session: Pick<Session, 'clock' | 'recordToken'>,
): TextStore {
  const { recordFile, state } = options;
  if (recordFile !== undefined) return createTextFile(`${recordFile.replace(/\.json$/, '')}.${fileName}`);
  if (!inGit || checkout === null) {
    return state === undefined ? createMemoryText() : createTextFile(join(state, fileName));
  }
  // Records of one name on refs of their own have memories of their own: each would forget what the other was told of.
  const isUsual = recordRef === null || recordRef === `refs/tollgate/${environment}`;
  const ref = `refs/tollgate-notify/${environment}${isUsual ? '' : `-${hashOf(recordRef)}`}`;
  return createTextRef({
    ref,
    file: fileName,
    open: () => checkout.open({ token: session.recordToken }),
    now: session.clock.now,
  });
}
