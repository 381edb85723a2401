import { dimsOf } from '../backtest/adapt-rows.ts';
import { limitsOfDesired } from '../backtest/desired-limits.ts';
import { readLonePolicy } from '../backtest/lone-policy.ts';
import { columnsOfRecommend, recommend } from '../backtest/recommend.ts';
import { type MayStop, printBudget, recommendedFiles } from '../backtest/recommend-yaml.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { smallestBudgets } from '../policy/advice.ts';
import { keyMeantBy } from '../policy/match.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { escapeInvisible } from '../printable.ts';
import { renderAnswer } from '../render/answer.ts';
import { renderRecommendJson, renderRecommendText } from '../render/recommend.ts';
import { formatAmount, isProblem, parseAmount } from '../resources/amounts.ts';
import { isBudgetLimit, timed } from '../resources/limit.ts';
import type { Unit } from '../resources/types.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import { openBackend } from '../run/open-backend.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';
import { answerTool } from '../tools/call.ts';
import { createToolContext } from '../tools/context.ts';
import { type SuggestedBudget, suggestBudgetTool } from '../tools/suggest-budget.ts';
import { type OpenRows, openRowsOf } from './backtest.ts';
import type { SourceOptions } from './clickhouse-source.ts';

export interface RecommendOptions extends Omit<CommonOptions, 'format'>, SourceOptions {
  /** Empty: analytics are asked. */
  readonly logs: readonly string[];
  /** `user`, `workspace`, `key`, `metadata.team`. */
  readonly by: readonly string[];
  readonly unit: Unit;
  readonly reset: string;
  readonly stops: MayStop;
  readonly format: 'text' | 'json' | 'yaml';
}

/**
 * The smallest limits that the calls of a while fit into. Without logs analytics are asked, which are coarser.
 *
 * @throws UserError, CancelledError
 */
export async function runRecommend(
  options: RecommendOptions,
  session: Session,
  open: OpenRows = openRowsOf(session, options),
): Promise<CommandResult> {
  const words = options.by.length === 0 ? ['workspace'] : options.by;
  if (options.logs.length === 0 && options.rowsFrom !== 'clickhouse') return suggest(options, words, session);
  const counted = readCounted(words, options);
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  if (loaded !== null && loaded.desired === null) {
    return refuseFor(loaded.diagnostics, options.format === 'json' ? 'json' : 'text', session);
  }
  const asked = {
    ...{ ...counted, unit: options.unit, workspaces: options.workspace },
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
          // Who wrote the rows chose the name: a line of it must not end the comment.
          output: files
            .map(({ workspace, text }) => `# workspaces/${escapeInvisible(workspace)}.yaml\n${text}`)
            .join('---\n'),
        };
      case 'text':
        return { exit: exitCodes.ok, output: renderRecommendText(facts, files, session.style) };
    }
  } finally {
    await source.close();
  }
}

/** As policy files take it, since it is to be pasted into them. @throws UserError for what they would refuse */
function readCounted(by: readonly string[], { unit, reset }: RecommendOptions) {
  const budget = formatAmount(smallestBudgets[unit], unit);
  const read = (per: readonly string[], refuse: (why: string) => UserError) => {
    const lone = readLonePolicy(
      new Map<string, PrintedValue>([
        ['budget', budget],
        ['reset', reset],
        ['per', [...new Set(per)]],
      ]),
      null,
    );
    if (typeof lone === 'string') throw refuse(lone);
    return lone.limit;
  };
  read(
    ['workspace_id'],
    (why) =>
      new UserError(`--reset ${JSON.stringify(reset)}: ${why}`, {
        hint: 'Write monthly, weekly, never, or such as "every 14 days".',
      }),
  );
  const limit = read(
    by.map(keyMeantBy),
    (why) =>
      new UserError(`--by ${by.map((word) => JSON.stringify(word)).join(' --by ')}: ${why}`, {
        hint: 'Write workspace, user, key, model, provider, or metadata.KEY.',
      }),
  );
  if (!isBudgetLimit(limit)) throw new Error('a budget was read as a rate');
  return { per: limit.per, reset: timed(limit).reset };
}

/** What `suggest_budget` answers an agent. */
async function suggest(options: RecommendOptions, by: readonly string[], session: Session): Promise<CommandResult> {
  const [workspace, ...others] = options.workspace;
  if (
    workspace === undefined ||
    others.length > 0 ||
    by.length > 1 ||
    options.unit !== 'cost' ||
    options.reset !== 'monthly'
  ) {
    throw new UserError('without --logs one monthly budget in dollars is suggested, for one workspace', {
      hint: 'Write --workspace and at most one --by, or name logs: `--logs PATH`.',
    });
  }
  const common: CommonOptions = { ...options, workspace: [], format: options.format === 'json' ? 'json' : 'text' };
  const open = await openBackend(common, session);
  try {
    const context = createToolContext(open, common, session, 'person');
    const asked = { workspace, per: by[0] ?? 'workspace' };
    const answering = answerTool(suggestBudgetTool, asked, context, { isWhole: options.format !== 'json' });
    const data = await session.waiting('asking the control plane', answering);
    return { exit: exitCodes.ok, output: write(data as SuggestedBudget & typeof data, options, session) };
  } finally {
    await open.close();
  }
}

function write(data: SuggestedBudget, { format }: RecommendOptions, session: Session): string {
  if (format === 'json') return `${JSON.stringify({ ok: true, data })}\n`;
  const { budget, workspace, per, notes } = data;
  if (format === 'text') {
    return renderAnswer([...suggestBudgetTool.show(data), ...notes.map((text) => ({ text }))], session.style);
  }
  const amount = budget === null ? null : parseAmount(budget);
  if (amount === null || isProblem(amount)) throw new UserError(data.answer.replace(/\.$/, ''));
  return printBudget({ workspace, per: [per], unit: 'cost', reset: 'monthly', amount: amount.amount });
}
