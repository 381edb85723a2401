/** A thousand changes against a service with latency: the wait should be the latency's and nobody else's. */

import { applyPlan } from '../src/apply/apply-plan.ts';
import { createApiBackend } from '../src/client/api-backend.ts';
import { createClient } from '../src/client/client.ts';
import { readLive } from '../src/live/read-live.ts';
import { buildPlan } from '../src/plan/build-plan.ts';
import { needsOf } from '../src/plan/live-needs.ts';
import type { PolicyFile } from '../src/policy/compile.ts';
import { time } from './measure.ts';
import { buildFiles, buildLive, buildRecord, buildRows, compileFiles, type Size } from './organisation.ts';
import { type Result, round } from './result.ts';
import { startService } from './service.ts';

const size: Size = { workspaces: 20, usagePolicies: 800, ratePolicies: 0, keys: 0 };
const concurrency = 4;
const latency = 20;

/** Of 800 policies every fourth goes and comes back under a new name, the others change: 600 + 200 + 200. */
function changeAll(files: readonly PolicyFile[]): PolicyFile[] {
  let number = 0;
  return files.map(({ path, text }) => ({
    path,
    text: text.replace(
      / {2}spend-(\d+):\n {4}description: (.*)\n {4}budget: \$(\d+)/g,
      (_, name, description, budget) => {
        const isNew = number++ % 4 === 0;
        const entry = isNew ? `fresh-${name}` : `spend-${name}`;
        const amount = Number(budget) + (number % 2 === 0 ? 7 : -7);
        return `  ${entry}:\n    description: ${description}\n    budget: $${amount}`;
      },
    ),
  }));
}

export async function measureApply(): Promise<readonly Result[]> {
  const service = await startService({ size, latency });
  const client = createClient({ baseUrl: service.url, apiKey: 'bench', concurrency });
  const backend = createApiBackend(client);
  try {
    const files = buildFiles(size, Number.POSITIVE_INFINITY);
    const desired = compileFiles(changeAll(files));
    const record = buildRecord(compileFiles(files), buildLive(buildRows(size)), service.url);
    const live = await readLive(backend, desired.organisation, needsOf(desired, record));
    const { plan, diagnostics } = buildPlan({ desired, live, record, now: new Date() });
    if (plan === null) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
    await service.takeCount();
    const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const statuses = new Set<string>();
    const took = await time(async () => {
      const outcomes = await applyPlan(plan, { backend, clock: { now: () => Date.now(), sleep } });
      for (const { status } of outcomes) statuses.add(status);
    });
    if (statuses.size !== 1 || !statuses.has('applied')) throw new Error(`ended as ${[...statuses].join(', ')}`);
    const requests = await service.takeCount();
    const ideal = (requests * latency) / concurrency;
    return [
      {
        what: `apply of ${plan.changes.length} changes at ${latency} ms, against requests × latency ÷ concurrency`,
        target: '≤ 1.3 ×',
        measured: `${round(took / ideal)} ×`,
        met: took <= 1.3 * ideal,
        numbers: {
          ratio: took / ideal,
          milliseconds: took,
          idealMilliseconds: ideal,
          requests,
          changes: plan.changes.length,
        },
      },
    ];
  } finally {
    await client.close();
    service.close();
  }
}
