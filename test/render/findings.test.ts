import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/plan/types.ts';
import { describeMore, pickFindings } from '../../src/render/findings.ts';

let line = 0;
const finding = (rest: Partial<Finding>): Finding => ({
  rule: 'alert-missing',
  id: 'T2',
  severity: 'warning',
  message: 'nobody is told',
  fix: 'Write one.',
  source: { file: 'ws.yaml', line: ++line, column: 1 },
  entry: null,
  change: null,
  silenced: null,
  ...rest,
});
const many = (count: number, rest: Partial<Finding>): Finding[] => Array.from({ length: count }, () => finding(rest));
const change = 'usage-policy/ws-a/x';

describe('the findings that a plan shows', () => {
  it('mistakes-J12: three of each kind, and how many more: errors and what is silenced for a reason as well', () => {
    const errors = many(40, { severity: 'error' });
    const silenced = [...many(30, { silenced: 'agreed' }), ...many(2, { silenced: 'a sandbox' })];
    const { shown, more } = pickFindings([...errors, ...silenced]);
    expect(shown).toEqual([...errors.slice(0, 3), ...silenced.slice(0, 3), ...silenced.slice(30)]);
    expect(more).toEqual([{ rule: 'alert-missing', count: 64 }]);
  });

  it('three of each rule, and how many more', () => {
    const findings = [...many(4, {}), ...many(3, { rule: 'exhausted' }), ...many(6, { rule: 'weeks-differ' })];
    const picked = pickFindings(findings);
    expect(picked.shown).toHaveLength(9);
    expect(describeMore(picked)).toBe('and 1 more of alert-missing, 3 of weeks-differ');
  });

  it('what is about a change goes before what is not, and both stay in the order of the files', () => {
    const findings = [...many(9, {}), ...many(2, { change }), ...many(2, {})];
    const { shown } = pickFindings(findings);
    expect(shown).toEqual([...findings.slice(0, 1), ...findings.slice(9, 11)]);
  });

  it('notes about a change alone', () => {
    const [quiet, told] = [finding({ severity: 'info' }), finding({ severity: 'info', change })];
    expect(pickFindings([quiet, told])).toEqual({ shown: [told], more: [{ rule: 'alert-missing', count: 1 }] });
  });
});
