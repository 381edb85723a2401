/** The counters of one policy as the service holds them. */

import type { Known, Reads } from './ask.ts';
import type { ReportedCounter } from './counters.ts';

export async function readPolicyCounters({ ask }: Reads, id: string): Promise<Known<readonly ReportedCounter[]>> {
  const read = await ask('readCounters', id);
  if ('unknown' in read) return read;
  return { value: read.value.map(({ valueKey, usage, status }) => ({ valueKey, reported: usage, verdict: status })) };
}
