/** What two versions of the files say differently, entry by entry: that an edit asks for nothing but what it was made for. Pure. */

import { dateOf } from '../plan/until.ts';
import { type AlertSettings, entryPlace, type PlaceAlerts } from '../resources/alert-settings.ts';
import type { Desired, ResourceKey } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';

export interface DesiredDifference {
  readonly entries: readonly ResourceKey[];
  /** Those of them, in both versions, of which more than fields moves: protection, owner, silences, channels, which live object it is. */
  readonly beyondFields: readonly ResourceKey[];
  /** Places of `alerts:` that are not entries, as the settings call them: who is told there moves. */
  readonly places: readonly string[];
  /** Something beside them: settings, channels, what is forgotten, the organisation. */
  readonly isElsewhere: boolean;
}

export function compareDesired(before: Desired, after: Desired): DesiredDifference {
  const isBoth = before.alerting !== undefined && after.alerting !== undefined;
  const [oldAlerts, newAlerts] = [before, after].map(({ alerting }) => comparable(alerting, isBoth));
  const [old, next] = [byKey(before, oldAlerts), byKey(after, newAlerts)];
  const keys = [...new Set([...old.keys(), ...next.keys()])].filter(
    (key) => old.get(key)?.meaning !== next.get(key)?.meaning,
  );
  const entries = keys.flatMap((key) => next.get(key)?.key ?? old.get(key)?.key ?? []);
  const beyondFields = keys.flatMap((key) => {
    const [was, is] = [old.get(key), next.get(key)];
    return was === undefined || is === undefined || was.words === is.words ? [] : [is.key];
  });
  const ofEntries = new Set([...before.entries, ...after.entries].map(entryPlace));
  const places = [...new Set([...Object.keys(oldAlerts?.places ?? {}), ...Object.keys(newAlerts?.places ?? {})])]
    .filter((place) => !ofEntries.has(place))
    .filter((place) => meaningOf(oldAlerts?.places[place]) !== meaningOf(newAlerts?.places[place]))
    .sort();
  return { entries, beyondFields, places, isElsewhere: restOf(before) !== restOf(after) };
}

export function hasDifference({ entries, places, isElsewhere }: DesiredDifference): boolean {
  return isElsewhere || entries.length > 0 || places.length > 0;
}

/**
 * Files that say nothing but recipients of keys have no such settings, see `alertingOf`. Where one version has none, the recipients of
 * the other tell nobody either, but as fields of keys; what is left are lists of thresholds, channels and forecasts.
 */
function comparable(settings: AlertSettings | undefined, isBoth: boolean): AlertSettings | undefined {
  if (settings === undefined || isBoth || Object.keys(settings.channels).length > 0) return settings;
  const places = Object.entries(settings.places).map(([place, { recipients: _, ...said }]) => [place, said] as const);
  return { ...settings, places: Object.fromEntries(places.filter(([, said]) => Object.keys(said).length > 0)) };
}

interface KnownEntry {
  readonly key: ResourceKey;
  readonly meaning: string;
  /** What the file says of it beside what limits it, and when and whom it alerts. */
  readonly words: string;
}

function byKey({ entries }: Desired, alerts: AlertSettings | undefined): ReadonlyMap<string, KnownEntry> {
  return new Map(
    entries.map((entry) => {
      const { kind, workspace, name } = entry;
      const { fields: _, fieldsOverStar: __, starting: ___, fromDefaults: ____, ...said } = entry;
      const told: PlaceAlerts = alerts?.places[entryPlace(entry)] ?? {};
      const { thresholds: _____, recipients: ______, ...ways } = told;
      const dated = said.until === undefined ? said : { ...said, until: dateOf(said.until) };
      const known = {
        key: { kind, workspace, name },
        meaning: meaningOf([entry, told]),
        words: meaningOf([dated, ways]),
      };
      return [canonicalJson([kind, workspace, name]), known];
    }),
  );
}

/** A file for a workspace that had none declares nothing by itself. */
function restOf({ entries: _, workspaces, alerting, ...rest }: Desired): string {
  const said = workspaces.filter(({ owner, silence }) => owner !== undefined || silence !== undefined);
  const channels = alerting?.channels ?? {};
  return meaningOf({ rest, channels, said: said.map(({ skipDefaults: __, ...others }) => others) });
}

/** Where it stands moves with every line above it. */
function meaningOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(withoutPlaces(value));
}

const places: readonly string[] = ['source', 'fieldSources', 'settingSources', 'orgFile'];

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !places.includes(name))
      .map(([name, item]) => [name, withoutPlaces(item)]),
  );
}
