/** Where a run finds Git and the control plane, in place of this machine's Git and the network. */

import type { Checkout } from '../checkout/checkout.ts';
import type { ClientOptions } from '../client/client.ts';
import type { RecordStore } from '../record/store.ts';

/** What is left out is this machine's own. */
export interface Surroundings {
  /** Null: the policies lie in no repository. */
  readonly checkout?: Checkout | null;
  /** The record at a full ref of the remote. */
  readonly openStore?: (ref: string) => RecordStore;
  readonly dispatcher?: ClientOptions['dispatcher'];
}
