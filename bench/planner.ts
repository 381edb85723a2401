/** The planner alone: values in, a plan out. */

import { buildPlan, type PlanInput } from '../src/plan/build-plan.ts';
import { compare } from './measure.ts';
import { buildFiles, buildLive, buildRecord, buildRows, compileFiles, type Size } from './organisation.ts';
import { type Result, round } from './result.ts';

export function sizeOf(resources: number): Size {
  return {
    workspaces: resources / 50,
    usagePolicies: resources * 0.55,
    ratePolicies: resources * 0.13,
    keys: resources * 0.3,
  };
}

interface Prepared {
  readonly input: PlanInput;
  /** What the service would send for it. */
  readonly json: readonly string[];
}

export function prepare(size: Size, changedEvery: number): Prepared {
  const live = buildLive(buildRows(size));
  // As read from an answer: objects made by the JSON parser, not those of this program.
  const objects = live.objects.map((object) => ({ ...object, row: JSON.parse(JSON.stringify(object.row)) }));
  const desired = compileFiles(buildFiles(size, changedEvery));
  const record = buildRecord(compileFiles(buildFiles(size, Number.POSITIVE_INFINITY)), live);
  const input = { desired, live: { ...live, objects }, record: JSON.parse(JSON.stringify(record)), now: new Date(0) };
  const json: string[] = [];
  for (let start = 0; start < objects.length; start += 100) {
    json.push(JSON.stringify({ object: 'list', data: objects.slice(start, start + 100).map(({ row }) => row) }));
  }
  return { input, json };
}

function plan({ input }: Prepared): number {
  const result = buildPlan(input);
  if (result.plan === null) throw new Error(JSON.stringify(result.diagnostics.slice(0, 3)));
  return result.plan.changes.length;
}

export async function measurePlanner(rounds: number): Promise<readonly Result[]> {
  const small = prepare(sizeOf(10_000), 50);
  const large = prepare(sizeOf(100_000), 50);
  const parse = (): void => {
    for (const page of large.json) JSON.parse(page);
  };
  const changes = plan(large);
  for (let warm = 0; warm < 3; warm++) plan(small);
  const growth = await compare(rounds, [() => plan(small), () => plan(large)]);
  const parsing = await compare(rounds, [parse, () => plan(large)]);
  const grows = growth.ratios[1] ?? Number.NaN;
  const parses = parsing.ratios[1] ?? Number.NaN;
  return [
    {
      what: 'build plan, 100,000 resources, against 10,000',
      target: '≤ 12 ×',
      measured: `${round(grows, 1)} ×`,
      met: grows <= 12,
      numbers: {
        ratio: grows,
        smallMilliseconds: growth.medians[0] ?? 0,
        largeMilliseconds: growth.medians[1] ?? 0,
        changes,
      },
    },
    {
      what: 'build plan, 100,000 resources, against parsing their JSON',
      target: '< 2 ×',
      measured: `${round(parses)} ×`,
      met: parses < 2,
      numbers: {
        ratio: parses,
        parseMilliseconds: parsing.medians[0] ?? 0,
        planMilliseconds: parsing.medians[1] ?? 0,
        jsonBytes: large.json.reduce((sum, page) => sum + page.length, 0),
      },
    },
  ];
}

/** Everything of one workspace changes: what grows with the square shows here first. */
export async function measureManyChanges(rounds: number): Promise<readonly Result[]> {
  const one = (policies: number): Prepared =>
    prepare({ workspaces: 1, usagePolicies: policies, ratePolicies: 0, keys: 0 }, 1);
  const [small, large] = [one(400), one(4_000)];
  plan(large);
  const { ratios, medians } = await compare(rounds, [() => plan(small), () => plan(large)]);
  const ratio = ratios[1] ?? Number.NaN;
  return [
    {
      what: 'build plan, 4,000 changes in one workspace, against 400',
      target: '≤ 12 ×',
      measured: `${round(ratio, 1)} ×`,
      met: ratio <= 12,
      numbers: { ratio, smallMilliseconds: medians[0] ?? 0, largeMilliseconds: medians[1] ?? 0 },
    },
  ];
}
