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
  it('all errors and all that is silenced, however many', () => {
    const findings = [...many(40, { severity: 'error' }), ...many(30, { silenced: 'agreed' })];
    expect(pickFindings(findings)).toEqual({ shown: findings, more: [] });
  });

  it('five of each rule, and how many more', () => {
    const findings = [...many(6, {}), ...many(5, { rule: 'exhausted' }), ...many(8, { rule: 'weeks-differ' })];
    const picked = pickFindings(findings);
    expect(picked.shown).toHaveLength(15);
    expect(describeMore(picked)).toBe('and 1 more of alert-missing, 3 of weeks-differ');
  });

  it('what is about a change goes before what is not, and both stay in the order of the files', () => {
    const findings = [...many(9, {}), ...many(3, { change }), ...many(2, {})];
    const { shown } = pickFindings(findings);
    expect(shown).toEqual([...findings.slice(0, 2), ...findings.slice(9, 12)]);
  });

  it('notes about a change alone', () => {
    const [quiet, told] = [finding({ severity: 'info' }), finding({ severity: 'info', change })];
    expect(pickFindings([quiet, told])).toEqual({ shown: [told], more: [{ rule: 'alert-missing', count: 1 }] });
  });
});
