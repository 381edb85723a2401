/** The settings of a run: those of the record, against what the files say now. */

import { type SettingsInForce, settingsInForce } from '../guards/in-force.ts';
import type { ReviewDefaults } from '../guards/review.ts';
import { settingsLines } from '../guards/settings-lines.ts';
import type { AppliedRecord, RecordedSettings } from '../plan/applied-record.ts';
import { noSettings, settingsOf, settingsOfFormatOne } from '../plan/settings.ts';
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

/** What people wrote it as: an input of the Action, or a flag. */
export function optionName(name: 'allow' | 'take-over', { inAction = false }: RunPlace): string {
  return inAction ? `input ${name}:` : `--${name}`;
}

export interface JudgedSettings {
  readonly inForce: SettingsInForce;
  /** What an apply of the files would bring into force. */
  readonly lines: readonly RecordLine[];
  /** With the settings that its files said. */
  readonly record: AppliedRecord | null;
}

/** What a proof of the record found, where there is one. */
export interface ProvenSettings {
  /** Null: what the record says is not proven, or was applied with another key. */
  readonly settings: RecordedSettings | null;
  /** Of older commits whose files judge as well, each older than the one before. */
  readonly older: readonly RecordedSettings[];
}

export function judgeSettings(
  record: AppliedRecord | null,
  desired: Desired,
  place: RunPlace,
  proven?: ProvenSettings,
): JudgedSettings {
  const written = settingsOf(desired);
  const said = record === null ? null : settingsSaid(record);
  const recorded = proven === undefined ? said : proven.settings;
  const inForce = settingsInForce(recorded, [written, ...(proven?.older ?? [])], surroundingsOf(place));
  if (record === null || said === null) return { inForce, lines: [], record };
  const isFormatOne = record.wasFormatOne === true;
  const filledIn = isFormatOne ? record.settings.review : null;
  // Against what is in force, not what is written there: a record that says so already would bring settings in unseen.
  const before = isFormatOne ? said : (recorded ?? noSettings);
  return { inForce, lines: settingsLines(before, written, filledIn), record: { ...record, settings: said } };
}

/** What the files of the last apply said, also where 0.1 wrote down more than that. */
function settingsSaid(record: AppliedRecord): RecordedSettings {
  if (record.wasFormatOne !== true) return record.settings;
  return settingsOfFormatOne(record.settings, compileFiles(record));
}

export function surroundingsOf({ isPublic = false, inAction = false }: RunPlace): ReviewDefaults {
  return { rules: usualSeverities, isPublic, inAction };
}

/** Null where the files of the record do not compile, with this grammar or at all. */
function compileFiles({ files }: AppliedRecord): Desired | null {
  return compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text }))).desired;
}
