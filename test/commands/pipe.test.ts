/** Into a pipe nothing is wrapped: there the width has no end, and every renderer has to live with it. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDoctor } from '../../src/commands/doctor.ts';
import { runDrift } from '../../src/commands/drift.ts';
import { runEstimate } from '../../src/commands/estimate.ts';
import { runHistory } from '../../src/commands/history.ts';
import { runPlan } from '../../src/commands/plan.ts';
import { runRules } from '../../src/commands/rules.ts';
import { runStatus } from '../../src/commands/status.ts';
import type { CommandResult, CommonOptions, Session } from '../../src/run/session.ts';
import { root } from '../helpers/bundle.ts';
import { testSession } from '../helpers/session.ts';

const common: CommonOptions = {
  dir: join(root, 'policies'),
  workspace: [],
  format: 'text',
  backend: 'emulator',
  concurrency: 4,
  quiet: false,
  verbose: true,
};
const plan = { mode: 'sync', only: [], allow: [], impact: true, detailedExitcode: false } as const;
const estimate = { model: ['@openai/gpt-4o'], budget: '10M tokens', integration: [], offline: false };

const commands: Readonly<Record<string, (session: Session) => Promise<CommandResult>>> = {
  status: (session) => runStatus({ ...common, since: 30 }, session),
  plan: (session) => runPlan({ ...common, ...plan }, session),
  drift: (session) => runDrift(common, session),
  doctor: (session) => runDoctor(common, session),
  estimate: (session) => runEstimate({ ...common, ...estimate }, session),
  history: (session) => runHistory({ ...common, limit: 20 }, session),
  rules: (session) => runRules(undefined, session),
  'rules <name>': (session) => runRules('unknown-condition', session),
};

test.each(Object.keys(commands))('%s is shown in a pipe', async (name) => {
  const session = testSession({ cwd: root, columns: Number.POSITIVE_INFINITY });
  const { output } = (await commands[name]?.(session)) ?? { output: '' };
  expect(output.length).toBeGreaterThan(50);
  expect(output).not.toMatch(/Infinity|NaN|undefined/);
});
