/** What decides over limits at the gateway and that no route of the API shows. Pure. */

import type { CheckView } from '../../render/doctor.ts';
import type { Kind } from '../../resources/types.ts';

/** @param kinds that the files declare; null: no files, so all of them */
export function noteGateway(kinds: ReadonlySet<Kind> | null): CheckView[] {
  if (kinds !== null && !kinds.has('key-limits')) return [];
  return [
    {
      id: 'key-limits.enforced',
      group: 'reading',
      title: 'limits of keys count',
      state: 'note',
      needed: false,
      scopes: [],
      request: null,
      detail:
        "only where the organisation's `is_api_key_limit_enabled` is on; the gateway is told so, and no route shows it: " +
        'it cannot be seen from here',
      advice: null,
    },
  ];
}
