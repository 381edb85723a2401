/** The sample organisation is what people copy from: the rules have nothing to say against it, in any step of `npm start`. */

import { afterEach, describe, expect, it } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { Finding } from '../../src/plan/types.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(now: number): Promise<Rig> {
  const { files } = await readPolicyFiles('policies', process.cwd());
  const written = Object.fromEntries(files.map(({ path, text }) => [path.replace(/^policies\//, ''), text]));
  const clock = new Date(now);
  rig = await startRig({ state: sampleSeed(clock), now: () => clock, files: written });
  return rig;
}

const findingsOf = (ran: Ran) => parseOutput(ran).findings as readonly Finding[];
const loudOf = (ran: Ran) =>
  findingsOf(ran)
    .filter(({ severity }) => severity !== 'info')
    .map(({ rule, message, silenced }) => [rule, message, silenced]);

/** The one that shows what `silence:` is for. */
const excused = [
  'exhausted',
  expect.stringMatching(/^key "ci-runner" is used up, and refused until \d{4}-\d\d-\d\d 00:00 UTC$/),
  'nightly jobs may use the week up; they wait for Sunday',
];

it('validate finds nothing above information, and prints no warning', async () => {
  const place = await start(testNow);
  expect(loudOf(await place.validate({ format: 'json' }))).toEqual([]);
  const text = await place.validate();
  expect([text.exit, text.stdout]).toEqual([0, expect.not.stringMatching(/ {2}(?:warning|error) {2}/)]);
});

describe.each([
  ['in the middle of a month', testNow],
  ['at the end of one', Date.UTC(2026, 10, 30, 23, 59)],
  ['when the first window of the files has begun', Date.UTC(2026, 11, 2)],
  ['years later', Date.UTC(2028, 1, 29)],
])('%s', (_, now) => {
  it('plan finds nothing above information that is not excused, before the apply and after it', async () => {
    const place = await start(now);
    const planOf = () => place.plan({ format: 'json', impact: false }, { now });
    expect(loudOf(await planOf())).toEqual([excused]);
    await succeed(place.apply({ impact: false }, { now }));
    const after = await planOf();
    expect(after.exit).toBe(0);
    expect(loudOf(after)).toEqual([excused]);
  });
});
