/** What an edit of a policy file touches, and what it does not. */

import { describe, expect, it } from 'vitest';
import { addEntry, removeEntry, rewriteEntry } from '../../src/policy/edit.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import { type EditedText, isRefused, setValue } from '../../src/policy/yaml-splice.ts';

const plain = 'version: 1\nkind: workspace\nworkspace: ws-one\nowner: platform\n';

function textOf(edited: EditedText): string {
  if (isRefused(edited)) throw new Error(edited.refusal);
  return edited.text;
}

describe('what an edit leaves as it stands', () => {
  const file = (entry: string) => `${plain}\npolicies:\n  spend:\n${entry}`;
  const spend = (fields: object): PrintedEntry =>
    ({
      kind: 'usage-policy',
      name: 'spend',
      protect: false,
      fields: { unit: 'cost', amount: 10_000, reset: 'monthly', match: 'all', per: ['workspace_id'], ...fields },
    }) as never;

  it('what comes stands before what goes is taken out, so that the entry is never empty', () => {
    const text = `${plain}\nkeys:\n  app: # ours\n    rate: 5 requests/minute\n`;
    const key = (fields: object): PrintedEntry =>
      ({ kind: 'key-limits', name: 'app', protect: false, fields }) as never;
    const before = key({ 'rate[requests/minute]': 5 });
    const after = key({ budget: { unit: 'cost', amount: 1000, reset: 'monthly' } });
    const edited = textOf(rewriteEntry(text, before, after));
    expect(edited).toContain('  app: # ours\n    budget: $10\n    reset: monthly\n');
    expect(edited).not.toContain('rate');
  });

  it('an alert that is written as another amount of the same worth', () => {
    const text = file('    budget: $100\n    reset: monthly\n    alert: $80.5  # asked for\n    per: workspace_id\n');
    const edited = rewriteEntry(text, spend({ alert: 8050 }), spend({ amount: 20_000, alert: 8050 }));
    expect(textOf(edited)).toContain('budget: $200\n    reset: monthly\n    alert: $80.5  # asked for\n');
  });

  it('blank lines between entries, where there are any', () => {
    const spaced = `${plain}\npolicies:\n  a:\n    budget: $1\n    reset: never\n\n  b:\n    budget: $1\n    reset: never\n`;
    const added = textOf(addEntry(spaced, spend({})));
    expect(added).toContain('reset: never\n\n  spend:\n');
    const close = spaced.replace('never\n\n  b', 'never\n  b');
    expect(textOf(addEntry(close, spend({})))).toContain('reset: never\n  spend:\n');
  });

  it('a percentage, unless the amount that it comes to is to be another', () => {
    const text = file('    budget: $100\n    reset: monthly\n    alert: 80%  # of it\n    per: workspace_id\n');
    expect(textOf(rewriteEntry(text, spend({ alert: 8000 }), spend({ alert: 8000, reset: 'weekly' })))).toContain(
      'reset: weekly',
    );
    const raised = textOf(rewriteEntry(text, spend({ alert: 8000 }), spend({ amount: 20_000, alert: 8000 })));
    expect(raised).toContain('budget: $200\n    reset: monthly\n    alert: 40%  # of it\n');
  });

  it('an amount, unless another one comes to the same share of the budget', () => {
    const text = file('    budget: $100\n    reset: monthly\n    alert: $80\n    per: workspace_id\n');
    const raised = textOf(rewriteEntry(text, spend({ alert: 8000 }), spend({ amount: 20_000, alert: 16_000 })));
    expect(raised).toContain('budget: $200\n    reset: monthly\n    alert: 80%\n');
  });

  it('an alert goes with its budget', () => {
    const text = file('    budget: $100\n    reset: monthly\n    alert: $80\n    per: workspace_id\n');
    const edited = textOf(rewriteEntry(text, spend({ alert: 8000 }), spend({})));
    expect(edited).toBe(text.replace('    alert: $80\n', ''));
  });

  it('an entry that stands there is not added again', () => {
    expect(addEntry(file('    budget: $1\n'), spend({}))).toHaveProperty('refusal');
    expect(addEntry(`${plain}policies:\n  spend: {}\n`, spend({}))).toHaveProperty('text');
  });

  it('the last entry takes its section with it, and others stay', () => {
    const two = `${file('    budget: $1\n')}  other:\n    budget: $2\n`;
    const one = textOf(removeEntry(two, { kind: 'usage-policy', name: 'spend' }));
    expect(one).toBe(`${plain}\npolicies:\n  other:\n    budget: $2\n`);
    expect(textOf(removeEntry(one, { kind: 'usage-policy', name: 'other' }))).not.toContain('policies');
  });

  it('the ends of lines, a mark at the beginning, and quotes', () => {
    const windows = `\uFEFF${plain.replaceAll('\n', '\r\n')}`;
    const added = textOf(setValue(windows, ['owner'], 'finance'));
    expect(added).toBe(windows.replace('platform', 'finance'));
    expect(textOf(setValue(windows, ['policies', 'a', 'budget'], '$1'))).toBe(
      `${windows}policies:\r\n  a:\r\n    budget: $1\r\n`,
    );
    expect(textOf(setValue(`${plain}name: 'x'\n`, ['name'], 'y'))).toContain("name: 'y'\n");
    expect(textOf(setValue(`${plain}name: 'x'\n`, ['name'], 'none'))).toContain('name: none\n');
  });

  it('what is written once and meant twice is refused', () => {
    const shared = `${plain}policies:\n  a: &a\n    budget: $1\n  b: *a\n`;
    expect(setValue(shared, ['policies', 'b', 'budget'], '$2')).toHaveProperty('refusal');
    expect(setValue(shared, ['policies', 'a', 'budget'], '$2')).toHaveProperty('refusal');
  });
});
