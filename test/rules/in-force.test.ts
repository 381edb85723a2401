/** Findings on their way through the commands: severities, silences, the guard, and every form of output. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import stringWidth from 'string-width';
import { afterEach, describe, expect, it } from 'vitest';
import { annotatePlan } from '../../src/commands/action/annotate.ts';
import type { Finding, Plan } from '../../src/plan/types.ts';
import { renderComment } from '../../src/render/comment.ts';
import { buildSarif } from '../../src/render/sarif.ts';
import type { RuleSeverity } from '../../src/resources/review-settings.ts';
import { allRules } from '../../src/rules/find.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';
import { inForce } from '../plan/in-force.ts';
import { planOf } from '../plan/kit.ts';
import { desiredFrom } from './facts.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const late = (silence = ''): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n    budget: $500\n    reset: monthly\n    alert: 98%\n    per: workspace_id\n${silence}`,
  );
const reason = '    silence:\n      alert-too-late: booked by hand\n';
const rules = (severity: string): string =>
  `${chatChannel}review:\n  rules:\n    alert-too-late: ${severity}\n  guards: { spend_up: off }\n`;
const files = (severity: string, silence = '') => ({ 'org.yaml': orgFile(rules(severity)), 'a.yaml': late(silence) });

interface Said {
  readonly findings: readonly Record<string, unknown>[];
  readonly violations: readonly { readonly guard: string; readonly count: number; readonly allow: string }[];
}

const read = (ran: Ran): Said => parseOutput(ran) as unknown as Said;
const lateOf = (ran: Ran) => read(ran).findings.find(({ rule }) => rule === 'alert-too-late');

async function start(written: Record<string, string>): Promise<Rig> {
  rig = await startRig({ state: smallState(), files: written });
  return rig;
}

describe('validate', () => {
  it.each([
    ['off', 0, '2 files in policies: no problems.\n'],
    ['info', 0, '2 files in policies: 1 note.\n'],
    ['warning', 0, '2 files in policies: 1 warning.\n'],
    ['error', 1, '2 files in policies: 1 error.\n'],
  ])('with the rule at %s: exit %i', async (severity, exit, said) => {
    const ran = await (await start(files(severity))).validate();
    expect([ran.exit, ran.stderr]).toEqual([exit, said]);
  });

  it('prints place, name, what is so and what to do', async () => {
    const ran = await (await start(files('warning'))).validate();
    expect(ran.stdout).toBe(
      'policies/a.yaml:9:5  warning alert-too-late  the alert at 98% leaves $10 to act in. Lower the alert, to 80% for example.\n',
    );
    expect((await rig?.validate({ format: 'markdown' }))?.stdout).toContain('`alert-too-late`');
  });

  it('lets a reason silence an error, and shows it', async () => {
    const ran = await (await start(files('error', reason))).validate();
    expect([ran.exit, ran.stdout]).toEqual([
      0,
      'policies/a.yaml:9:5  info alert-too-late  the alert at 98% leaves $10 to act in. Silenced: booked by hand\n',
    ]);
  });

  it('has them in JSON', async () => {
    const ran = await (await start(files('error'))).validate({ format: 'json' });
    expect(parseOutput(ran)).toMatchObject({ ok: false, diagnostics: [] });
    expect(read(ran).findings).toEqual([
      {
        rule: 'alert-too-late',
        id: 'T4',
        severity: 'error',
        message: 'the alert at 98% leaves $10 to act in',
        fix: 'Lower the alert, to 80% for example.',
        silenced: null,
        file: 'policies/a.yaml',
        line: 9,
        column: 5,
        entry: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'spend' },
      },
    ]);
  });

  it('finds nothing in files that have errors', async () => {
    const ran = await (await start({ ...files('error'), 'b.yaml': 'version: 1\nkind: workspace\n' })).validate({
      format: 'json',
    });
    expect([ran.exit, read(ran).findings]).toEqual([1, []]);
  });
});

describe('plan and apply', () => {
  it('an error refuses with exit 3, and its own words lift it once', async () => {
    const place = await start(files('error'));
    const ran = await place.plan({ format: 'json' });
    expect(ran.exit).toBe(3);
    const [violation] = read(ran).violations.filter(({ guard }) => guard === 'rules');
    expect(violation).toMatchObject({
      count: 1,
      details: ['policies/a.yaml:9 alert-too-late: the alert at 98% leaves $10 to act in'],
    });
    expect((await place.apply()).exit).toBe(3);
    await succeed(place.apply({ allow: [violation?.allow ?? ''] }));
  });

  it('a warning stops nobody, nor does an error with a reason', async () => {
    const place = await start(files('warning'));
    expect(read(await place.plan({ format: 'json' })).violations.map(({ guard }) => guard)).not.toContain('rules');
    place.write(files('error', reason));
    const ran = await place.plan({ format: 'json' });
    expect([ran.exit, lateOf(ran)?.silenced, lateOf(ran)?.severity]).toEqual([0, 'booked by hand', 'error']);
  });

  it('goes by the severity of the last apply, not by that of the change', async () => {
    const place = await start({ ...files('error'), 'a.yaml': late().replace('98%', '80%') });
    await succeed(place.apply());
    place.write(files('off'));
    expect(lateOf(await place.plan({ format: 'json' }))?.severity).toBe('error');
    expect((await place.validate({ format: 'json' })).exit).toBe(0);
  });

  it('goes by the ceiling of the last apply', async () => {
    const org = (ceiling: string): string =>
      orgFile(`review:\n  max_monthly_budget: ${ceiling}\n  guards: { spend_up: off }\n`);
    const place = await start({ 'org.yaml': org('$500'), 'a.yaml': late() });
    await succeed(place.apply());
    place.write({ 'org.yaml': org('$900'), 'a.yaml': late().replace('$500', '$501') });
    const ran = await place.plan({ format: 'json' });
    expect([ran.exit, read(ran).findings.find(({ rule }) => rule === 'ceiling-exceeded')?.message]).toEqual([
      3,
      '1 workspace may spend $501 in 30 days, of $500 in all',
    ]);
    place.write({ 'org.yaml': org('$900'), 'a.yaml': late() });
    await succeed(place.apply());
    place.write({ 'org.yaml': org('$900'), 'a.yaml': late().replace('$500', '$501') });
    expect((await place.plan({ format: 'json' })).exit).toBe(0);
  });

  it('notes are told of what changes, and else when they are asked for', async () => {
    const place = await start(files('info'));
    expect((await place.plan()).stdout).toContain('\n1 new note: --verbose lists it.\n');
    expect((await place.plan({ verbose: true })).stdout).toContain(
      'new notes\n  note alert-too-late (T4) policies/a.yaml:9:5',
    );
    await succeed(place.apply());
    expect((await place.plan()).stdout).toMatch(/(?:^|\n)No changes: 1 limit matches the files\.\n$/);
    expect((await place.plan({ verbose: true })).stdout).toContain(
      'findings from before this change\n  note alert-too-late (T4) policies/a.yaml:9:5',
    );
  });

  it('fits 80 columns', async () => {
    const place = await start({
      ...files('warning'),
      'b.yaml': workspaceFile(
        'ws-team-b',
        'policies:\n  per-user-of-the-team:\n    budget: $5\n    reset: monthly\n    alert: 80%\n    per: metadata._user\n',
      ),
    });
    const { stdout } = await place.plan({ verbose: true }, { columns: 80 });
    expect(stdout).toContain('warning metadata-escapable (M3) per-user-of-the-team (ws-team-b): ');
    for (const line of stdout.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });
});

describe('severities in force', () => {
  const of = (severity: RuleSeverity) => ({ rules: { 'alert-too-late': severity, 'secret-in-file': severity } });
  it.each([
    ['without a record, stricter', null, 'warning', 'warning', 'error'],
    ['without a record, looser', null, 'off', 'info', 'error'],
    ['with a record, the record where it is stricter', 'error', 'off', 'error', 'error'],
    ['with a record, the files where they are stricter', 'off', 'warning', 'warning', 'warning'],
  ] as const)('%s', (_, recorded, written, expected, secret) => {
    const { rules: said } = inForce(recorded === null ? null : of(recorded), of(written));
    expect([said['alert-too-late'], said['secret-in-file']]).toEqual([expected, secret]);
  });

  it('a record that knows no rules leaves each its own', () => {
    expect(inForce({}, of('off')).rules['alert-too-late']).toBe('info');
  });
});

const hostile = 'a | b <img src=x> @everyone';
const finding = (rest: Partial<Finding>): Finding => ({
  rule: 'alert-too-late',
  id: 'T4',
  severity: 'warning',
  message: 'the alert is late',
  fix: 'Lower it.',
  source: { file: 'policies/a b.yaml', line: 9, column: 5 },
  entry: null,
  change: null,
  silenced: null,
  ...rest,
});
const some: readonly Finding[] = [
  finding({ severity: 'error', message: hostile }),
  finding({}),
  finding({ severity: 'info', message: 'a hint' }),
  finding({ silenced: 'booked by hand' }),
];
const planWith = (findings: readonly Finding[]): Plan => ({ ...planOf({ body: '' }), findings });

describe('the comment', () => {
  const header = {
    environment: 'production',
    head: 'f'.repeat(40),
    run: 1,
    attempt: 1,
    record: null,
    at: '2026-11-20T12:00:00.000Z',
  };
  const links = {
    repository: 'https://github.com/example/policies',
    run: 'https://github.com/example/policies/actions/runs/1',
  };
  const other = { kind: 'usage-policy', workspace: 'ws-team-a', name: 'other' } as const;
  const ofChange = some.map((one) => ({ ...one, change: 'usage-policy/ws-team-a/spend' }));
  const told = [...ofChange, finding({ entry: other, message: 'as it was before' })];
  const body = renderComment({ state: 'planned', plan: planWith(told), diagnostics: [], remark: null }, header, links);

  it('has what is new in lines of its own, silenced ones with their reason, and hints and what was so before folded', () => {
    const [open = '', ...folded] = body.split('<details>');
    expect(open.match(/^- (?:🛑|⚠️|🔇) `alert-too-late` /gm)).toHaveLength(3);
    expect(open).toContain('Silenced: booked by hand');
    expect(open).toContain(`/blob/${'f'.repeat(40)}/policies/a%20b.yaml#L9`);
    expect(open).not.toMatch(/a hint|as it was before/);
    expect(folded.join('')).toMatch(/<summary>1 new note · 1 finding from before this change( · [^<]*)?<\/summary>/);
    expect(body).not.toContain('<img');
  });

  it('has no such section without findings', () => {
    expect(
      renderComment({ state: 'planned', plan: planWith([]), diagnostics: [], remark: null }, header, links),
    ).not.toMatch(/new note|finding/i);
  });
});

it('annotations are at the lines of what is not a hint', () => {
  const desired = desiredFrom([{ path: 'org.yaml', text: orgFile() }]);
  const shown = annotatePlan(planWith(some), [], desired);
  expect(shown.map(({ path, line, level }) => [path, line, level])).toEqual([
    ['policies/a b.yaml', 9, 'failure'],
    ['policies/a b.yaml', 9, 'warning'],
    ['policies/a b.yaml', 9, 'notice'],
  ]);
});

describe('SARIF', () => {
  // The schema as published is of draft 04, which the library does not know by name; it uses nothing that has changed since.
  const {
    $schema: _,
    id: __,
    ...schema
  } = JSON.parse(readFileSync(new URL('../fixtures/sarif/sarif-schema-2.1.0.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
  const check = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(
    schema,
  );
  const problem = {
    code: 'unknown-key',
    severity: 'error',
    message: 'no such key',
    source: { file: 'a.yaml', line: 1, column: 2 },
    end: { line: 1, column: 6 },
  } as const;
  const log = buildSarif({ version: '1.2.3', rules: allRules, diagnostics: [problem], findings: some });

  it('is what the published schema asks for', () => {
    expect(check(log)).toBe(true);
    expect(check({ ...log, version: '2.0.0' })).toBe(false);
  });

  it('has level, place and rule of each, and the reason of what is silenced', () => {
    const results = log.runs[0]?.results ?? [];
    expect(results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual([
      'unknown-key error',
      'alert-too-late error',
      'alert-too-late warning',
      'alert-too-late note',
      'alert-too-late warning',
    ]);
    expect(results[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'a.yaml' },
      region: { startLine: 1, startColumn: 2, endLine: 1, endColumn: 6 },
    });
    expect(results[1]?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe('policies/a%20b.yaml');
    expect(results.map(({ suppressions }) => suppressions?.[0]?.justification ?? null)).toEqual([
      null,
      null,
      null,
      null,
      'booked by hand',
    ]);
    for (const { ruleIndex = -1, ruleId } of results)
      expect(log.runs[0]?.tool.driver.rules?.[ruleIndex]?.id).toBe(ruleId);
  });

  it('comes from validate, with problems and with findings, and from plan', async () => {
    const place = await start(files('error'));
    const validated = await place.validate({ format: 'sarif' });
    expect([validated.exit, check(parseOutput(validated))]).toEqual([1, true]);
    expect(validated.stdout).toContain('"ruleId": "alert-too-late"');
    const planned = await place.plan({ format: 'sarif' });
    expect([planned.exit, check(parseOutput(planned))]).toEqual([3, true]);
    expect(planned.stdout).toContain('"ruleId": "alert-too-late"');
    place.write({ 'org.yaml': orgFile('colour: red\n') });
    const broken = [await place.validate({ format: 'sarif' }), await place.plan({ format: 'sarif' })];
    for (const ran of broken) {
      expect([ran.exit, check(parseOutput(ran))]).toEqual([1, true]);
      expect(ran.stdout).toContain('"ruleId": "unknown-key"');
    }
  });
});
