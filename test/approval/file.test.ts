/** The saved plan as a file: its bytes, its schema, and what is refused. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { digestPlan } from '../../src/plan/build-plan.ts';
import { digestOf } from '../../src/plan/digest.ts';
import {
  buildPlanFile,
  type PlanFile,
  parsePlanFile,
  planFileVersion,
  renderPlanFile,
} from '../../src/plan/plan-file.ts';
import { renderPlanSchema } from '../../src/plan/plan-schema.ts';
import { canonicalJson } from '../../src/stable-json.ts';
import { effort } from '../helpers/effort.ts';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { undescribed } from '../helpers/undescribed.ts';
import { adminKey, orgFile, startWorld } from '../helpers/world.ts';
import { declaration, toFiles } from '../laws/declarations.ts';
import { organisation, withUniqueNames } from '../laws/organisations.ts';
import { keys, policies } from '../stories/harness.ts';
import { applyReviewed, editPlan, filesOf, readPlan, savePlan, startReviewed } from './reviewed.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const two = policies({ a: { protect: 'true' }, b: {} });
const lower = policies({ a: { budget: '$400' }, b: { budget: '$400' } });

describe('schemas/plan.schema.json', () => {
  it('is up to date (npm run generate)', () => {
    const text = readFileSync(new URL('../../schemas/plan.schema.json', import.meta.url), 'utf8');
    expect(text).toBe(renderPlanSchema());
  });

  it('describes every member', () => {
    expect(undescribed(JSON.parse(renderPlanSchema()))).toEqual([]);
  });

  it('every plan of many organisations and files validates, and reads back as it was', async () => {
    const isPlan = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(renderPlanSchema()));
    const world = await startWorld();
    const seen = new Set<string>();
    const step = organisation
      .map(withUniqueNames)
      .chain((state) =>
        fc.record({ state: fc.constant(state), first: declaration(state), second: declaration(state) }),
      );
    try {
      await fc.assert(
        fc.asyncProperty(step, fc.boolean(), async ({ state, first, second }, isRecorded) => {
          world.emulator.store.loadState(state);
          world.record = null;
          if (isRecorded && (await world.plan(toFiles(first))).plan !== null) await world.apply(toFiles(first));
          const { plan } = await world.plan(toFiles(second));
          if (plan === null) return;
          for (const { action } of [...plan.changes, ...plan.recordLines]) seen.add(action);
          const file = buildPlanFile(plan, { tool: '1.2.3', commit: null });
          const text = renderPlanFile(file);
          isPlan(JSON.parse(text));
          expect(isPlan.errors).toBeNull();
          expect(parsePlanFile(text, 'plan.json')).toEqual(JSON.parse(text));
        }),
        { numRuns: effort('plans', 12, 200), seed: 7 },
      );
    } finally {
      await world.close();
    }
    // What has been generated says something about every part of the file.
    expect([...seen]).toEqual(expect.arrayContaining(['create', 'update', 'replace', 'delete', 'adopt']));
  }, 300_000);
});

describe('plan --out', () => {
  it('writes equal bytes for the same plan, in canonical order, and no secret', async () => {
    rig = await startReviewed(two, { org: 'review: {drift: leave}\n', a: `${lower}${keys({ '"*"': {} })}` });
    const first = readPlan(rig);
    await savePlan(rig, 'again.json');
    expect(readPlan(rig, 'again.json')).toBe(first);
    expect(first).toBe(`${JSON.stringify(JSON.parse(canonicalJson(JSON.parse(first))), null, 2)}\n`);
    expect(first).not.toContain(adminKey);
    expect(first).not.toContain('secret-of-');
  });

  it('prints the plan all the same, and has its digest', async () => {
    rig = await startReviewed(two, lower);
    const ran = await rig.plan({ out: 'third.json' });
    const { digest, changes } = JSON.parse(readPlan(rig, 'third.json')) as { digest: string; changes: unknown[] };
    expect(ran.stdout).toContain(`Digest ${digest.slice(0, 32)}.`);
    expect(changes).toHaveLength(2);
  });

  it('is written also when a guard objects: reviewing it is how it is allowed', async () => {
    rig = await startReviewed(policies({ a: {} }), '');
    expect((await rig.plan({ out: 'emptied.json' })).exit).toBe(3);
    expect(readPlan(rig, 'emptied.json')).toContain('"action": "delete"');
  });

  it('is not written when there is no plan', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf('policies: 5\n'));
    expect((await rig.plan({ out: 'none.json' })).exit).toBe(1);
    expect(existsSync(join(rig.folder, 'none.json'))).toBe(false);
  });
});

describe('a file that is refused', () => {
  const member = (name: string, value: unknown) => (text: string) =>
    JSON.stringify({ ...(JSON.parse(text) as object), [name]: value });
  const replace = (from: string | RegExp, to: string) => (text: string) => {
    const edited = text.replace(from, to);
    expect(edited).not.toBe(text);
    return edited;
  };
  const other = '11111111-2222-4333-8444-555555555555';
  const digestOfFile = (file: Omit<PlanFile, 'checksum'>): string =>
    digestPlan({
      environment: file.environment,
      baseUrl: file.base_url,
      place: file.place,
      interprets: { gateway: file.interprets.gateway, pricingSource: file.interprets.pricing_source },
      changes: file.changes,
      recordLines: file.record_lines.map(({ live_id: liveId, ...line }) =>
        liveId === null ? line : { ...line, liveId },
      ),
    });
  /** As somebody would who edits a plan with care. */
  const resealed = (edit: (text: string) => string) => (text: string) => {
    const { checksum: _old, ...edited } = JSON.parse(edit(text)) as PlanFile;
    const content = { ...edited, digest: digestOfFile(edited) };
    return JSON.stringify({ ...content, checksum: digestOf(content) });
  };

  const cases: readonly (readonly [name: string, edit: (text: string) => string, why: RegExp])[] = [
    ['cut off', (text) => text.slice(0, text.length / 2), /it is not JSON; it may have been cut off/],
    ['empty', () => '', /it is not JSON/],
    [
      'cut off to nothing but its head',
      () => `{"format":"tollgate-plan","version":${planFileVersion}}`,
      /plan.json is not a plan to apply: tool:/,
    ],
    ['another document', () => '{"plan": true}', /does not say `"format": "tollgate-plan"`/],
    ['a list', () => '[]', /does not say/],
    ['output of plan --format json', member('format', undefined), /does not say/],
    [
      'a later version',
      member('version', 3),
      /it has format version 3, and this tollgate reads 2\nUse the tollgate that/,
    ],
    [
      'the version before',
      member('version', 1),
      /it has format version 1, and this tollgate reads 2\nAn earlier tollgate/,
    ],
    ['a version that is text', member('version', '2'), /format version 2/],
    [
      'a change edited',
      replace('40000', '90000'),
      /change usage-policy\/ws-team-a\/a does not match its fingerprint: the file was edited/,
    ],
    ['the action of a change', replace('"action": "update"', '"action": "delete"'), /does not match its fingerprint/],
    ['the resource of a change', replace('"name": "a"', '"name": "b"'), /does not match its fingerprint/],
    [
      'a change removed',
      (text) => member('changes', (JSON.parse(text) as { changes: unknown[] }).changes.slice(1))(text),
      /its digest does not match its content/,
    ],
    ['a record line removed', member('record_lines', []), /its digest does not match its content/],
    [
      'a record line edited',
      replace('"action": "unprotect"', '"action": "protect"'),
      /its digest does not match its content/,
    ],
    ['the digest', member('digest', '0'.repeat(64)), /its digest does not match its content/],
    ['a digest that is none', member('digest', 'abc'), /digest: /],
    ['the environment', replace('production', 'staging'), /its digest does not match its content/],
    ['the control plane', member('base_url', 'https://api.example.com/v1'), /its digest does not match its content/],
    ['the place of the record', member('place', 'elsewhere'), /its digest does not match its content/],
    [
      'how it was understood',
      member('interprets', { gateway: { usage_unit: 'dollars' }, pricing_source: null }),
      /its digest does not match its content/,
    ],
    ['the organisation', member('organisation', other), /its checksum does not match its content/],
    [
      'what "*" declared',
      member('stars', [{ workspace: 'ws-team-a', fingerprint: '0'.repeat(64) }]),
      /its checksum does not match/,
    ],
    ['the checksum', member('checksum', '0'.repeat(64)), /its checksum does not match its content/],
    ['no checksum', member('checksum', undefined), /checksum: /],
    [
      'another environment',
      resealed(member('environment', 'staging')),
      /plan.json is a plan for environment staging, and this run is for production/,
    ],
    [
      'another organisation',
      resealed(member('organisation', other)),
      new RegExp(`a plan for organisation ${other}, and this run is for 7f3c1f8e`),
    ],
    [
      'another control plane',
      resealed(member('base_url', 'https://api.example.com/v1')),
      /a plan for control plane https:\/\/api\.example\.com\/v1, and this run/,
    ],
    ['another record', resealed(member('place', 'elsewhere')), /a plan for the record at elsewhere, and this run/],
  ];

  it.each(cases)('%s: exit 1, the reason, and nothing written', async (_name, edit, why) => {
    rig = await startReviewed(two, lower);
    const recorded = rig.readRecord();
    editPlan(rig, edit);
    const ran = await rig.apply({ plan: ['plan.json'] });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toMatch(why);
    expect(ran.stderr).not.toMatch(/^ +at /m);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toEqual(recorded);
  });

  it('one that is not there', async () => {
    rig = await startReviewed(two, lower);
    const ran = await rig.apply({ plan: ['missing.json'] });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('missing.json')]);
  });

  it('one of several', async () => {
    rig = await startReviewed(two, lower);
    await savePlan(rig, 'other.json');
    editPlan(rig, () => '{}', 'other.json');
    const ran = await rig.apply({ plan: ['plan.json', 'other.json'] });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('other.json is not a plan to apply')]);
  });

  it('a newer tollgate may add members', async () => {
    rig = await startReviewed(two, lower);
    editPlan(rig, resealed(member('impact', { note: 'of a later version' })));
    expect((await applyReviewed(rig)).exit).toBe(0);
  });

  it('another environment of the files is another directory', async () => {
    rig = await startReviewed(two, lower);
    const staging = await startRig({
      emulator: rig.emulator,
      files: { ...filesOf(lower), 'org.yaml': orgFile().replace('production', 'staging') },
    });
    const ran = await staging.apply({ plan: [join(rig.folder, 'plan.json')] });
    expect([ran.exit, ran.stderr]).toEqual([
      1,
      expect.stringContaining('for environment production, and this run is for staging'),
    ]);
  });
});

describe('--approve', () => {
  async function start(): Promise<{ digest: string; started: Rig }> {
    const started = await startReviewed(two, lower);
    rig = started;
    const { digest } = JSON.parse(readPlan(started)) as { digest: string };
    return { digest, started };
  }

  it.each([32, 40, 64])('the first %i digits of the plan: applied', async (length) => {
    const { digest, started } = await start();
    await succeed(started.apply({ approve: digest.slice(0, length) }));
    expect(started.emulator.requests.countWrites()).toBe(2);
  });

  it('another plan: exit 4, nothing written, both named', async () => {
    const { digest, started } = await start();
    started.write(filesOf(policies({ a: { budget: '$300' }, b: { budget: '$400' } })));
    const ran = await started.apply({ approve: digest.slice(0, 32) });
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toMatch(new RegExp(`the plan has digest [0-9a-f]{32}, and ${digest.slice(0, 32)} was approved`));
    expect(started.emulator.requests.countWrites()).toBe(0);
  });

  it('live moved since: another plan', async () => {
    const { digest, started } = await start();
    const [policy] = started.emulator.store.state.usagePolicies;
    if (policy !== undefined) policy.credit_limit = 450;
    expect((await started.apply({ approve: digest })).exit).toBe(4);
  });

  it.each([
    ['', 'write the digest of the plan, as the plan says it'],
    ['1234567', '7 digits of the digest are not enough'],
    ['0'.repeat(31), '31 digits of the digest are not enough'],
    ['ABCDEF12'.repeat(4), 'write the digest of the plan, as the plan says it'],
    ['g'.repeat(32), 'write the digest of the plan, as the plan says it'],
    ['0'.repeat(65), 'write the digest of the plan, as the plan says it'],
  ])('"%s": exit 1 before anything is read', async (approve, why) => {
    const { started } = await start();
    started.emulator.requests.clear();
    const ran = await started.apply({ approve });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(started.emulator.requests.total).toBe(0);
  });

  it('lifts no guard', async () => {
    rig = await startReviewed(policies({ a: {} }), '');
    const { digest } = JSON.parse(readPlan(rig)) as { digest: string };
    expect((await rig.apply({ approve: digest })).exit).toBe(3);
    await succeed(rig.apply({ approve: digest, allow: [`empties-scope=1@${digest}`] }));
  });
});

describe('review.require_reviewed_plan under a CI system', () => {
  const ci = { env: { CI: 'true' } };
  const required = 'review: {require_reviewed_plan: true}\n';

  async function start(after: Parameters<typeof filesOf>[0]): Promise<Rig> {
    rig = await startRig({ state: smallState(), files: filesOf({ org: '', a: two }) });
    await succeed(rig.apply());
    // Not in force before it is recorded.
    rig.write(filesOf({ org: required, a: two }));
    await succeed(rig.apply());
    rig.write(filesOf(after));
    await savePlan(rig);
    rig.emulator.requests.clear();
    return rig;
  }

  it('refuses an apply without, and names the digest', async () => {
    const started = await start({ org: required, a: lower });
    const { digest } = JSON.parse(readPlan(started)) as { digest: string };
    const ran = await started.apply({}, ci);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain(
      `review.require_reviewed_plan asks for --plan FILE or --approve ${digest.slice(0, 32)}`,
    );
    expect(started.emulator.requests.countWrites()).toBe(0);
  });

  it('takes a plan', async () => {
    const started = await start({ org: required, a: lower });
    expect((await applyReviewed(started)).exit).toBe(0);
  });

  it('takes a digest', async () => {
    const started = await start({ org: required, a: lower });
    const { digest } = JSON.parse(readPlan(started)) as { digest: string };
    await succeed(started.apply({ approve: digest }, ci));
  });

  it("is the record's: a change that takes it away is judged by it", async () => {
    const started = await start({ org: '', a: lower });
    expect((await started.apply({}, ci)).exit).toBe(3);
  });

  it('also a change that takes away nothing else', async () => {
    const started = await start({ org: '', a: two });
    const recorded = started.readRecord();
    expect((await started.apply({}, ci)).exit).toBe(3);
    expect(started.readRecord()).toEqual(recorded);
    expect((await applyReviewed(started)).exit).toBe(0);
    expect(started.readRecord()?.settings.review.require_reviewed_plan).toBeUndefined();
  });

  it('and one that only unprotects', async () => {
    const started = await start({ org: required, a: policies({ a: {}, b: {} }) });
    expect((await started.apply({}, ci)).exit).toBe(3);
    expect((await applyReviewed(started)).exit).toBe(0);
  });

  it('lets pass what has nothing to change', async () => {
    const started = await start({ org: required, a: `# a comment\n${two}` });
    await succeed(started.apply({}, ci));
  });

  it('in force from the file on where there is no record', async () => {
    rig = await startRig({ state: smallState(), files: filesOf({ org: required, a: two }) });
    expect((await rig.apply({}, ci)).exit).toBe(3);
    await savePlan(rig);
    expect((await applyReviewed(rig)).exit).toBe(0);
  });

  it('asks nobody who sits at a terminal: the holder of the key could call the API', async () => {
    const started = await start({ org: required, a: lower });
    await succeed(started.apply());
  });

  it('and without it nothing but a plan that was named puts settings in force', async () => {
    rig = await startRig({ state: smallState(), files: filesOf({ org: '', a: two }) });
    await succeed(rig.apply());
    rig.write(filesOf({ org: 'review: {guards: {spend_up: off}}\n', a: lower }));
    await succeed(rig.apply({}, ci));
    expect(rig.readRecord()?.settings.review.guards).toBeUndefined();
    await savePlan(rig);
    expect((await rig.apply({ plan: ['plan.json'] }, ci)).exit).toBe(0);
    expect(rig.readRecord()?.settings.review.guards).toEqual({ spend_up: 'off' });
  });
});
