/** What somebody wrote into a policy does nothing on GitLab: no mention, no reference, no command. */

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { escapeMarkdown } from '../../src/render/escape-markdown.ts';
import { inertOnGitLab } from '../../src/render/gitlab-markdown.ts';
import { effort } from '../helpers/effort.ts';

/** As a reader sees it, and GitLab looks for references. */
function seen(markdown: string): string {
  return markdown.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

/** As GitLab's filters look for them in text that is no code (docs/service-notes.md#gitlab-markdown). */
const references =
  /@[A-Za-z0-9_]|#\d|!\d|\$\d|~[\p{L}\d"]|%[\p{L}\d"]|&\d|\^alert#\d|\*iteration:|\[(?:epic|issue|vulnerability|work_item|feature_flag|contact):|\bGL-\d|\b[A-Z][A-Z0-9_]+-\d|https?:\/\/|www\.\w|:[\w+-]+:|\{[+-]|\$`/u;

const write = (text: string): string => inertOnGitLab(`- ${escapeMarkdown(text)}`).slice(2);

describe('a text of somebody else', () => {
  test.each([
    '@all',
    'ana@example.com',
    '#1',
    'group/project#12',
    '!1',
    'group/project!12',
    '$1',
    '~label',
    '~"two words"',
    '%milestone',
    '%"18.0"',
    '&1',
    'group&12',
    '^alert#1',
    '*iteration:7',
    '[vulnerability:1]',
    '[epic:group/1]',
    'GL-12',
    'PROJ-12',
    'https://example.com/x',
    'www.example.com',
    ':tada:',
    '{+ added +}',
    '[- gone -]',
    '$`x`$',
    '[TOC]',
    '[^1]',
  ])('%s points at nothing', (text) => {
    expect(references.test(seen(`a ${text} b`)) || /[[`]/.test(text)).toBe(true);
    expect(seen(write(`a ${text} b`))).not.toMatch(references);
    expect(write(text)).not.toMatch(/[[\]`<]/);
  });

  it('reads as it was written', () => {
    const text = '$5 of #1 for @ana, 80% of !2, ~"x" — GPT-4';
    expect(seen(write(text)).replaceAll('\u200b', '')).toBe(text);
  });

  it('two amounts are no formula', () => {
    expect(inertOnGitLab('$5/$6')).not.toContain('$');
  });

  it.each(['/close', '  /merge', '> /approve', '- /label ~x', '/tollgate allow x'])(
    'a line that begins with %s is none of GitLab’s commands',
    (line) => {
      expect(inertOnGitLab(`a\n${line}\nb`)).not.toMatch(/^[\s>*+-]*\//m);
    },
  );

  test('holds for whatever somebody writes', () => {
    const sigils = fc.constantFrom(...'@#!$~%&^*[]{}:+-/`<>|\\\n\r\t 1aZ"_.w', 'http', '​');
    fc.assert(
      fc.property(
        fc.array(fc.oneof(sigils, fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 12 }),
        (parts) => {
          const text = parts.join('');
          expect(seen(write(text))).not.toMatch(references);
          expect(inertOnGitLab(escapeMarkdown(text))).not.toMatch(/^[\s>*+-]*\//m);
        },
      ),
      { numRuns: effort('hostile texts', 300, 20_000) },
    );
  });
});

describe('what is ours', () => {
  it.each([
    '<!-- tollgate:production -->',
    '`--allow deletes=12@3f9c2e1a5b7d4c608e9f1a2b3c4d5e6f`',
    '[policies/a.yaml:3](https://gitlab.example.com/g/p/-/blob/0a/policies/a.yaml#L3)',
    '### tollgate plan · production',
    '<details><summary>12 changes</summary>',
  ])('%s stays', (line) => {
    expect(inertOnGitLab(line)).toBe(line);
  });
});
