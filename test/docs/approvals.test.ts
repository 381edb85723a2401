/** docs/approvals.md and SECURITY.md against what there is: every word that somebody can say, and every attacker's tests. */

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { guards } from '../../src/guards/table.ts';
import { readText } from './markdown.ts';

const page = readText('docs/approvals.md');
const action = parse(readText('action.yml')) as {
  readonly inputs: Readonly<Record<string, { readonly description: string }>>;
};

/** Cells of the table below a heading; "the same" is what the row above says. */
function rowsBelow(text: string, heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  const rows: string[][] = [];
  for (const line of lines) {
    const cells = line.slice(2, -2).split(' | ');
    rows.push(cells.map((cell, index) => (/^the same\b/.test(cell) ? (rows.at(-1)?.[index] ?? '') : cell.trim())));
  }
  return rows;
}

describe('the table of words', () => {
  const [head, ...rows] = rowsBelow(page, 'The table');

  it('says of each word who, what, where, about which changes, what it lifts and what stops it', () => {
    expect(head).toEqual(['who', 'says what', 'where', 'about which changes', 'what it lifts', 'what stops it']);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter((row) => row.length !== 6 || row.includes(''))).toEqual([]);
  });

  it('has every input of the Action that is somebody’s word', () => {
    const words = Object.entries(action.inputs).filter(([, { description }]) =>
      description.includes('On workflow_dispatch only'),
    );
    expect(words.length).toBeGreaterThan(0);
    const byDispatch = rows.filter(([, , where]) => where?.includes('workflow_dispatch')).map(([, says]) => says);
    for (const [name] of words) expect(byDispatch.filter((says) => says?.includes(`\`${name}: `))).not.toEqual([]);
  });

  it('says where a word lifts a guard that no word lifts some guards', () => {
    const firm = Object.entries(guards).filter(([, { liftable }]) => !liftable);
    const byHand = rows.filter(([, says]) => says?.startsWith('`--allow'));
    expect(byHand).not.toEqual([]);
    for (const [name] of firm) {
      for (const row of byHand) expect(row[5]).toContain(`\`${name}\``);
    }
  });
});

it('the page opens with what has to be protected, and names what people can do all the same and what closes it', () => {
  expect(page.slice(0, 800)).toContain('the workflow file on the default branch');
  expect(page.slice(0, 800)).toContain('environment that holds the apply key');
  expect(rowsBelow(page, 'What GitHub has to close').length).toBeGreaterThan(5);
  expect(page).toMatch(/^## What people with write access can still do$/m);
  expect(page).toContain('**private repository on a free plan**');
});

it('SECURITY.md says how to report, what is in scope and what is not, and which attackers have tests', () => {
  const text = readText('SECURITY.md');
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Reporting', 'In scope', 'Out of scope', 'Attackers that the tests play']);
  const [, ...attackers] = rowsBelow(text, 'Attackers that the tests play');
  expect(attackers.length).toBeGreaterThan(5);
  for (const [, can, tests] of attackers) {
    expect(can).not.toBe('');
    expect(tests).toMatch(/`test\//);
  }
});
