/** What a seal is of: the content of a version, the one before it, its place and the key. */

import { expect, test } from 'vitest';
import { createSealer, type SealedVersion, sealFile, sealStateOf } from '../../src/record/seal.ts';

const version: SealedVersion = {
  files: new Map([['record.json', '{"alone": false}']]),
  parent: 'a'.repeat(40),
  place: 'refs/tollgate/production',
};
const sealer = createSealer({ TOLLGATE_SEAL_KEY: 'of the team' });
const seal = JSON.stringify(sealer?.seal(version));

/** As it is found where somebody has put that seal beside it. */
function stateOf(changed: Partial<SealedVersion>, text = seal): string {
  const found = { ...version, ...changed };
  return sealStateOf({ ...found, files: new Map([...found.files, [sealFile, text]]) }, sealer);
}

test('a version is sealed by the key of the run, and by no other', () => {
  expect(stateOf({})).toBe('own');
  expect(sealStateOf(version, sealer)).toBe('none');
  for (const env of [{ TOLLGATE_SEAL_KEY: 'of somebody' }, { PORTKEY_API_KEY: 'of the team' }]) {
    expect(stateOf({}, JSON.stringify(createSealer(env)?.seal(version)))).toBe('foreign');
  }
});

test('trust-F5: the seal of a version that was pushed before says nothing of what somebody writes', () => {
  expect(stateOf({ files: new Map([['record.json', '{"alone": true}']]) })).toBe('foreign');
  expect(stateOf({ files: new Map([...version.files, ['policies/a.yaml', '']]) })).toBe('foreign');
  expect(stateOf({ files: new Map([['record.jso', 'n{"alone": false}']]) })).toBe('foreign');
  for (const text of ['', 'null', '{}', '{"by": "seal-key"}', `{"by": "seal-key", "mac": "${'0'.repeat(64)}"}`]) {
    expect(stateOf({}, text)).toBe('foreign');
  }
});

test('trust-E9: a sealed version put on top of a newer one, or at another place, is not sealed there', () => {
  for (const parent of ['b'.repeat(40), null, 'several']) expect(stateOf({ parent })).toBe('foreign');
  expect(stateOf({ place: 'refs/tollgate/other' })).toBe('foreign');
});
