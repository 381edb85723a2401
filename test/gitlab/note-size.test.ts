/** A note fits, however much there is to say and whatever its texts become on GitLab. */

import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { renderComment } from '../../src/render/comment.ts';
import { parseHeader } from '../../src/render/comment-header.ts';

const facts = { environment: 'production', head: 'a'.repeat(40), run: 3, attempt: 50, record: null, at: '2026-11-20' };
const links = { repository: 'https://gitlab.example.com/team/limits', run: 'https://gitlab.example.com/job/50' };

/** docs/service-notes.md#gitlab-notes */
const mostCharacters = 1_000_000;

test.each(['$1'.repeat(40), '!1'.repeat(40), 'A-1 '.repeat(20), 'plain words, as most are'])(
  'of 20,000 errors that say %s',
  (message) => {
    const diagnostics = Array.from({ length: 20_000 }, (_, line): Diagnostic => {
      const source = { file: 'policies/a.yaml', line: line + 1, column: 1 };
      return { severity: 'error', code: 'bad-amount', message, source } as Diagnostic;
    });
    const body = renderComment({ state: 'invalid', diagnostics }, facts, { ...links, forge: 'gitlab' });
    expect(body.length).toBeLessThan(mostCharacters);
    expect(body).toContain('more lines that do not fit here: [all of it](https://gitlab.example.com/job/50)');
    expect(body).toContain('https://gitlab.example.com/team/limits/-/blob/');
    expect(parseHeader(body, 'production')).toMatchObject({ state: 'invalid' });
  },
);
