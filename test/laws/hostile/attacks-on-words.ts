/** Known attacks on whose word counts, on the record, and on what judges: each in all its forms. */

import {
  applied,
  approve,
  loosened,
  merged,
  note,
  open,
  pushed,
  raise,
  record,
  remove,
  started,
  words,
} from './deeds.ts';
import { otherOrganisation } from './model.ts';
import type { Attacks } from './steps.ts';

export const attacksOnWords = {
  A1: [
    [
      open('alice', { do: 'environment', environment: 'prod' }, ...loosened, { do: 'remove', cap: 'gamma' }, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', { do: 'organisation', organisation: otherOrganisation }, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A2: [
    [
      record('copy'),
      open('alice', { do: 'ref', ref: 'refs/heads/evil-record' }, remove, raise()),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A3: ['refs/tags/v9', 'refs/heads/main', 'refs/notes/commits'].map((ref) => [
    open('alice', { do: 'ref', ref }, raise()),
    approve('bob'),
    merged(),
    applied(),
  ]),
  A4: [
    [open('alice', ...loosened, remove), approve('bob'), merged(), applied()],
    [
      open('alice', { do: 'setting', setting: 'late', value: false }, { do: 'late', cap: 'alpha', late: true }),
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', { do: 'silence', cap: 'alpha', silenced: true }, { do: 'late', cap: 'alpha', late: true }),
      approve('bob'),
      merged(),
      applied(),
    ],
  ],
  A5: [
    [record('delete'), open('alice', raise()), approve('bob'), merged(), applied(), started('bob'), started('owner')],
  ],
  A6: [[record('forge'), applied(), pushed('alice', remove), applied()]],
  B1: [[open('alice', remove), approve('bob', { word: words({ of: 'short' }) }), merged(), applied()]],
  B2: [
    [
      open('alice', remove),
      open('bob', note),
      approve('alice', { word: words({ of: 'other' }) }),
      approve('bob', { pull: 1 }),
      merged(1),
      merged(0),
      applied(),
    ],
  ],
  B3: [
    [
      open('alice', raise()),
      merged(),
      applied(),
      started('alice'),
      started('bob', 'alice'),
      started('reader'),
      started('bob'),
    ],
  ],
  B4: [[open('alice', raise()), { do: 'comment', pull: 0 }, merged(), applied()]],
  B5: [
    [open('alice', { do: 'id', cap: 'alpha', id: 'foreign' }), merged(), applied()],
    [pushed('alice', { do: 'id', cap: 'alpha', id: 'foreign' }, raise()), applied()],
  ],
  B6: (['comment', 'code', 'quote', 'line'] as const).map((place) => [
    open('alice', remove),
    approve('bob', { word: words({ place, isEdited: place === 'line' }) }),
    merged(),
    applied(),
  ]),
  B7: [[open('alice', remove), approve('bob', { word: words() }), merged(), applied()]],
  B8: [[open('alice', raise()), approve('bob'), applied('schedule'), applied('issue_comment')]],
  F1: [
    [
      open('alice', raise()),
      { do: 'open', by: 'bob', edits: [{ do: 'key', cap: 'alpha', key: 'app' }], from: 'tip' },
      approve('bob', { pull: 1 }),
      approve('alice'),
      merged(1),
      merged(0),
      applied(),
    ],
  ],
  F2: [
    [
      open('alice', raise()),
      approve('bob'),
      merged(),
      open('alice', raise(100)),
      approve('bob'),
      merged(),
      pushed('alice', raise()),
      applied(),
    ],
    [
      open('alice', raise()),
      approve('bob'),
      merged(),
      applied(),
      record('restore'),
      pushed('alice', raise(100)),
      pushed('alice', raise()),
      applied(),
    ],
  ],
  F3: [
    [pushed('alice', raise()), open('alice', note), approve('bob'), merged(0, 'merge'), applied()],
    [open('alice', raise()), approve('bob'), { do: 'push-head', pull: 0 }, applied()],
  ],
  F4: [[open('alice', raise()), approve('bob'), { do: 'retarget', pull: 0 }, merged(), applied()]],
  F5: [
    [pushed('alice', { do: 'setting', setting: 'alone', value: true }, raise()), applied(), record('forge'), applied()],
  ],
  F6: [
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', opener: 'helper[bot]' },
      approve('bob'),
      merged(),
      applied(),
      approve('carol'),
      applied(),
    ],
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', author: 'bob', pusher: 'helper[bot]' },
      approve('carol'),
      merged(),
      applied(),
    ],
  ],
  F7: [
    [
      open('alice', raise()),
      merged(),
      applied(),
      started('bob'),
      open('alice', raise(100)),
      approve('bob'),
      merged(),
      applied(),
      pushed('alice', raise()),
      started('bob', 'alice', { approve: 'first', rerun: true }),
      started('bob', 'bob', { approve: 'first', rerun: true }),
    ],
  ],
  F8: [
    [
      { do: 'open', by: 'alice', edits: [raise()], from: 'tip', asGitHub: 'forged' },
      approve('bob'),
      merged(),
      applied(),
    ],
    [
      open('alice', raise(200)),
      pushed('carol', note),
      { do: 'update', pull: 0, by: 'bob', edits: [raise()] },
      approve('bob'),
      merged(0, 'merge'),
      applied(),
    ],
  ],
  F9: [[open('alice', raise()), approve('bob'), approve('bob', { state: 'CHANGES_REQUESTED' }), merged(), applied()]],
  F10: [
    [
      { do: 'by-hand', name: 'alpha', budget: 900 },
      pushed('alice', raise()),
      applied(),
      pushed('alice', raise(100)),
      applied(),
    ],
    [
      pushed('alice', { do: 'protect', cap: 'gamma', protect: false }),
      applied(),
      open('alice', { do: 'remove', cap: 'gamma' }),
      approve('bob', { word: words() }),
      merged(),
      applied(),
    ],
    [open('alice', { do: 'forget', cap: 'alpha' }), merged(), applied()],
  ],
  F11: [[applied('push', true), open('alice', raise(120)), approve('bob'), merged(), applied('push', true)]],
  F12: [
    [{ do: 'by-hand', name: 'alpha', budget: 90 }, applied(), open('alice', note), approve('bob'), merged(), applied()],
  ],
} satisfies Attacks;
