import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fateRules } from '../../src/backtest/semantics.ts';
import { runSchema } from '../../src/commands/schema.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/backtest.md says of each call what the replay goes by', () => {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const rows = Object.entries(fateRules).map(
    ([fate, { isChecked, isCharged, isCounted }]) =>
      `| ${fate} | ${yes(isChecked)} | ${yes(isCharged)} | ${yes(isCounted)} |`,
  );
  expect(read('docs/backtest.md')).toContain(`\n${rows.join('\n')}\n`);
});

it('the schema of its JSON is up to date', async () => {
  expect(read('schemas/backtest.schema.json')).toBe((await runSchema(['backtest'])).output);
});
