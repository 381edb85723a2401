/** Limits that are about to return, as `until:` says: told three days before, once, to whom the entry's budget is told. Pure. */

import { dayMilliseconds } from '../consumption/windows.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { describeKey } from '../render/describe-change.ts';
import { describeDays, formatInstant } from '../render/status-words.ts';
import { hasCome } from '../resources/until.ts';
import { dateInWords, dayBefore, describeLater } from '../resources/until-text.ts';
import { type EventWords, type HappeningGroup, isHidden, placeOf } from './due-events.ts';
import type { Message } from './message.ts';
import type { Watcher } from './watched.ts';

const daysBefore = 3;

export function returnsOf(
  { workspaces }: Pick<AppliedRecord, 'workspaces'>,
  watcher: Watcher,
  words: EventWords,
): HappeningGroup[] {
  return workspaces.flatMap(({ slug, entries }) =>
    entries.flatMap(({ kind, name, id, fields, until }): HappeningGroup[] => {
      const route = watcher.routeOfEntry(kind, id);
      if (until === undefined || route === null || hasCome(until, until.day)) return [];
      const at = Date.parse(`${until.date}T00:00:00Z`);
      if (words.now >= at || words.now < at - daysBefore * dayMilliseconds) return [];
      const isUnnamed = isHidden(kind, words);
      const what = isUnnamed ? 'an API key' : describeKey({ kind, workspace: slug, name });
      const place = placeOf({ workspace: slug });
      const later = describeLater(until.later, fields);
      const data = { kind, workspace: slug, name: isUnnamed ? null : name, date: until.date, later };
      const one = {
        kind: 'returns' as const,
        key: `${kind} ${id}`,
        version: `${until.date} ${later}`,
        end: at,
        route,
        line: null,
        data,
      };
      const write = (): Omit<Message, 'id'> => ({
        kind: 'returns',
        title: `The limit of ${what} ends ${describeDays(at, words.now)}: then ${later} (${place})`,
        facts: [
          { label: 'Limit', value: what },
          { label: 'Workspace', value: place },
          { label: 'Through', value: dateInWords(dayBefore(until.date)) },
          { label: `From ${formatInstant(at)}`, value: later },
          { label: 'Environment', value: words.environment },
        ],
        paragraphs: ['It was reviewed with this date. Another one is written as `until:` in the policy files.'],
        link: null,
        at: words.now,
        data: { environment: words.environment, items: [data] },
      });
      return [{ all: [one], write }];
    }),
  );
}
