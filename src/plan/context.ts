/** What the planners of the kinds share: what they work from, and what they add up to. */

import type { Live } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import type { DriftMode } from '../resources/review-settings.ts';
import type { Desired, Kind } from '../resources/types.ts';
import type { Problems } from './problems.ts';
import type { RecordIndex } from './record-index.ts';
import type { Resolution } from './resolution.ts';
import type { Change, LeftDrift, PlanNote, RecordLine, RecordStep } from './types.ts';

/** Live objects that files or record know, with their managed fields. */
export class ManagedFields {
  /** By kind, then by live id: a text of both for every resource takes longer than looking twice. */
  readonly #kinds = new Map<Kind, Map<string, readonly string[] | 'all'>>();

  /** `all`: no limit of the object is left that nobody manages. */
  set(kind: Kind, id: string, fields: readonly string[] | 'all'): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, new Map([[id, fields]]));
    else known.set(id, fields);
  }

  get(kind: Kind, id: string): readonly string[] | 'all' | undefined {
    return this.#kinds.get(kind)?.get(id);
  }
}

/** What the planners of the kinds add up to. */
export interface PlanParts {
  readonly changes: Change[];
  readonly left: LeftDrift[];
  readonly recordLines: RecordLine[];
  readonly recordSteps: RecordStep[];
  readonly notes: PlanNote[];
  readonly problems: Problems;
  readonly managed: ManagedFields;
  unchanged: number;
}

/** Everything the planners of the kinds work from. */
export interface PlanContext {
  readonly desired: Desired;
  readonly live: Live;
  readonly liveIndex: LiveIndex;
  readonly index: RecordIndex;
  readonly resolution: Resolution;
  readonly hasRecord: boolean;
  readonly now: Date;
  readonly drift: DriftMode;
  readonly parts: PlanParts;
}
