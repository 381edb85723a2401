/** Where a run finds Git and the control plane, in place of this machine's Git and the network. */

import type { Checkout } from '../checkout/checkout.ts';
import type { ClientOptions } from '../client/client.ts';
import type { RecordStore } from '../record/store.ts';

/** A history that lives as long as the process, for thousands of runs over as many histories. */
export interface Surroundings {
  readonly checkout: Checkout;
  /** The record at a full ref of the remote. */
  openStore(ref: string): RecordStore;
  readonly dispatcher: ClientOptions['dispatcher'];
}
