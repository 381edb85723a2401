/** What comments cite: facts about the service in docs/service-notes.md, by anchor, and nothing outside the repository. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anchorsOf, readText, root } from './markdown.ts';

const files = ['src', 'test'].flatMap((room) =>
  readdirSync(`${root}/${room}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('citations.test.ts'))
    .map((path) => `${room}/${path}`)
    .sort(),
);
const notes = 'docs/service-notes.md';

function findIn(pattern: RegExp): string[] {
  return files.flatMap((file) => [...readText(file).matchAll(pattern)].map(([cited]) => `${file}: ${cited}`));
}

describe('what comments cite', () => {
  it('is a fact of the service notes that is there', () => {
    const anchors = anchorsOf(readText(notes));
    const cited = findIn(/\bservice-notes\.md(?:#[\w-]+)?/g);
    expect(cited.length).toBeGreaterThan(50);
    expect(cited.filter((citation) => !anchors.has(citation.split('#')[1] ?? ''))).toEqual([]);
  });

  it('stands in this repository', () => {
    expect(
      findIn(
        /\b(?:API\s+\*?\s*reference|design, section|(?:control-plane-api|enforcement|features|terraform|anchors)\.md)\b/g,
      ),
    ).toEqual([]);
  });
});

describe(notes, () => {
  it('says of every fact where it is from', () => {
    const facts = readText(notes).split(/^## /m).slice(1);
    expect(facts.length).toBeGreaterThan(70);
    const wanting = facts
      .filter((fact) => !/<a id="[^"]+">/.test(fact) || !/\bSource:\s/.test(fact))
      .map((fact) => fact.split('\n')[0]);
    expect(wanting).toEqual([]);
  });
});
