/** Labels that say at a glance what a pull request does to limits. */

import type { GitHub } from './port.ts';

const prefix = 'tollgate:';

export type PlanLabel = 'loosen' | 'tighten' | 'delete';

/** Adds what is missing and takes off what no longer holds; labels of others are left alone. */
export async function writeLabels(github: GitHub, number: number, wanted: ReadonlySet<PlanLabel>): Promise<void> {
  const names = new Set([...wanted].map((label) => prefix + label));
  const present = new Set(await github.listLabels(number));
  const missing = [...names].filter((name) => !present.has(name)).sort();
  if (missing.length > 0) await github.addLabels(number, missing);
  for (const label of ['loosen', 'tighten', 'delete'] as const) {
    const name = prefix + label;
    if (present.has(name) && !names.has(name)) await github.removeLabel(number, name);
  }
}
