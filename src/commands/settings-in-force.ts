/** The settings of a run: those of the record, against what the files say now. */

import type { AppliedRecord } from '../plan/applied-record.ts';
import type { Surroundings } from '../plan/review.ts';
import { type SettingsInForce, settingsInForce, settingsOf, settingsOfFormatOne } from '../plan/settings.ts';
import { settingsLines } from '../plan/settings-lines.ts';
import type { RecordLine } from '../plan/types.ts';
import { compilePolicies } from '../policy/compile.ts';
import type { Desired } from '../resources/types.ts';
import { usualSeverities } from '../rules/find.ts';

/** Where a run takes place, as far as settings have defaults that depend on it. */
export interface RunPlace {
  /** Anybody can read its output: people are counted, not named, unless the settings say otherwise. */
  readonly isPublic?: boolean;
  /** In the Action: only reviewed plans are applied, unless the settings say otherwise. */
  readonly inAction?: boolean;
}

export interface JudgedSettings {
  readonly inForce: SettingsInForce;
  /** What an apply of the files would bring into force. */
  readonly lines: readonly RecordLine[];
  /** With the settings that its files said. */
  readonly record: AppliedRecord | null;
}

/**
 * @param older of commits before the files of this run, where there is no record: they count as well, each older than the
 *   one before
 */
export function judgeSettings(
  record: AppliedRecord | null,
  desired: Desired,
  place: RunPlace,
  older: readonly Desired[] = [],
): JudgedSettings {
  const written = settingsOf(desired);
  const all = [written, ...older.map(settingsOf)];
  if (record === null) return { inForce: settingsInForce(null, all, surroundingsOf(place)), lines: [], record };
  const filledIn = record.wasFormatOne === true ? record.settings.review : null;
  const settings =
    filledIn === null ? record.settings : settingsOfFormatOne(record.settings, compileFiles(record, desired));
  return {
    inForce: settingsInForce(settings, all, surroundingsOf(place)),
    lines: settingsLines(settings, written, filledIn),
    record: { ...record, settings },
  };
}

export function surroundingsOf({ isPublic = false, inAction = false }: RunPlace): Surroundings {
  return { rules: usualSeverities, isPublic, inAction };
}

/** Null where the files of the record do not compile, with this grammar or at all. */
function compileFiles({ files }: AppliedRecord, current: Desired): Desired | null {
  return compilePolicies(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    current,
  ).desired;
}
