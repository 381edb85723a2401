/** A saved plan as text: what is refused, and for what it is a plan. */

import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/plan/digest.ts';
import {
  buildPlanFile,
  checkPlanFile,
  type PlanFile,
  parsePlanFile,
  renderPlanFile,
} from '../../src/plan/plan-file.ts';
import { uuid } from '../helpers/state.ts';
import { planOf, policyObject, recordAfter, spend } from '../plan/kit.ts';

const live = [policyObject(uuid(41))];
const plan = planOf({ body: spend().replace('$500', '$750'), live, record: recordAfter({ body: spend(), live }) });
const file = buildPlanFile(plan, { tool: 'test', commit: null });

function sealed({ checksum: _, ...content }: PlanFile): string {
  return JSON.stringify({ ...content, checksum: digestOf(content) });
}

describe('the text of a plan', () => {
  it('reads back as it was written', () => {
    expect(parsePlanFile(renderPlanFile(file), 'plan.json')).toEqual(file);
  });

  const [change] = file.changes as [PlanFile['changes'][number]];
  it.each<readonly [string, string, RegExp]>([
    [
      'of another environment, though nothing covers it but the checksum',
      JSON.stringify({ ...file, environment: 'staging' }),
      /edited/,
    ],
    ['of an organisation that was edited', JSON.stringify({ ...file, organisation: 'x' }), /checksum.*edited/],
    [
      'whose change says something else than its fingerprint',
      sealed({ ...file, changes: [{ ...change, after: { ...change.after, amount: 1 } }] }),
      /does not match its fingerprint/,
    ],
    ['out of which a change was taken', sealed({ ...file, changes: [] }), /digest does not match/],
    ['of a newer format', sealed({ ...file, version: 3 as never }), /format version 3.*reads 2/],
    ['of an older format', sealed({ ...file, version: 1 as never }), /format version 1.*reads 2/],
  ])('is refused: %s', (_, text, why) => {
    expect(() => parsePlanFile(text, 'plan.json')).toThrow(why);
  });
});

describe('what it is a plan for', () => {
  it('is the same organisation in any case of letters', () => {
    expect(() => checkPlanFile({ ...file, organisation: file.organisation.toUpperCase() }, plan, 'p')).not.toThrow();
  });

  it.each<readonly [Partial<PlanFile>, RegExp]>([
    [{ environment: 'staging' }, /environment staging/],
    [{ organisation: 'another' }, /organisation another/],
    [{ base_url: 'https://other.example/v1' }, /control plane/],
    [{ place: 'refs/tollgate/other' }, /the record at refs\/tollgate\/other/],
  ])('is not: %j', (other, why) => {
    expect(() => checkPlanFile({ ...file, ...other }, plan, 'p')).toThrow(why);
  });
});
