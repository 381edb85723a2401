/** A page as what a reader does with it: commands to type, edits to make, clicks at the dashboard, and what is printed. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export type PageStep = { readonly index: number; readonly whole: string } & (
  | { readonly what: 'sh' | 'diff' | 'text'; readonly text: string }
  /** `<!-- by hand: POLICY MEMBER=NUMBER -->` */
  | { readonly what: 'click'; readonly policy: string; readonly members: Readonly<Record<string, number>> }
);

export function pageSteps(page: string): readonly PageStep[] {
  const part = /<!-- by hand: (\S+) (\w+)=(\d+) -->|^```(sh|diff|text)\n([\s\S]*?)^```$/gm;
  return [...page.matchAll(part)].map((found) => {
    const { index } = found;
    const [whole, policy = '', member = '', amount = '', language, text = ''] = found;
    return language === undefined
      ? { index, whole, what: 'click', policy, members: { [member]: Number(amount) } }
      : { index, whole, what: language as 'sh' | 'diff' | 'text', text };
  });
}

/** From its heading to the next one of the same level. */
export function sectionOf(page: string, heading: string): string {
  const from = page.indexOf(`\n## ${heading}\n`);
  if (from === -1) throw new Error(`no page has a section "${heading}" here`);
  const to = page.indexOf('\n## ', from + 1);
  return page.slice(from, to === -1 ? undefined : to);
}

/** Commands of a block, a line each; comments of the page stay. */
export function shellLines(text: string): readonly string[] {
  return text
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** A block that begins with the name of the file; what is taken out has to be there, once. */
export function makeEdit(folder: string, diff: string): void {
  const [name = '', ...lines] = diff.trimEnd().split('\n');
  const linesWith = (sign: string): string =>
    lines
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('\n');
  const file = join(folder, name.trim());
  const before = readFileSync(file, 'utf8');
  expect(before.split(linesWith('-')), diff).toHaveLength(2);
  writeFileSync(
    file,
    before.replace(linesWith('-'), () => linesWith('+')),
  );
}
