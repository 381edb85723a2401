import { compilePolicies, type PolicyFile } from '../src/policy/compile.ts';
import { buildFileFacts, findInFiles, reviewInFiles } from '../src/rules/find.ts';
import { compare } from './measure.ts';
import { buildFiles } from './organisation.ts';
import { type Result, round } from './result.ts';

function filesOf(workspaces: number): PolicyFile[] {
  return buildFiles(
    { workspaces, usagePolicies: workspaces * 5, ratePolicies: workspaces, keys: workspaces * 3 },
    Number.POSITIVE_INFINITY,
  );
}

/** What the command does between disk and output: the files, and every rule over what they say. */
function validate(files: readonly PolicyFile[]): void {
  const { desired } = compilePolicies(files);
  if (desired === null) throw new Error('the files do not compile');
  const findings = findInFiles(buildFileFacts(desired, files, reviewInFiles(desired)));
  if (findings.length === 0) throw new Error('no rule ran');
}

/** One workspace with as many policies as there are teams: what compares limits with one another must not be its square. */
function crowdedFile(policies: number): PolicyFile[] {
  return buildFiles({ workspaces: 1, usagePolicies: policies, ratePolicies: 0, keys: 0 }, Number.POSITIVE_INFINITY);
}

export async function measureValidate(rounds: number): Promise<readonly Result[]> {
  const [small, large] = [filesOf(100), filesOf(1_000)];
  for (let warm = 0; warm < 3; warm++) validate(small);
  const { ratios, medians } = await compare(rounds, [() => validate(small), () => validate(large)]);
  const ratio = ratios[1] ?? Number.NaN;
  const [few, crowd] = [crowdedFile(300), crowdedFile(3_000)];
  const crowded = await compare(rounds, [() => validate(few), () => validate(crowd)]);
  const crowdedRatio = crowded.ratios[1] ?? Number.NaN;
  return [
    {
      what: 'validate of 1,000 workspace files with all rules, against 100',
      target: '≤ 12 ×',
      measured: `${round(ratio, 1)} ×`,
      met: ratio <= 12,
      numbers: { ratio, smallMilliseconds: medians[0] ?? 0, largeMilliseconds: medians[1] ?? 0 },
    },
    {
      what: 'validate of 3,000 policies in one workspace with all rules, against 300',
      target: '≤ 12 ×',
      measured: `${round(crowdedRatio, 1)} ×`,
      met: crowdedRatio <= 12,
      numbers: {
        ratio: crowdedRatio,
        smallMilliseconds: crowded.medians[0] ?? 0,
        largeMilliseconds: crowded.medians[1] ?? 0,
      },
    },
  ];
}
