/** The limits that policy files ask for, each by itself. */

import { limitsOf } from '../resources/limit.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import type { NamedLimit } from './replay-limit.ts';

/** Those that a replay may try; it says of each whether it can. */
export function limitsOfDesired(desired: Desired): readonly NamedLimit[] {
  return desired.entries.filter(({ absent }) => absent !== true).flatMap(namedLimits);
}

/** What of an entry says which limits it has, and whose. */
export type LimitedEntry = Pick<DesiredEntry, 'kind' | 'workspace' | 'name' | 'fields'> &
  Partial<Pick<DesiredEntry, 'id' | 'liveName' | 'starting'>>;

export function namedLimits(entry: LimitedEntry): readonly NamedLimit[] {
  const { kind, workspace, fields, starting = null } = entry;
  return limitsOf(kind, fields).map((limit) => ({
    limit,
    workspace,
    name: nameOf(entry),
    subject: subjectOf(entry),
    starting,
  }));
}

const sections = {
  'workspace-limits': '',
  'key-limits': 'keys/',
  'provider-limits': 'providers/',
  'integration-limits': 'integrations/',
  'integration-prices': 'integrations/',
  'usage-policy': '',
  'rate-policy': '',
} as const;

/** As in `forget:` and messages: a policy's own name, else its path in the file. */
function nameOf({ kind, name }: LimitedEntry): string {
  return `${sections[kind]}${name}`;
}

function subjectOf({ kind, name, id, liveName }: LimitedEntry): NamedLimit['subject'] {
  if (kind === 'key-limits') return { column: 'api_key', value: id ?? liveName ?? name };
  return kind === 'provider-limits' ? { column: 'virtual_key', value: liveName ?? name } : null;
}
