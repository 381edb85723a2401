/** A proposal about what a Git record holds, made at a terminal with colours: what is shown of its plan. */

import { expect, it } from 'vitest';
import { startProposeScene } from '../helpers/propose-scene.ts';
import { typeLine } from '../helpers/type-line.ts';

it('warns of no record that cannot be proven, and prints no escapes of a terminal as text', async () => {
  const scene = await startProposeScene();
  const applied = await typeLine(['apply', '--yes'], scene.session());
  expect(applied.exit, applied.stderr).toBe(0);
  const words = ['propose', 'set', 'ws-team-a', 'policy/monthly-spend', '--budget', '$90', '--dry-run'];
  const made = { ...scene.session(), style: { color: true, columns: 160 } };
  const { exit, stdout, stderr } = await typeLine(words, made);
  expect(exit, stderr).toBe(0);
  const all = `${stdout}${stderr}`;
  expect(all).toContain('$100 → $90');
  expect(all).not.toContain('cannot be proven');
  expect(all).not.toContain('\\u{1b}');
  expect(all).not.toContain('looks like a secret');
});
