import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keySchema, usagePolicySchema } from '../../src/client/schemas.ts';
import { createSlimRow } from '../../src/client/slim-row.ts';

const sent = (): Record<string, unknown> => ({
  id: 'p-1',
  name: 'spend',
  workspace_id: 'w-1',
  conditions: [{ key: 'metadata.team', value: ['a', 'b'] }],
  credit_limit: 100,
  unheard_of: { stays: [1, 'x', null] },
});

it('keeps a row as sent where parsing changed nothing in it', () => {
  const row = sent();
  expect(createSlimRow()(usagePolicySchema.parse(row), row)).toBe(row);
  expect(row).toEqual(sent());
});

it.each([
  ['an amount that was text', { credit_limit: '250.5' }, { credit_limit: 250.5 }],
  ['an amount that was empty text', { credit_limit: '' }, { credit_limit: null }],
  ['a time without a zone', { created_at: '2026-05-03 10:00:00' }, { created_at: '2026-05-03T10:00:00Z' }],
  [
    'a value of metadata that was a number',
    { conditions: [{ key: 'metadata.n', value: 7 }] },
    { conditions: [{ key: 'metadata.n', value: '7' }] },
  ],
])('keeps what parsing made of %s', (_, odd, read) => {
  const row = { ...sent(), ...odd };
  expect(createSlimRow()(usagePolicySchema.parse(row), row)).toEqual({ ...sent(), ...read });
});

it('says of any row what the parser said of it, whatever came before', () => {
  const slim = createSlimRow();
  const text = fc.oneof(fc.constantFrom('active', '', '__proto__', 'x'.repeat(65)), fc.string());
  const row = fc.record(
    {
      id: text,
      name: fc.option(text),
      status: fc.option(text),
      alert_emails: fc.option(fc.array(text)),
      usage_limits: fc.option(fc.record({ credit_limit: fc.constantFrom(1, '2', '', 0, null), status: text })),
      more: fc.dictionary(text, fc.oneof(text, fc.array(text), fc.integer())),
    },
    { requiredKeys: ['id'] },
  );
  fc.assert(
    fc.property(row, (value) => {
      const json = JSON.stringify(value);
      const parsed = keySchema.parse(JSON.parse(json));
      expect(slim(keySchema.parse(JSON.parse(json)), JSON.parse(json))).toEqual(parsed);
    }),
  );
});
