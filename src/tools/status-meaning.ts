/** What the gateway's status of a call means for whoever made it. */

export type CallCause = 'budget' | 'rate' | 'auth' | 'rejected' | 'provider' | 'none';

/** Which limit answers what: docs/service-notes.md#enforcement. */
export function causeOfStatus(status: number): CallCause {
  if (status < 400) return 'none';
  if (status === 412) return 'budget';
  if (status === 429) return 'rate';
  if (status === 401) return 'auth';
  return status < 500 ? 'rejected' : 'provider';
}

export const causeWords: Readonly<Record<CallCause, string>> = {
  none: 'no error',
  budget: 'stopped by a budget',
  rate: 'rate limited',
  auth: 'key invalid or expired',
  rejected: 'rejected: by the provider, or a wrong configuration',
  provider: 'failed at the provider or in the gateway',
};
