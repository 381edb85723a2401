/** Labels that say at a glance what a pull request does to limits. */

import { type GitHub, GitHubError } from './port.ts';

const prefix = 'tollgate:';

const planLabels = ['loosen', 'tighten', 'delete', 'settings'] as const;
export type PlanLabel = (typeof planLabels)[number];

/**
 * Adds what is missing and takes off what no longer holds; labels of others are left alone.
 *
 * @param readOthers labels that another environment has a reason for; asked only before one is taken off
 * @returns names of those that the repository does not have and this token may not make
 */
export async function writeLabels(
  github: GitHub,
  number: number,
  wanted: ReadonlySet<PlanLabel>,
  readOthers: () => Promise<readonly string[]> = async () => [],
): Promise<readonly string[]> {
  const present = new Set(await github.listLabels(number));
  const isPresent = (label: PlanLabel): boolean => present.has(prefix + label);
  const missing = planLabels.filter((label) => wanted.has(label) && !isPresent(label)).map((label) => prefix + label);
  const absent = missing.length === 0 ? [] : await addThoseThere(github, number, missing.sort());
  const idle = planLabels.filter((label) => isPresent(label) && !wanted.has(label));
  const others = idle.length === 0 ? [] : await readOthers();
  for (const label of idle) if (!others.includes(label)) await github.removeLabel(number, prefix + label);
  return absent;
}

/** A label that is nowhere yet is made by adding it, which takes another permission; one of those takes the others with it. */
async function addThoseThere(github: GitHub, number: number, names: readonly string[]): Promise<readonly string[]> {
  try {
    await github.addLabels(number, names);
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError) || error.status !== 403) throw error;
    const there = new Set(await github.listRepositoryLabels());
    const known = names.filter((name) => there.has(name));
    if (known.length === names.length) throw error;
    if (known.length > 0) await github.addLabels(number, known);
    return names.filter((name) => !there.has(name));
  }
}
