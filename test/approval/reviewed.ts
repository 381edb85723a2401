/** A plan that was saved and reviewed, then the world goes on. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplyCommandOptions } from '../../src/commands/apply.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';

export type Bodies = string | { readonly org?: string; readonly a?: string; readonly b?: string };

export function filesOf(bodies: Bodies): Record<string, string> {
  const { org, a, b } = typeof bodies === 'string' ? { org: undefined, a: bodies, b: undefined } : bodies;
  return {
    'org.yaml': orgFile(org ?? spendMayRise),
    ...(a === undefined ? {} : { 'a.yaml': workspaceFile('ws-team-a', a) }),
    ...(b === undefined ? {} : { 'b.yaml': workspaceFile('ws-team-b', b) }),
  };
}

/** `before` applied, a plan to `after` saved as `plan.json`. */
export async function startReviewed(before: Bodies, after: Bodies): Promise<Rig> {
  const rig = await startRig({ state: smallState(), files: filesOf(before) });
  await succeed(rig.apply());
  rig.write(filesOf(after));
  await savePlan(rig);
  rig.emulator.requests.clear();
  return rig;
}

export async function savePlan(rig: Rig, name = 'plan.json'): Promise<Ran> {
  return rig.plan({ out: name, format: 'json' });
}

export function readPlan(rig: Rig, name = 'plan.json'): string {
  return readFileSync(join(rig.folder, name), 'utf8');
}

export function editPlan(rig: Rig, edit: (text: string) => string, name = 'plan.json'): void {
  writeFileSync(join(rig.folder, name), edit(readPlan(rig, name)));
}

export interface ShownOutcome {
  readonly id: string;
  readonly status: string;
  readonly detail: string | null;
}

/** `spend applied`, in the order of the outcomes. */
export async function applyReviewed(
  rig: Rig,
  options: Partial<ApplyCommandOptions> = {},
): Promise<{ ran: Ran; exit: number; statuses: string[]; outcomes: readonly ShownOutcome[] }> {
  const ran = await rig.apply({ plan: ['plan.json'], format: 'json', ...options });
  const outcomes = (parseOutput(ran).outcomes ?? []) as readonly ShownOutcome[];
  return {
    ran,
    exit: ran.exit,
    outcomes,
    statuses: outcomes.map(({ id, status }) => `${id.split('/').at(-1)} ${status}`),
  };
}
