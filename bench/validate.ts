import { compilePolicies, type PolicyFile } from '../src/policy/compile.ts';
import { compare } from './measure.ts';
import { buildFiles } from './organisation.ts';
import { type Result, round } from './result.ts';

function filesOf(workspaces: number): PolicyFile[] {
  return buildFiles(
    { workspaces, usagePolicies: workspaces * 5, ratePolicies: workspaces, keys: workspaces * 3 },
    Number.POSITIVE_INFINITY,
  );
}

function compile(files: readonly PolicyFile[]): void {
  if (compilePolicies(files).desired === null) throw new Error('the files do not compile');
}

export async function measureValidate(rounds: number): Promise<readonly Result[]> {
  const [small, large] = [filesOf(100), filesOf(1_000)];
  for (let warm = 0; warm < 3; warm++) compile(small);
  const { ratios, medians } = await compare(rounds, [() => compile(small), () => compile(large)]);
  const ratio = ratios[1] ?? Number.NaN;
  return [
    {
      what: 'validate of 1,000 workspace files, against 100',
      target: '≤ 12 ×',
      measured: `${round(ratio, 1)} ×`,
      met: ratio <= 12,
      numbers: { ratio, smallMilliseconds: medians[0] ?? 0, largeMilliseconds: medians[1] ?? 0 },
    },
  ];
}
