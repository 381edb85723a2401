import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderPages } from '../../scripts/generated-parts.ts';
import { applyPlan } from '../../src/apply/apply-plan.ts';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { createClient } from '../../src/client/client.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { readEverything } from '../../src/live/read-everything.ts';
import { readLive } from '../../src/live/read-live.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { testNow } from '../helpers/session.ts';
import { orgFile } from '../helpers/world.ts';
import { codeBlocks, markdownFiles, readText, root } from './markdown.ts';

const indexPage = 'docs/README.md';
const pages = new Map(
  markdownFiles
    .filter((path) => path === 'README.md' || path.startsWith('docs/'))
    .map((path) => [path, readText(path)]),
);

it('are up to date with the commands, the exit codes, the sample and their headings (npm run generate)', async () => {
  const written = await renderPages(pages, { root, exitCodes: readText('src/exit-codes.ts') });
  expect(Object.fromEntries(pages)).toEqual(Object.fromEntries(written));
});

it.each([...pages.keys()].filter((path) => path.startsWith('docs/') && path !== indexPage))(
  '%s has a table of contents, and a line on the index page',
  (path) => {
    expect(readText(path).match(/^<!-- generated: contents -->$/gm)).toHaveLength(1);
    expect(readText(indexPage)).toContain(`](${basename(path)})`);
  },
);

describe('the README', () => {
  const readme = readText('README.md');

  it('can be read: 250 lines at most, and the reference is elsewhere', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(250);
  });

  it('shows a file of the sample, shortened', () => {
    const [shown] = codeBlocks(readme).filter(({ language }) => language === 'yaml');
    const [, path = '', text = ''] = /^# (\S+)\n([\s\S]*)$/.exec(shown?.text ?? '') ?? [];
    const whole = parse(readText(path)) as unknown;
    expect(whole).toMatchObject(parse(text) as object);
    expect(
      compilePolicies([
        { path: 'policies/org.yaml', text: orgFile() },
        { path, text },
      ]).diagnostics.map(({ message }) => message),
    ).toEqual([]);
  });
});

describe('the YAML of the files page', () => {
  const files = codeBlocks(readText('docs/files.md'))
    .filter(({ language, text }) => language === 'yaml' && /^kind:/m.test(text))
    .map(({ text }, index) => ({ path: `shown-${index + 1}.yaml`, text }));
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
  const rows = /<!-- scopes -->([\s\S]*?)\n\n[^|]/.exec(readText('docs/commands.md'))?.[1]?.split('\n') ?? [];
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
