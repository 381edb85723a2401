/** The summary of a week, once in it to each who asked. Pure. */

import { dayMilliseconds } from '../consumption/windows.ts';
import { formatDay } from '../render/status-words.ts';
import type { AlertRoute } from '../resources/alert-settings.ts';
import type { Happening, HappeningGroup } from './due-events.ts';
import type { Message } from './message.ts';
import { type ChannelKinds, channelsOf } from './telling.ts';
import type { Watcher } from './watched.ts';

/** Monday, 00:00 UTC, at or before an instant. */
function weekOf(now: number): number {
  const midnight = Math.floor(now / dayMilliseconds) * dayMilliseconds;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * dayMilliseconds;
}

/**
 * A summary a week. Who gets that of everything gets none of a part.
 *
 * @param write the page and its summary; of a workspace by its slug, or null for all of them
 */
export function digestsOf(
  places: readonly (string | null)[],
  watcher: Watcher,
  channels: ChannelKinds,
  now: number,
  write: (workspace: string | null) => Omit<Message, 'id'>,
): HappeningGroup[] {
  const monday = weekOf(now);
  const whole = watcher.routeOfPlace(null);
  const isWhole = whole.also.has('digest');
  return places.flatMap((workspace): HappeningGroup[] => {
    const asked = watcher.routeOfPlace(workspace);
    if (!asked.also.has('digest')) return [];
    const route = workspace !== null && isWhole ? partOf(asked, whole, channels) : asked;
    if (channelsOf(route, channels).length === 0) return [];
    const all = [
      {
        kind: 'digest' as const,
        key: workspace ?? '-',
        version: formatDay(monday),
        end: monday + 7 * dayMilliseconds,
        route,
        line: null,
        data: {},
      },
    ];
    return [{ all, write: () => write(workspace) }];
  });
}

function partOf(asked: AlertRoute, whole: AlertRoute, channels: ChannelKinds): Happening['route'] {
  return {
    recipients: asked.recipients.filter((address) => !whole.recipients.includes(address)),
    channels: asked.channels.filter((name) => channels[name]?.type === 'mail' || !whole.channels.includes(name)),
  };
}
