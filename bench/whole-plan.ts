/** `tollgate plan`, from the files on disk to the text on stdout, against a service with latency. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { createApiBackend } from '../src/client/api-backend.ts';
import { createClient } from '../src/client/client.ts';
import { runPlan } from '../src/commands/plan.ts';
import { readLive } from '../src/live/read-live.ts';
import { buildPlan } from '../src/plan/build-plan.ts';
import { needsOf } from '../src/plan/live-needs.ts';
import type { PolicyFile } from '../src/policy/compile.ts';
import { collectGarbage, median, time } from './measure.ts';
import { buildFiles, buildLive, buildPages, buildRecord, buildRows, compileFiles, type Size } from './organisation.ts';
import { type Result, round } from './result.ts';
import { type Service, startService } from './service.ts';
import { benchSession } from './session.ts';

const size: Size = { workspaces: 200, usagePolicies: 8_000, ratePolicies: 2_000, keys: 5_000 };
const concurrency = 4;
const latency = 20;

export interface Surroundings {
  readonly folder: string;
  readonly dispose: () => void;
}

/** The files of an organisation of which this many differ from what was applied. */
export function editSome(wanted: Size, count: number): readonly PolicyFile[] {
  const edited = buildFiles(wanted, 50);
  let left = count;
  return buildFiles(wanted, Number.POSITIVE_INFINITY).map((file, index) => {
    const now = edited[index] ?? file;
    if (left === 0 || now.text === file.text) return file;
    left -= 1;
    return now;
  });
}

/** A working directory with the files and the record of what is live. */
export function writeSurroundings(
  wanted: Size,
  baseUrl: string,
  files: readonly PolicyFile[] = buildFiles(wanted, 50),
): Surroundings {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const { path, text } of files) write(`policies/${path}`, text);
  const applied = buildFiles(wanted, Number.POSITIVE_INFINITY);
  const record = buildRecord(compileFiles(applied), buildLive(buildRows(wanted)), baseUrl);
  const recorded = Object.fromEntries(applied.map(({ path, text }) => [path, text]));
  write('record.json', JSON.stringify({ ...record, files: recorded }));
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function planIn(folder: string, url: string): Promise<string> {
  const session = benchSession({ PORTKEY_API_KEY: 'bench', PORTKEY_BASE_URL: url, CI: 'false' }, folder);
  const { output } = await runPlan(
    {
      dir: 'policies',
      workspace: [],
      format: 'text',
      backend: 'portkey',
      recordFile: join(folder, 'record.json'),
      concurrency,
      quiet: false,
      verbose: false,
      mode: 'sync',
      only: [],
      allow: [],
      impact: false,
      detailedExitcode: false,
    },
    session,
  );
  return output;
}

/** The same pages at the same concurrency, and nothing done with them. */
async function fetchPages(service: Service, paths: readonly string[]): Promise<number> {
  const dispatcher = new Agent({ connections: concurrency, pipelining: 1 });
  let next = 0;
  let bytes = 0;
  const work = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      const { body } = await request(`${service.url}${path}`, { dispatcher });
      const text = await body.text();
      JSON.parse(text);
      bytes += text.length;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await dispatcher.destroy();
  return bytes;
}

export async function measureWholePlan(rounds: number): Promise<readonly Result[]> {
  const service = await startService({ size, latency });
  const { folder, dispose } = writeSurroundings(size, service.url);
  const ten = writeSurroundings(size, service.url, editSome(size, 10));
  const paths = [...buildPages(buildRows(size)).keys()];
  try {
    const output = await planIn(folder, service.url);
    const summary = /^Plan: .*$/m.exec(output)?.[0] ?? '';
    if (!/^Plan: \d+ to update(?: \(.*?\))?; 148\d\d unchanged/.test(summary))
      throw new Error(`not the plan that was meant: ${summary}`);
    const requests = await service.takeCount();
    const plans: number[] = [];
    const small: number[] = [];
    const planned: number[] = [];
    const desired = compileFiles(buildFiles(size, 50));
    const record = buildRecord(
      compileFiles(buildFiles(size, Number.POSITIVE_INFINITY)),
      buildLive(buildRows(size)),
      service.url,
    );
    const readAndPlan = async (): Promise<void> => {
      const client = createClient({ baseUrl: service.url, apiKey: 'bench', concurrency });
      const live = await readLive(createApiBackend(client), desired.organisation, needsOf(desired, record));
      buildPlan({ desired, live, record, now: new Date() });
      await client.close();
    };
    const fetches: number[] = [];
    for (let i = 0; i < rounds; i++) {
      fetches.push(await time(() => fetchPages(service, paths)));
      planned.push(await time(readAndPlan));
      plans.push(await time(() => planIn(folder, service.url)));
      small.push(await time(() => planIn(ten.folder, service.url)));
    }
    const against = (times: readonly number[]): number =>
      median(times.map((milliseconds, index) => milliseconds / (fetches[index] ?? Number.NaN)));
    const ratio = against(plans);
    const readRatio = against(planned);
    const smallRatio = against(small);
    return [
      {
        what: 'requests for a plan of 200 workspaces, 10,000 policies, 5,000 keys',
        target: `≤ ${paths.length} pages + 3`,
        measured: `${paths.length} pages + ${requests - paths.length}`,
        met: requests <= paths.length + 3,
        numbers: { pages: paths.length, requests },
      },
      {
        what: `the same plan with ten files changed, at ${latency} ms, against fetching the pages with bare undici`,
        target: '≤ 1.15 ×',
        measured: `${round(smallRatio)} ×`,
        met: smallRatio <= 1.15,
        numbers: {
          ratio: smallRatio,
          planMilliseconds: median(small),
          fetchMilliseconds: median(fetches),
          concurrency,
        },
      },
      {
        what: `reading and planning at ${latency} ms with the files compiled, against fetching the pages with bare undici`,
        target: '≤ 1.3 ×',
        measured: `${round(readRatio)} ×`,
        met: readRatio <= 1.3,
        numbers: { ratio: readRatio, milliseconds: median(planned), fetchMilliseconds: median(fetches), concurrency },
      },
      {
        what: `wall time of that plan, four of five files changed, at ${latency} ms, against fetching the pages with bare undici`,
        target: '≤ 1.5 ×',
        measured: `${round(ratio)} ×`,
        met: ratio <= 1.5,
        numbers: { ratio, planMilliseconds: median(plans), fetchMilliseconds: median(fetches), concurrency },
      },
    ];
  } finally {
    service.close();
    dispose();
    ten.dispose();
  }
}

/** Processor time of a plan in which every file is as it was applied, for an organisation and for one of twice its size. */
export async function measureUnchanged(rounds: number): Promise<readonly Result[]> {
  const double = { workspaces: 100, usagePolicies: 4_000, ratePolicies: 1_000, keys: 2_500 };
  const single = { workspaces: 50, usagePolicies: 2_000, ratePolicies: 500, keys: 1_250 };
  const sides = await Promise.all(
    [single, double].map(async (wanted) => {
      const service = await startService({ size: wanted, latency: 0 });
      const surroundings = writeSurroundings(wanted, service.url, editSome(wanted, 0));
      return { service, surroundings, milliseconds: [] as number[] };
    }),
  );
  try {
    for (let i = 0; i <= rounds; i++) {
      for (const { service, surroundings, milliseconds } of sides) {
        collectGarbage();
        const before = process.cpuUsage();
        const output = await planIn(surroundings.folder, service.url);
        const { user, system } = process.cpuUsage(before);
        if (!/^No changes: \d+ limits match the files/m.test(output))
          throw new Error(`not the plan that was meant: ${output}`);
        // The first round warms both up.
        if (i > 0) milliseconds.push((user + system) / 1000);
      }
    }
  } finally {
    for (const { service, surroundings } of sides) {
      service.close();
      surroundings.dispose();
    }
  }
  const [one, two] = sides.map(({ milliseconds }) => median(milliseconds));
  const ratio = (two ?? Number.NaN) / (one ?? Number.NaN);
  return [
    {
      what: 'processor time of a plan where nothing changed, twice the organisation',
      target: '≤ 2.2 ×',
      measured: `${round(ratio)} ×`,
      met: ratio <= 2.2,
      numbers: { ratio, milliseconds: one ?? 0, doubleMilliseconds: two ?? 0 },
    },
  ];
}
