import { afterEach, expect, test } from 'vitest';
import { digestIn } from '../guards/judged.ts';
import { parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const filesOf = (dollars: number, rules: string): Record<string, string> => ({
  'org.yaml': orgFile(`review: { guards: { spend_up: off }${rules} }\n`),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  cap:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n    alert: 80%\n`,
  ),
});
const rules = ', approvals: [{ above: $1000, by: [finance] }]';
const inCi = { env: { CI: 'true' } };

test('under another CI system what a rule matches is refused, whatever plan is named, and the end of the rule too', async () => {
  rig = await startRig({ state: smallState(), files: filesOf(900, rules) });
  await succeed(rig.apply());
  rig.write(filesOf(1500, rules));
  const approve = digestIn(await rig.plan({ format: 'json' }));
  const refused = await rig.apply({ approve }, inCi);
  expect([refused.exit, refused.stderr.includes('@finance (ws-team-a/cap: $1,500 > $1,000 per 30 days)')]).toEqual([
    3,
    true,
  ]);
  rig.write(filesOf(900, ''));
  const ended = await rig.apply({ approve: digestIn(await rig.plan({ format: 'json' })) }, inCi);
  expect([ended.exit, ended.stderr.includes('@finance (the rule above $1,000 per 30 days: by @finance)')]).toEqual([
    3,
    true,
  ]);
  rig.write(filesOf(950, rules));
  await succeed(rig.apply({ approve: digestIn(await rig.plan({ format: 'json' })) }, inCi));
  // Who holds the key could call the API.
  rig.write(filesOf(1500, rules));
  await succeed(rig.apply());
});

test('a plan says whom the rules ask for, in every format, and asks nobody', async () => {
  rig = await startRig({ state: smallState(), files: filesOf(900, rules) });
  await succeed(rig.apply());
  const quiet = await rig.plan({ format: 'json' });
  expect(parseOutput(quiet)).not.toHaveProperty('asked');
  rig.write(filesOf(1500, rules));
  const because = 'ws-team-a/cap: $1,500 > $1,000 per 30 days';
  const said = `asks for: @finance (${because}).`;
  expect((await rig.plan()).stdout).toContain(said);
  expect((await rig.plan({ format: 'markdown' })).stdout.replace('&#64;&#8203;', '@').replace('&#62;', '>')).toContain(
    said,
  );
  const page = await rig.plan({ format: 'html' });
  expect(page.stdout.replaceAll('&gt;', '>')).toContain(said);
  expect(parseOutput(await rig.plan({ format: 'json' })).asked).toEqual([
    { by: ['@finance'], because: [because], has_approved: null },
  ]);
  // A rule that goes is asked about as well; one that comes counts at once, and together they are one line a person.
  rig.write(filesOf(1500, rules.replace('finance', 'third')));
  expect(parseOutput(await rig.plan({ format: 'json' })).asked).toEqual([
    {
      by: ['@finance'],
      because: [because, 'the rule above $1,000 per 30 days: by @finance'],
      has_approved: null,
    },
    { by: ['@third'], because: [because], has_approved: null },
  ]);
});
