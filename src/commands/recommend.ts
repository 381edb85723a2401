import { dimsOf } from '../backtest/adapt-rows.ts';
import { limitsOfDesired } from '../backtest/desired-limits.ts';
import { readLonePolicy } from '../backtest/lone-policy.ts';
import { columnsOfRecommend, recommend } from '../backtest/recommend.ts';
import { type MayStop, printRecommended, recommendedFiles } from '../backtest/recommend-yaml.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { smallestBudgets } from '../policy/advice.ts';
import { keyMeantBy } from '../policy/match.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { escapeInvisible } from '../printable.ts';
import { renderAnswer } from '../render/answer.ts';
import { renderRecommendJson, renderRecommendText } from '../render/recommend.ts';
import { formatAmount, isProblem, parseAmount } from '../resources/amounts.ts';
import type { Limit } from '../resources/limit.ts';
import type { RateWindow } from '../resources/rate-windows.ts';
import type { Unit } from '../resources/types.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import { openBackend } from '../run/open-backend.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';
import { answeredCall, answerTool } from '../tools/call.ts';
import { createToolContext } from '../tools/context.ts';
import { type SuggestedBudget, suggestBudgetTool } from '../tools/suggest-budget.ts';
import { writeEnvelope } from './ask.ts';
import { requireRows, type WindowOptions, windowAskedOf } from './logs-rows.ts';
import { type OpenRows, openRowsOf, type SourceOptions } from './rows-source.ts';

export interface RecommendOptions extends Omit<CommonOptions, 'format'>, SourceOptions, WindowOptions {
  /** Empty: analytics are asked. */
  readonly logs: readonly string[];
  /** `user`, `workspace`, `key`, `metadata.team`. */
  readonly by: readonly string[];
  /** Undefined: cost, and of a rate requests. */
  readonly unit?: Unit | undefined;
  /** Undefined: monthly. */
  readonly reset?: string | undefined;
  /** Of a rate, in place of a budget. */
  readonly window?: RateWindow | undefined;
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
  const window = windowAskedOf(options, session);
  const limit = limitAskedOf(words, options);
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  if (loaded !== null && loaded.desired === null) {
    return refuseFor(loaded.diagnostics, options.format === 'json' ? 'json' : 'text', session);
  }
  const limits = loaded?.desired == null ? [] : limitsOfDesired(loaded.desired);
  const asked = { limit, workspaces: options.workspace, limits };
  const source = await open({
    from: options.logs,
    dims: dimsOf(columnsOfRecommend(asked)),
    workspaces: options.workspace,
    window,
  });
  try {
    requireRows(source.facts, window);
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
            .map(
              ({ workspace, text }) =>
                [`workspaces/${workspace}.yaml`, ...facts.doubts]
                  .map((line) => `# ${escapeInvisible(line)}\n`)
                  .join('') + text,
            )
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
function limitAskedOf(by: readonly string[], { unit, reset, window }: RecommendOptions): Limit {
  if (window !== undefined && reset !== undefined) {
    throw new UserError(
      `--window ${window} beside --reset ${JSON.stringify(reset)}: a rate has a window, a budget a reset`,
      { hint: 'Leave one of the two out.' },
    );
  }
  if (window !== undefined && unit === 'cost') {
    throw new UserError(`--unit cost beside --window ${window}: a rate counts requests or tokens`, {
      hint: 'Write `--unit requests` or `--unit tokens`, or leave --window out: a budget counts cost.',
    });
  }
  const counted = unit ?? 'cost';
  const bound: [string, PrintedValue][] =
    window === undefined
      ? [
          ['budget', formatAmount(smallestBudgets[counted], counted)],
          ['reset', reset ?? 'monthly'],
        ]
      : [['rate', `1 ${unit ?? 'requests'}/${window}`]];
  const read = (per: readonly string[], flag: string, hint: string): Limit => {
    const lone = readLonePolicy(new Map([...bound, ['per', per]]), null);
    if (typeof lone === 'string') throw new UserError(`${flag}: ${lone}`, { hint });
    return lone.limit;
  };
  if (reset !== undefined)
    read(
      ['workspace_id'],
      `--reset ${JSON.stringify(reset)}`,
      'Write monthly, weekly, never, or such as "every 14 days".',
    );
  return read(
    [...new Set(by.map(keyMeantBy))],
    by.map((word) => `--by ${JSON.stringify(word)}`).join(' '),
    'Write workspace, user, key, model, provider, or metadata.KEY.',
  );
}

/** What `suggest_budget` answers an agent. */
async function suggest(options: RecommendOptions, by: readonly string[], session: Session): Promise<CommandResult> {
  const [workspace, ...others] = options.workspace;
  if (
    workspace === undefined ||
    others.length > 0 ||
    by.length > 1 ||
    (options.unit ?? 'cost') !== 'cost' ||
    (options.reset ?? 'monthly') !== 'monthly' ||
    options.window !== undefined
  ) {
    throw new UserError('without --logs one monthly budget in dollars is suggested, for one workspace', {
      hint: 'Write --workspace and at most one --by, or name logs: `--logs PATH`.',
    });
  }
  const { since, from, to } = options;
  if (since !== undefined || from !== undefined || to !== undefined) {
    throw new UserError('without --logs the last 90 days are asked for: --since, --from and --to are of rows', {
      hint: 'Leave them out, or name logs: `--logs PATH`.',
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

function write(data: SuggestedBudget, options: RecommendOptions, session: Session): string {
  const { format } = options;
  if (format === 'json') return writeEnvelope(answeredCall(data));
  const { budget, workspace, per, notes } = data;
  if (format === 'text') {
    return renderAnswer([...suggestBudgetTool.show(data), ...notes.map((text) => ({ text }))], session.style);
  }
  const amount = budget === null ? null : parseAmount(budget);
  if (amount === null || isProblem(amount)) throw new UserError(data.answer.replace(/\.$/, ''));
  const limit = limitAskedOf([per], options);
  return printRecommended({ workspace, limit, amount: amount.amount });
}
