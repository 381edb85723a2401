/** Files, live objects and a record → findings, as `plan` makes them: one reading of the files for plan and rules. */

import { settingsLines as findSettingsLines } from '../../src/guards/settings-lines.ts';
import { LiveIndex } from '../../src/live/live-index.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { settingsOf as settingsInFiles } from '../../src/plan/settings.ts';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { buildFileFacts, findInPlan, reviewInFiles } from '../../src/rules/find.ts';
import { filesOf, type Given, liveOf, now } from '../plan/kit.ts';
import { desiredFrom, nothingRead } from './facts.ts';

/** @param read what a plan asks for besides live state */
export function findingsOf(
  rule: RuleName,
  given: Given,
  time = now.getTime(),
  read: Partial<typeof nothingRead> = {},
): Finding[] {
  const files = Object.entries(filesOf(given)).map(([path, text]) => ({ path, text }));
  const desired = desiredFrom(files);
  const live = liveOf(given.live ?? [], given.liveRest);
  const { record = null } = given;
  const settingsLines = record === null ? [] : findSettingsLines(record.settings, settingsInFiles(desired));
  const { plan, resolved, diagnostics } = buildPlan({ desired, live, record, now, settingsLines });
  if (plan === null) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  const facts = {
    ...buildFileFacts(desired, files, reviewInFiles(desired)),
    index: new LiveIndex(live),
    resolved,
    changes: plan.changes,
    recordLines: plan.recordLines,
    hasRecord: plan.hasRecord,
    now: time,
    ...nothingRead,
    ...read,
  };
  return findInPlan(facts).filter((finding) => finding.rule === rule);
}

/** `file:line:column message`, the file by its name alone. */
export function saidOf(rule: RuleName, given: Given): string[] {
  return findingsOf(rule, given).map(
    ({ source, message }) => `${source.file.replace(/^policies\//, '')}:${source.line}:${source.column} ${message}`,
  );
}
