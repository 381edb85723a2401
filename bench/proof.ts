/** What it costs to prove a record of 10,000 policies from the commit it was applied from, beside the plan that it is for. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openCheckout } from '../src/checkout/checkout.ts';
import { believeRecord } from '../src/plan/believe-record.ts';
import { compilePolicies, type KnownTexts, type PolicyFile } from '../src/policy/compile.ts';
import { createMemoryStore } from '../src/record/memory.ts';
import { proveRecord } from '../src/run/prove-record.ts';
import { median, time } from './measure.ts';
import { buildFiles, buildLive, buildRecord, buildRows, compileFiles, type Size } from './organisation.ts';
import { type Result, round } from './result.ts';
import { startService } from './service.ts';
import { editSome, planIn, writeSurroundings } from './whole-plan.ts';

const size: Size = { workspaces: 200, usagePolicies: 8_000, ratePolicies: 2_000, keys: 5_000 };

export async function measureProof(rounds: number): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: folder })
      .toString()
      .trim();
  const commit = (files: readonly PolicyFile[]): string => {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, 'policies', path)), { recursive: true });
      writeFileSync(join(folder, 'policies', path), text);
    }
    git('add', '--all');
    git('commit', '--quiet', '-m', 'policies');
    return git('rev-parse', 'HEAD');
  };
  const service = await startService({ size, latency: 20 });
  const surroundings = writeSurroundings(size, service.url);
  try {
    git('init', '--quiet');
    const applied = buildFiles(size, Number.POSITIVE_INFINITY);
    const first = commit(applied);
    // One workspace's file differs from what was applied: an ordinary pull request.
    const now = editSome(size, 1);
    const head = commit(now);
    const live = buildLive(buildRows(size));
    const record = { ...buildRecord(compileFiles(applied), live), directory: 'policies', commit: first };
    const texts: KnownTexts = new Map();
    const { desired } = compilePolicies(now, texts);
    if (desired === null) throw new Error('the files do not compile');
    const facts = {
      directory: 'policies',
      commit: head,
      uncommitted: [],
      isAsApplied: false,
      isRewritten: false,
      isVouchedFor: true,
      extended: [],
      rewind: null,
    };
    const prove = async (): Promise<void> => {
      const checkout = await openCheckout({ directory: folder, env: process.env });
      const opened = {
        store: createMemoryStore(),
        checkout,
        folder: join(folder, 'policies'),
        inGit: true,
        isShared: true,
        ref: 'refs/tollgate/bench',
        place: '',
      };
      const proof = await proveRecord(record, desired, opened, { ...facts, texts: new Map(texts) });
      const { unproven } = believeRecord(record, proof, { desired, live, unsealed: null });
      if (unproven.length > 0) throw new Error(`not proven: ${unproven.length}, such as ${unproven[0]}`);
    };
    await prove();
    const plans: number[] = [];
    const proofs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      plans.push(await time(() => planIn(surroundings.folder, service.url)));
      proofs.push(await time(prove));
    }
    const ratio = median(proofs.map((milliseconds, index) => milliseconds / (plans[index] ?? Number.NaN)));
    return [
      {
        what: 'proving a record of 10,000 policies where one file changed, against the plan it is for',
        target: '≤ 0.1 ×',
        measured: `${round(ratio)} ×`,
        met: ratio <= 0.1,
        numbers: { ratio, proofMilliseconds: median(proofs), planMilliseconds: median(plans) },
      },
    ];
  } finally {
    service.close();
    surroundings.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}
