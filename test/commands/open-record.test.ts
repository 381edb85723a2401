/** Where the record lies and what that asks of the files, without Git and without a control plane. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checkout, OnDefaultBranch } from '../../src/checkout/checkout.ts';
import { UserError } from '../../src/errors.ts';
import { checkService } from '../../src/run/judge-record.ts';
import { checkCommitted, openRecord, requireOwnRecord } from '../../src/run/open-record.ts';
import type { CommonOptions, Session } from '../../src/run/session.ts';
import type { Surroundings } from '../../src/run/surroundings.ts';
import { testSession } from '../helpers/session.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { sampleRecord } from '../record/sample-record.ts';

/** A work tree with this folder in it, whose commit is on no branch of the remote. */
function sessionIn(folder: string, found: OnDefaultBranch): Session {
  const checkout: Partial<Checkout> = {
    root: folder,
    directoryOf: () => '',
    isOnDefaultBranch: async () => found,
    describeCommit: async () => ({ author: 'Ana Lee', subject: 'raise the budget' }),
  };
  const surroundings = { checkout: checkout as Checkout } as Surroundings;
  return { ...testSession({ cwd: folder }), surroundings };
}

const common: CommonOptions = {
  dir: 'policies',
  workspace: [],
  format: 'text',
  backend: 'portkey',
  concurrency: 1,
  quiet: false,
  verbose: false,
};
const head = { environment: 'production' };
const dirty = {
  directory: '',
  commit: 'a'.repeat(40),
  uncommitted: ['policies/a.yaml'],
  isAsApplied: false,
  isRewritten: false,
  extended: [],
  rewind: null,
};

test('the emulator takes files as they are, also with a record file in the work tree', async () => {
  const folder = makeFolder();
  const session = sessionIn(folder, { answer: 'no', branch: 'main' });
  const recordFile = join(folder, 'r.json');
  const emulated = await openRecord({ ...common, backend: 'emulator', recordFile }, head, session);
  expect(emulated.isShared).toBe(false);
  expect(await checkCommitted(dirty, emulated, {}, session)).toBe(false);
  const real = await openRecord({ ...common, recordFile }, head, session);
  expect(real.isShared).toBe(true);
  await expect(checkCommitted(dirty, real, {}, session)).rejects.toThrow('policy files are not committed');
});

test.each<[OnDefaultBranch, string]>([
  [{ answer: 'no', branch: 'trunk' }, 'is not on the default branch of the remote (trunk)'],
  [{ answer: 'unknown', branch: 'trunk' }, 'could not be found on the default branch of the remote (trunk)'],
  [{ answer: 'unknown', branch: null }, 'could not be found on the default branch of the remote'],
])('a commit that the default branch does not hold: %j', async (found, says) => {
  const folder = makeFolder();
  const session = sessionIn(folder, found);
  const record = await openRecord({ ...common, recordFile: join(folder, 'r.json') }, head, session);
  const error = await checkCommitted({ ...dirty, uncommitted: [] }, record, {}, session).catch((caught) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message.endsWith(says)).toBe(true);
});

test('mistakes-C3: the commit that is refused is named, with what it says and who made it', async () => {
  const folder = makeFolder();
  const session = sessionIn(folder, { answer: 'no', branch: 'main' });
  const record = await openRecord({ ...common, recordFile: join(folder, 'r.json') }, head, session);
  const clean = { ...dirty, uncommitted: [] };
  await expect(checkCommitted(clean, record, {}, session)).rejects.toThrow(
    'the commit checked out, aaaaaaaaaaaa ("raise the budget" by Ana Lee), is not on the default branch of the remote (main)',
  );
  expect(await checkCommitted(clean, record, { allowDirty: true }, session)).toBe(true);
});

test('mistakes-C1: under CI no policy file is applied that HEAD does not hold, with a record file outside Git too', async () => {
  const session = sessionIn(makeFolder(), { answer: 'no', branch: 'main' });
  const outside = await openRecord({ ...common, recordFile: join(makeFolder(), 'r.json') }, head, session);
  // By hand it is trusted like the folder that it lies in, and no branch of a remote is asked for either way.
  expect(await checkCommitted(dirty, { ...outside, isShared: false }, {}, session)).toBe(false);
  for (const env of [{ CI: 'true' }, { TF_BUILD: 'True' }, { BUILD_TAG: 'jenkins-limits-8' }]) {
    const inCi = { ...session, env };
    const file = { ...outside, isShared: false };
    await expect(checkCommitted(dirty, file, { allowDirty: true }, inCi)).rejects.toThrow(
      'policy files are not committed: policies/a.yaml',
    );
    expect(await checkCommitted({ ...dirty, uncommitted: [] }, file, {}, inCi)).toBe(false);
    expect(await checkCommitted(dirty, file, { backend: 'emulator' }, inCi)).toBe(false);
  }
});

test('--allow-dirty makes it count as made by hand, and on a CI system brings in nothing that is in no commit', async () => {
  const folder = makeFolder();
  const session = sessionIn(folder, { answer: 'no', branch: 'main' });
  const record = await openRecord({ ...common, recordFile: join(folder, 'r.json') }, head, session);
  const ask = (uncommitted: readonly string[], env = {}) =>
    checkCommitted({ ...dirty, uncommitted }, record, { allowDirty: true }, { ...session, env });
  for (const uncommitted of [[], dirty.uncommitted]) expect(await ask(uncommitted)).toBe(true);
  expect(await ask([], { CI: 'true' })).toBe(true);
  await expect(ask(dirty.uncommitted, { CI: 'true' })).rejects.toThrow('policy files are not committed');
});

const hintOf = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    return (error as UserError).hint ?? '';
  }
  return 'not refused';
};
const { organisation, environment } = sampleRecord();
const owner = { organisation, environment };
const atHome = { ...sampleRecord(), baseUrl: 'https://api.portkey.ai/v1' };

test('a record of another control plane: the address is looked at before the record is moved', () => {
  expect(hintOf(() => requireOwnRecord(atHome, owner, 'https://api.portkey.a/v1'))).toMatch(
    /^Look at PORTKEY_BASE_URL first/,
  );
  expect(hintOf(() => requireOwnRecord({ ...atHome, environment: 'other' }, owner, atHome.baseUrl))).not.toContain(
    'BASE_URL',
  );
});

test.each(['mistakes-H8', 'mistakes-C10'])('%s: a control plane under another host name names the way on', () => {
  expect(hintOf(() => requireOwnRecord(atHome, owner, 'https://llm.example/v1'))).toContain('`tollgate record move`');
  const moved = (what: 'control plane' | 'organisation') =>
    hintOf(() => checkService({ stored: null, place: null, token: null, moved: [{ what, was: 'a', now: 'b' }] }));
  expect(moved('control plane')).toMatch(/^Look at PORTKEY_BASE_URL first .*`tollgate record move`/);
  expect(moved('organisation')).toMatch(/^Another environment/);
});
