/** How many requests under way are worth it: against a service that takes all, and against one that refuses beyond a pace. */

import { createApiBackend } from '../src/client/api-backend.ts';
import { createClient } from '../src/client/client.ts';
import { readLive } from '../src/live/read-live.ts';
import { needsOf } from '../src/plan/live-needs.ts';
import { median, time } from './measure.ts';
import { buildFiles, buildPages, buildRows, compileFiles, type Size } from './organisation.ts';
import { type Result, round } from './result.ts';
import { startService } from './service.ts';

const size: Size = { workspaces: 50, usagePolicies: 2_000, ratePolicies: 500, keys: 1_250 };
const latency = 20;
const usual = 4;

/** Requests a second that are answered; the next ones are told to wait a second. */
const paces = [Number.POSITIVE_INFINITY, 100, 20];

export async function measureConcurrency(rounds: number): Promise<readonly Result[]> {
  const desired = compileFiles(buildFiles(size, Number.POSITIVE_INFINITY));
  const pages = buildPages(buildRows(size)).size;
  const results: Result[] = [];
  for (const perSecond of paces) {
    const service = await startService({ size, latency, ...(Number.isFinite(perSecond) ? { perSecond } : {}) });
    const base: number[] = [];
    for (const concurrency of [usual, 8, 16]) {
      const times: number[] = [];
      let requests = 0;
      for (let i = 0; i < rounds; i++) {
        await service.takeCount();
        const client = createClient({ baseUrl: service.url, apiKey: 'bench', concurrency });
        times.push(await time(() => readLive(createApiBackend(client), desired.organisation, needsOf(desired, null))));
        await client.close();
        requests += await service.takeCount();
      }
      if (concurrency === usual) base.push(...times);
      const ratio = median(times) / median(base);
      const refused = requests / rounds - pages;
      const pace = Number.isFinite(perSecond) ? `${perSecond} requests a second` : 'no limit';
      results.push({
        what: `reading ${pages} pages with ${concurrency} requests under way, ${pace}, against ${usual}`,
        target: 'a figure, no target',
        measured: `${round(ratio)} ×, ${round(refused, 0)} refused`,
        met: true,
        numbers: { ratio, milliseconds: median(times), refused },
      });
    }
    service.close();
  }
  return results;
}
