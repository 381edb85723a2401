/** Everything that a record may hold is still there once it has been written and read: what a reader drops is forgotten. */

import { describe, expect, it } from 'vitest';
import {
  type AppliedRecord,
  appliedRecordSchema,
  type Claim,
  type ClaimedChange,
  claimedChangeSchema,
  claimSchema,
  liftSchema,
  recordedAbsenceSchema,
  recordedEntrySchema,
  recordedOutcomeSchema,
  recordedWorkspaceSchema,
} from '../../src/plan/applied-record.ts';
import { parseRecord } from '../../src/record/parse-record.ts';
import { parseTree, renderTree } from '../../src/record/record-tree.ts';
import { renderStableJson } from '../../src/stable-json.ts';
import { sampleRecord } from './sample-record.ts';

const commit = 'c'.repeat(40);
const entry = {
  kind: 'key-limits' as const,
  name: 'app',
  id: 'k1',
  fields: { 'rate[requests/minute]': 5 },
  protect: true,
  viaStar: true as const,
  starting: '2026-12-01T00:00:00.000Z',
  until: { date: '2026-12-15', later: { 'rate[requests/minute]': null, rates: null }, day: '2026-12-01' },
  leftovers: ['k2'],
  owed: true as const,
  commit,
};
const { id: _, ...unnumbered } = entry;
const change: ClaimedChange = {
  kind: 'usage-policy',
  workspace: 'ws-team-a',
  workspaceId: 'w1',
  name: 'spend',
  action: 'replace',
  fingerprint: 'f',
  liveId: 'p1',
  after: { amount: 5 },
  entry: unnumbered,
  twins: ['p2'],
};
const claim: Claim = {
  run: 'r',
  by: 'ada',
  startedAt: '2026-08-01T10:00:00.000Z',
  renewedAt: '2026-08-01T10:10:00.000Z',
  leaseUntil: '2026-08-01T11:00:00.000Z',
  digest: 'd',
  commit,
  changes: [change],
};
const absence = { kind: 'usage-policy' as const, name: 'cap', commit, viaStar: true as const };
const lift = { guard: 'deletes', number: 3, digest: 'd', by: 'ada', at: '2026-08-01T10:00:00.000Z', where: null };
const outcome = {
  kind: 'usage-policy' as const,
  workspace: 'ws-team-a',
  name: 'spend',
  action: 'update' as const,
  fingerprint: 'f',
  status: 'failed' as const,
  detail: 'why',
  before: { amount: 1 },
  after: { amount: 5 },
  until: { date: '2026-12-15', later: { amount: 1 } },
  due: '2026-12-15',
};
const workspace = { id: 'w1', slug: 'ws-team-a', entries: [entry], absent: [absence] };
const record: Omit<AppliedRecord, 'wasFormatOne'> = {
  ...sampleRecord(),
  directory: 'policies',
  commit,
  branch: 'main',
  pulls: [7],
  untoldFrom: [commit],
  unreviewed: true,
  lifts: [lift],
  settingsCommit: commit,
  reviewedCommit: commit,
  movedTo: 'refs/tollgate/other',
  workspaces: [workspace],
  outcomes: [outcome],
  doubts: [change],
  claim,
};

describe('a record with every member there is', () => {
  it.each<readonly [string, object, { readonly shape: object }]>([
    ['record', { ...record, wasFormatOne: true }, appliedRecordSchema],
    ['workspace', workspace, recordedWorkspaceSchema],
    ['entry', entry, recordedEntrySchema],
    ['absence', absence, recordedAbsenceSchema],
    ['outcome', outcome, recordedOutcomeSchema],
    ['claim', claim, claimSchema],
    ['claimed change', change, claimedChangeSchema],
    ['lift', lift, liftSchema],
  ])('leaves out none: %s', (_name, sample, { shape }) => {
    expect(Object.keys(sample).sort()).toEqual(Object.keys(shape).sort());
  });

  it('is the same out of one document', () => {
    expect(parseRecord(renderStableJson(record), 'record.json')).toEqual(record);
  });

  it('is the same out of the files of a commit', () => {
    expect(parseTree(new Map(renderTree(record)), 'refs/tollgate/production')).toEqual(record);
  });
});
