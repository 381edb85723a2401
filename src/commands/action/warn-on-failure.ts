/** GitHub being down hides no result and fails no apply: what could not be said there is said in the log and the summary. */

import { GitHubError } from '../../github/port.ts';

export async function warnOnFailure(what: string, work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [`${what}: ${error.message}`];
  }
}

export function describeUnwritten(what: string): string {
  return `${what} could not be written`;
}
