import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReadme } from '../../scripts/readme.ts';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { createClient } from '../../src/client/client.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { readEverything } from '../../src/live/read-everything.ts';
import { readLive } from '../../src/live/read-live.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { applyPlan } from '../../src/reconcile/apply-plan.ts';
import { needsOf } from '../../src/reconcile/live-needs.ts';
import { testNow } from '../helpers/session.ts';
import { codeBlocks, readText, root } from './markdown.ts';

const readme = readText('README.md');

it('is up to date with the commands, the exit codes and the sample (npm run generate)', async () => {
  expect(await renderReadme(readme, { root, exitCodes: readText('src/exit-codes.ts') })).toBe(readme);
});

describe('the YAML', () => {
  const files = codeBlocks(readme)
    .filter(({ language, text }) => language === 'yaml' && /^kind:/m.test(text))
    .map(({ text }, index) => ({ path: `README-${index + 1}.yaml`, text }));
  const organisation = files.filter(({ text }) => /^kind: org\b/m.test(text));

  it('is there', () => {
    expect(organisation).toHaveLength(1);
    expect(files.length).toBeGreaterThan(1);
  });

  it('compiles', () => {
    const { diagnostics } = compilePolicies(files);
    expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it.each(['workspace', 'org'] as const)('shows every key of a %s file', (kind) => {
    const known = new Set<string>();
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties = {} } = node as { properties?: Record<string, unknown> };
      for (const key of Object.keys(properties)) known.add(key);
      for (const inner of Object.values(node)) walk(inner);
    };
    walk(JSON.parse(renderJsonSchemas()[`${kind}.schema.json`] ?? ''));
    const shown = files.map(({ text }) => text).join('\n');
    const missing = [...known].filter((key) => !new RegExp(`(^|[\\s{"#])${key.replace('*', '\\*')}"?:`).test(shown));
    expect(missing.filter((key) => !shown.includes(`or ${key}:`))).toEqual([]);
  });
});

describe('the scopes', () => {
  const rows = /<!-- scopes -->([\s\S]*?)\n\n[^|]/.exec(readme)?.[1]?.split('\n') ?? [];
  const scopesOf = (row: string): string[] => {
    let family = '';
    return [...row.matchAll(/`([\w]*)\.(\w+)`/g)].map(([, name = '', verb = '']) => {
      if (name !== '') family = name;
      return `${family}.${verb}`;
    });
  };
  const plan = rows.filter((row) => row.startsWith('| plan')).flatMap(scopesOf);
  const apply = [...plan, ...rows.filter((row) => row.startsWith('| apply')).flatMap(scopesOf)];
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator({
      now: () => new Date(testNow),
      state: sampleSeed(new Date(testNow)),
      acceptKeys: [
        { key: 'plan-key', kind: 'organisation-service', scopes: plan },
        { key: 'apply-key', kind: 'organisation-service', scopes: apply },
      ],
    });
  });

  afterAll(() => emulator.close());

  it('are what the sample needs, and a plan writes nothing', async () => {
    const { files } = await readPolicyFiles('policies', root);
    const { desired } = compilePolicies(files);
    if (desired === null) throw new Error('the sample does not compile');
    let time = testNow;
    const clock = {
      now: () => time,
      sleep: async (milliseconds: number) => {
        time += milliseconds;
      },
    };
    const connect = (apiKey: string) =>
      createClient({ baseUrl: emulator.url, apiKey, timing: { ...clock, random: () => 0.5 } });

    const planner = connect('plan-key');
    const reader = createApiBackend(planner);
    await readEverything(reader, []);
    const live = await readLive(reader, desired.organisation, needsOf(desired, null));
    const result = buildPlan({ desired, live, record: null, now: new Date(testNow) });
    await planner.close();
    expect(result.plan?.changes.length).toBeGreaterThan(0);
    expect(emulator.store.state.auditLogs.filter(({ request_id: id }) => id !== undefined).length).toBe(
      sampleSeed(new Date(testNow)).auditLogs.length,
    );

    const applier = connect('apply-key');
    const outcomes =
      result.plan === null ? [] : await applyPlan(result.plan, { backend: createApiBackend(applier), clock });
    await applier.close();
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'applied'));
  });
});
