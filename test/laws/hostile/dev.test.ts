import fc from 'fast-check';
import { test } from 'vitest';
import { startInMemory } from './memory-stage.ts';
import { startModel } from './model.ts';
import { play } from './play.ts';
import { story } from './steps.ts';

test('dev', { timeout: 900_000 }, async () => {
  const found = new Map<string, { count: number; text: string; size: number }>();
  const sum = { n: 0, writes: 0, claimed: 0, arrived: 0 };
  const end = Date.now() + Number(process.env.SECONDS ?? 60) * 1000;
  for (const steps of fc.sample(story, {
    seed: Number(process.env.SEED ?? 1),
    numRuns: Number(process.env.RUNS ?? 100),
  })) {
    if (Date.now() > end) break;
    let lines: readonly string[] = [];
    let problems: readonly string[] = [];
    try {
      const played = await play(steps, startModel, await startInMemory(startModel));
      ({ lines, problems } = played);
      sum.writes += played.writes;
      sum.claimed += played.oracle.liveness.claimed;
      sum.arrived += played.oracle.liveness.reached;
    } catch (error) {
      problems = [
        String((error as Error).stack)
          .split('\n')
          .slice(0, 4)
          .join(' '),
      ];
      lines = [JSON.stringify(steps)];
    }
    sum.n += 1;
    if (problems.length === 0) continue;
    const key = (problems[0] ?? '')
      .replace(/[0-9]+/g, 'N')
      .replace(/alpha|beta|gamma|delta/g, 'CAP')
      .slice(0, 60);
    const old = found.get(key);
    const better = old === undefined || lines.length < old.size;
    found.set(key, {
      count: (old?.count ?? 0) + 1,
      size: better ? lines.length : old.size,
      text: better ? `${lines.join('\n')}\n!! ${problems.join('\n!! ')}` : old.text,
    });
  }
  process.stdout.write(`${JSON.stringify(sum)}\n`);
  for (const [key, { count, text }] of found) process.stdout.write(`===== ${count} × ${key}\n${text}\n`);
});
