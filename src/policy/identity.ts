/** `name`, `id`, `previously`, `owner`, `protect`, `silence`: who an entry is, apart from its limits. */

import type { FieldNode } from './nodes.ts';
import type { Report, Written } from './reader.ts';
import { readBoolean, readText } from './reader.ts';
import { readSilence, type Silence } from './silence.ts';

export interface Identity {
  readonly liveName?: string;
  readonly id?: string;
  readonly previously?: string;
  readonly owner?: string;
  readonly protect: boolean;
  readonly silence?: Silence;
}

/** The key is the live name, unless `name:` gives one; with `id:` alone the live name is not managed. */
export function readIdentity(
  field: FieldNode,
  written: Written,
  file: { readonly protect: boolean },
  report: Report,
): Identity {
  const text = (key: string): string | undefined => {
    const inner = written.get(key);
    return inner === undefined ? undefined : readText(inner, `a text for \`${key}\``, report);
  };
  const protect = written.get('protect');
  const id = text('id');
  const name = text('name') ?? (written.has('id') ? undefined : field.key);
  const previously = text('previously');
  const owner = text('owner');
  const silence = readSilence(written.get('silence'), report);
  return {
    ...(name === undefined ? {} : { liveName: name }),
    ...(id === undefined ? {} : { id }),
    ...(previously === undefined ? {} : { previously }),
    ...(owner === undefined ? {} : { owner }),
    protect: (protect === undefined ? undefined : readBoolean(protect, report)) ?? file.protect,
    ...(silence === undefined ? {} : { silence }),
  };
}
