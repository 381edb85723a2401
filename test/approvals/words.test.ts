import { expect, test } from 'vitest';
import { wordsOf } from '../../src/approvals/words.ts';
import type { ReviewFacts } from '../../src/github/port.ts';
import { parseWord } from '../../src/plan/words.ts';

const digest = '0123456789abcdef'.repeat(4);
const line = `/tollgate allow deletes=12@${digest.slice(0, 32)}`;
const review = (body: string, lastEditedAt: string | null = null): ReviewFacts => ({
  id: '1',
  url: 'https://github.example/review',
  author: { login: 'bob', isBot: false },
  state: 'APPROVED',
  body,
  commit: null,
  submittedAt: '2026-11-20T12:00:00Z',
  lastEditedAt,
});
const read = (body: string, edited: string | null = null) =>
  wordsOf([review(body, edited)], digest).map(({ guard, number }) => `${guard}=${number}`);

test.each([
  ['alone', line],
  ['after a sentence', `Looks good.\n${line}`],
  ['after a quote that has ended', `> so what\n\n${line}`],
  ['after code that has ended', `\`\`\`\nls\n\`\`\`\n${line}`],
  ['after a comment that has ended', `<!-- hm -->\n\n${line}`],
  ['after a paragraph that begins with a link', `[#12](https://github.example/12) too.\n\n${line}`],
  ['with a carriage return', `fine\r\n${line}\r\n`],
])('a word counts %s', (_where, body) => {
  expect(read(body)).toEqual(['deletes=12']);
});

test.each([
  ['in a comment', `<!--\n${line}\n-->`],
  ['in a comment that is not closed', `<!-- see\n\n${line}`],
  ['beside a comment', `<!-- -->${line}`],
  ['in a fence', `\`\`\`\n${line}\n\`\`\``],
  ['in a fence of tildes', `~~~~\n~~~\n${line}\n~~~~`],
  ['in a fence that is not closed', `\`\`\`text\n\n${line}`],
  ['after code that only looks like a fence', `\`\`\`x\`\`\`\n\n\`\`\`\n${line}\n\`\`\``],
  ['indented as code', `    ${line}`],
  ['indented by a tab', `\t${line}`],
  ['in a quote', `> ${line}`],
  ['in the paragraph of a quote', `> as Alice says\n${line}`],
  ['in a span of code over lines', `so \`\n${line}\n\``],
  ['in a code element', `<pre>\n\n${line}\n\n</pre>`],
  ['folded away', `<details>\n\n${line}\n\n</details>`],
  ['in a list', `- ${line}`],
  ['in a processing instruction', `<?\n\n${line}\n\n?>`],
  ['in a declaration', `<!DOCTYPE\n\n${line}\n\n>`],
  ['in a section of characters', `<![CDATA[\n\n${line}\n\n]]>`],
  ['in the title of a link that is defined', `[1]: /see "\n${line}\n"`],
  ['in the name of a link that is defined', `[\n${line}\n]: /see`],
  ['in a footnote that nothing refers to', `[^1]: as Alice says\n${line}`],
  ['in such a definition in a list', `- [1]: /see "\n  ${line}\n  "`],
  ['struck out', `~~\n${line}\n~~`],
  ['of another request', line.replace('0123', '3210')],
  ['with too few digits', line.slice(0, -1)],
])('trust-B6: a word does not count %s', (_where, body) => {
  expect(read(body)).toEqual([]);
});

test('trust-B6: an edited review loses its words', () => {
  expect(read(line, '2026-11-20T12:30:00Z')).toEqual([]);
});

test('only committed spend rises without bound: what is counted has a number', () => {
  const word = (guard: string) => parseWord(`${guard}=unbounded@${'a'.repeat(32)}`);
  expect(word('spend-up')).toMatchObject({ guard: 'spend-up', number: 'unbounded' });
  expect(word('deletes')).toHaveProperty('problem');
});
