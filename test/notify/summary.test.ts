/** What a job's summary says of a run, to those who may read it. */

import { expect, it } from 'vitest';
import { type NotifyView, renderNotifyMarkdown } from '../../src/render/notify.ts';

const view: NotifyView = {
  lines: [
    {
      kind: 'threshold',
      title: 'secret-plan: 85 % used',
      channel: 'post',
      recipients: ['a@example.com'],
      state: 'told',
      why: null,
    },
  ],
  taken: 0,
  gaps: ['key-limits of ws-team-a: the row of secret-key: member usage_limits cannot be read'],
  nobody: null,
  counts: false,
  ok: true,
};

it('where anybody reads it names neither a limit, nor an address, nor a key that could not be read', () => {
  const text = renderNotifyMarkdown(view, true);
  expect(text).not.toMatch(/secret|@example/);
  expect(text).toContain('not known: 1 thing');
  expect(text).toContain('told by post (1 address): threshold');
});

it('where only members do says what it is about', () => {
  expect(renderNotifyMarkdown(view, false)).toMatch(/secret-plan.*secret-key/s);
});
