/** Somebody at the dashboard, who sets members of a policy by hand. */

import { expect } from 'vitest';
import { adminKey } from '../helpers/world.ts';
import type { GitRig } from '../stories/git-rig.ts';

export async function clickAt(
  { emulator }: GitRig,
  policy: string,
  members: Readonly<Record<string, number>>,
): Promise<void> {
  const row = emulator.store.state.usagePolicies.find(({ name }) => name === policy);
  const headers = { 'x-portkey-api-key': adminKey, 'content-type': 'application/json' };
  const body = JSON.stringify(members);
  const { status } = await fetch(`${emulator.url}/policies/usage-limits/${row?.id}`, { method: 'PUT', headers, body });
  expect(status).toBe(200);
}
