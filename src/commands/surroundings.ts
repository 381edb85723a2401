/** Where a run finds Git and the control plane, in place of this machine's Git and the network. */

import type { Branch } from '../checkout/branch.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { ClientOptions } from '../client/client.ts';
import type { RecordStore } from '../record/store.ts';

/** All of it is of one repository: a history that lives as long as the process, for thousands of runs over as many histories. */
export interface Surroundings {
  readonly checkout: Checkout;
  /** The record at a full ref of the remote. */
  openStore(ref: string): RecordStore;
  /** As `listRefs`: full refs, or `refs/tollgate/*`; those that exist. */
  listRefs(patterns: readonly string[]): Promise<readonly string[]>;
  /** As `withBranch`, of the default branch. */
  withBranch<T>(work: (branch: Branch) => Promise<T>): Promise<T>;
  readonly dispatcher: ClientOptions['dispatcher'];
}
