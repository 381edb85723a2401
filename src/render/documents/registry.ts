/** By command, what stands on stdout with `--format json`. Commands that ask what a tool answers are not here: see commands/schema.ts. */

import { z } from 'zod';
import { backtestSchema } from './backtest.ts';
import { doctorSchema } from './doctor.ts';
import { driftSchema } from './drift.ts';
import { estimateSchema } from './estimate.ts';
import { formatSchema, initSchema, revertSchema } from './files.ts';
import { historySchema, showSchema } from './history.ts';
import { importSchema } from './import.ts';
import { auditSchema, pullSchema, recommendSchema, spendSchema, topSchema } from './logs.ts';
import { notifySchema } from './notify.ts';
import { failure, problems } from './parts.ts';
import { applySchema, planSchema } from './plan.ts';
import { moveSchema, rebuildSchema, resetSchema } from './record.ts';
import { rulesSchema } from './rules.ts';
import { statusSchema } from './status.ts';
import { validateSchema } from './validate.ts';

/** The document of a command that does not fail. */
const documents: Readonly<Record<string, z.ZodType>> = {
  init: initSchema,
  validate: validateSchema,
  fmt: formatSchema,
  rules: rulesSchema,
  plan: planSchema,
  apply: applySchema,
  drift: driftSchema,
  import: importSchema,
  status: statusSchema,
  history: historySchema,
  show: showSchema,
  revert: revertSchema,
  doctor: doctorSchema,
  notify: notifySchema,
  reset: resetSchema,
  estimate: estimateSchema,
  backtest: backtestSchema,
  recommend: recommendSchema,
  'logs pull': pullSchema,
  'logs spend': spendSchema,
  'logs top': topSchema,
  'logs audit': auditSchema,
  'record rebuild': rebuildSchema,
  'record move': moveSchema,
};

/** Those that go on without policy files, or are about no file. */
const withoutFiles: readonly string[] = [
  'init',
  'validate',
  'fmt',
  'rules',
  'doctor',
  'logs pull',
  'logs spend',
  'logs top',
  'logs audit',
];

export const documentNames: readonly string[] = Object.keys(documents);

/** Of a run that does not fail: one form, or one for each of its ways; undefined: it has none. */
export function ownForms(command: string): readonly z.ZodType[] | undefined {
  const own = Object.hasOwn(documents, command) ? documents[command] : undefined;
  return own instanceof z.ZodUnion ? (own.options as readonly z.ZodType[]) : own === undefined ? undefined : [own];
}

/** Of one that fails, or meets files with errors. */
export function failedForms(command: string): readonly z.ZodType[] {
  return withoutFiles.includes(command) ? [failure] : [problems, failure];
}
