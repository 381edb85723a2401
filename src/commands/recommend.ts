import { dimsOf } from '../backtest/adapt-rows.ts';
import { limitsOfDesired } from '../backtest/desired-limits.ts';
import { columnsOfRecommend, recommend } from '../backtest/recommend.ts';
import { type MayStop, recommendedFiles } from '../backtest/recommend-yaml.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { keyHabits } from '../policy/match.ts';
import { renderRecommendJson, renderRecommendText } from '../render/recommend.ts';
import { parseReset } from '../resources/amounts.ts';
import type { Reset, Unit } from '../resources/types.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, Session } from '../run/session.ts';
import { type OpenRows, openRowsOf } from './backtest.ts';

export interface RecommendOptions {
  readonly dir: string;
  readonly logs: readonly string[];
  readonly workspace: readonly string[];
  /** `user`, `workspace`, `key`, `metadata.team`. */
  readonly by: readonly string[];
  readonly unit: Unit;
  readonly reset: string;
  readonly stops: MayStop;
  readonly format: 'text' | 'json' | 'yaml';
  readonly quiet: boolean;
}

/**
 * The smallest limits that the calls of a while fit into. Reads files alone.
 *
 * @throws UserError, CancelledError
 */
export async function runRecommend(
  options: RecommendOptions,
  session: Session,
  open: OpenRows = openRowsOf(session),
): Promise<CommandResult> {
  const per = options.by.map((word) => (Object.hasOwn(keyHabits, word) ? (keyHabits[word] ?? word) : word)).sort();
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  if (loaded !== null && loaded.desired === null) return refuseFor(loaded.diagnostics, 'text', session);
  const asked = {
    ...{ per: [...new Set(per)], unit: options.unit, reset: resetOf(options.reset), workspaces: options.workspace },
    limits: loaded?.desired == null ? [] : limitsOfDesired(loaded.desired),
  };
  const source = await open({
    from: options.logs,
    dims: dimsOf(columnsOfRecommend(asked)),
    workspaces: options.workspace,
  });
  try {
    const facts = await session.waiting('reading calls', recommend(asked, source));
    const files = recommendedFiles(facts, options.stops);
    switch (options.format) {
      case 'json':
        return { exit: exitCodes.ok, output: renderRecommendJson(facts, files) };
      case 'yaml':
        return {
          exit: exitCodes.ok,
          output: files.map(({ workspace, text }) => `# workspaces/${workspace}.yaml\n${text}`).join('---\n'),
        };
      case 'text':
        return { exit: exitCodes.ok, output: renderRecommendText(facts, files, session.style) };
    }
  } finally {
    await source.close();
  }
}

function resetOf(text: string): Reset {
  const reset = parseReset(text);
  if (reset !== null) return reset;
  throw new UserError(`--reset ${JSON.stringify(text)} is not when a budget starts again`, {
    hint: 'Write monthly, weekly, never, or such as "every 14 days".',
  });
}
