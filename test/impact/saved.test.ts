/** The impact block in saved plans, and of the sample organisation: as the schema says, and one shape everywhere. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import type { Impact } from '../../src/impact/document.ts';
import { renderPlanSchema } from '../../src/plan/plan-schema.ts';
import { parseOutput, type Rig, succeed, writeIn } from '../helpers/rig.ts';
import { entity, spendFile, spendRow, startMoved, wholeTeam } from './kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const isPlan = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(renderPlanSchema()));

function savedPlan(): { readonly impact: Impact; readonly digest: string } {
  const plan: unknown = JSON.parse(readFileSync(join(rig.folder, 'plan.json'), 'utf8'));
  expect([isPlan(plan), isPlan.errors]).toEqual([true, null]);
  return plan as { impact: Impact; digest: string };
}

const start = () =>
  startMoved({ usagePolicies: [spendRow({ [wholeTeam]: entity(41_000) })] }, spendFile(500), spendFile(600));

describe('a saved plan', () => {
  it('holds the impact that was printed', async () => {
    rig = await start();
    const ran = await succeed(rig.plan({ out: 'plan.json', format: 'json' }));
    expect(savedPlan().impact).toEqual(parseOutput(ran).impact);
  });

  it('holds null where impact was not read, under the same digest', async () => {
    rig = await start();
    await succeed(rig.plan({ out: 'plan.json' }));
    const { digest } = savedPlan();
    await succeed(rig.plan({ out: 'plan.json', impact: false }));
    expect(savedPlan()).toMatchObject({ digest, impact: null });
  });

  it('with an edited number is refused: people have read it', async () => {
    rig = await start();
    await succeed(rig.plan({ out: 'plan.json' }));
    const text = readFileSync(join(rig.folder, 'plan.json'), 'utf8');
    writeIn(rig.folder, 'plan.json', text.replace('"total": "41000"', '"total": "1000"'));
    const ran = await rig.apply({ plan: ['plan.json'] });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('its checksum does not match its content')]);
  });

  it('is applied also when consumption has moved since', async () => {
    rig = await start();
    await succeed(rig.plan({ out: 'plan.json' }));
    const [policy] = rig.emulator.store.state.usagePolicies;
    if (policy !== undefined) policy.entities = { [wholeTeam]: entity(45_000) };
    await succeed(rig.apply({ plan: ['plan.json'] }));
    expect(policy?.credit_limit).toBe(600);
  });
});

describe('apply', () => {
  it('prints the impact before it asks, and carries it in JSON', async () => {
    rig = await start();
    const ran = await rig.apply({ format: 'json' });
    expect((parseOutput(ran).impact as Impact).changes[0]?.limits[0]?.use).toMatchObject({ total: '41000' });
    await rig.close();
    rig = await start();
    expect((await succeed(rig.apply())).stderr).toContain('$410, 82% → 68%');
  });
});
