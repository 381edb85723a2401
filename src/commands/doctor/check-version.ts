/** What lists show of the version behind them. Nothing in the API tells a version. Pure. */

import type { CheckView } from '../../render/doctor.ts';
import type { Survey } from './probe-service.ts';
import { firstRow } from './probed.ts';

export interface WrittenVersions {
  /** `gateway.backend` of the organisation file. */
  readonly backend?: string | undefined;
  /** `gateway.version` of the organisation file. */
  readonly version?: string | undefined;
}

/** The members that lists gained, the latest first (docs/service-notes.md#backend-versions). */
const signs = [
  { list: 'rate-policies.list', members: ['target'], minor: 24, of: '`target` in lists of rate policies' },
  { list: 'usage-policies.list', members: ['periodic_reset'], minor: 18, of: '`periodic_reset` in lists' },
  {
    list: 'usage-policies.list',
    members: ['periodic_reset_days', 'next_usage_reset_at', 'last_reset_at'],
    minor: 15,
    of: 'dates of resets in lists',
  },
] as const;

/** Nothing where no list of policies was seen: there is no evidence to show. */
export function checkVersion({ probes }: Survey, written: WrittenVersions): CheckView[] {
  const isAnswered = signs.some(({ list }) => probes.get(list)?.state === 'answered');
  if (!isAnswered) return [];
  const looked = signs.flatMap(({ list, members, minor, of }) => {
    const probed = probes.get(list);
    const row = probed === undefined ? undefined : firstRow(probed);
    return row === undefined ? [] : [{ minor, of, shown: members.some((member) => Object.hasOwn(row, member)) }];
  });
  const atLeast = looked.find(({ shown }) => shown);
  const before = looked.filter(({ minor, shown }) => !shown && minor > (atLeast?.minor ?? 0)).at(-1);
  const parts: string[] = [];
  if (atLeast !== undefined) parts.push(`backend 1.${atLeast.minor} or later: it has ${atLeast.of}`);
  if (before !== undefined) parts.push(`backend before 1.${before.minor}: no ${before.of}`);
  if (parts.length === 0) parts.push('no policy was seen whose members would tell the version of the backend');
  const minor = Number(/^1\.(\d+)/.exec(written.backend ?? '')?.[1] ?? Number.NaN);
  const contradicts = atLeast !== undefined && minor < atLeast.minor;
  parts.push(
    written.version === undefined
      ? 'the version of the gateway cannot be seen from here'
      : `the version of the gateway cannot be seen from here; org.yaml says ${written.version}`,
  );
  const view: CheckView = {
    id: 'version',
    group: 'reading',
    title: 'version',
    state: 'note',
    needed: false,
    scopes: [],
    request: null,
    detail: parts.join('; '),
    advice: contradicts
      ? `org.yaml says gateway.backend ${written.backend}, which is older than what was seen: raise it.`
      : null,
  };
  return [view];
}
