/** `tollgate plan` over 100,000 resources, in a process that does nothing else. */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Size } from './organisation.ts';
import { type Result, round } from './result.ts';
import { startService } from './service.ts';
import { planIn, writeSurroundings } from './whole-plan.ts';

const resources = 100_000;

export async function measureMemory(): Promise<readonly Result[]> {
  const size = {
    workspaces: resources / 100,
    usagePolicies: resources / 2,
    ratePolicies: resources / 5,
    keys: resources * 0.3,
    fromDefaults: true,
  } as const;
  const service = await startService({ size, latency: 0 });
  try {
    // Made by a process of its own too: what it takes to make them is not to be counted.
    const child = runAgain(['surroundings', JSON.stringify({ size, url: service.url })]);
    const { folder } = JSON.parse(child) as { folder: string };
    const { maxRSS, summary } = JSON.parse(runAgain(['plan-once', folder, service.url])) as {
      maxRSS: number;
      summary: string;
    };
    rmSync(folder, { recursive: true, force: true });
    const megabytes = maxRSS / 1024;
    return [
      {
        what: 'peak memory of a plan over 100,000 resources',
        target: '≤ 400 MB',
        measured: `${round(megabytes, 0)} MB`,
        met: megabytes <= 400 && summary !== '',
        numbers: { megabytes },
      },
    ];
  } finally {
    service.close();
  }
}

function runAgain(parameters: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [process.argv[1] ?? '', ...parameters], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

export function makeSurroundings(json: string): string {
  const { size, url } = JSON.parse(json) as { size: Size; url: string };
  return JSON.stringify({ folder: writeSurroundings(size, url).folder });
}

export async function planOnce(folder: string, url: string): Promise<string> {
  const output = await planIn(folder, url);
  const { maxRSS } = process.resourceUsage();
  return JSON.stringify({ maxRSS, summary: /^Plan: .*$/m.exec(output)?.[0] ?? output.slice(0, 500) });
}
