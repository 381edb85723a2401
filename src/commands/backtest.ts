import { dimsOf } from '../backtest/adapt-rows.ts';
import { type BacktestAsked, backtest, columnsOfAsked } from '../backtest/backtest.ts';
import { limitsOfDesired } from '../backtest/desired-limits.ts';
import { parseLimitPhrase } from '../backtest/limit-phrase.ts';
import type { NamedLimit } from '../backtest/replay-limit.ts';
import { dayOf } from '../consumption/windows.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { compilePolicies } from '../policy/compile.ts';
import { renderBacktestText } from '../render/backtest.ts';
import { renderBacktestJson } from '../render/backtest-document.ts';
import { loadPolicies, loadPoliciesIfAny } from '../run/load-policies.ts';
import { folderOf, requireCheckoutOf } from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import { handOver, requirePlaceOfPage } from '../run/page-file.ts';
import type { CommandResult, Session } from '../run/session.ts';
import { requireRows, type WindowOptions, windowAskedOf } from './logs-rows.ts';
import { type OpenRows, openRowsOf, type SourceOptions } from './rows-source.ts';

export interface BacktestOptions extends SourceOptions, WindowOptions {
  readonly dir: string;
  /** Files of rows, or folders of a store. */
  readonly logs: readonly string[];
  /** One limit a line, in place of the files. */
  readonly limit: readonly string[];
  /** Commit, branch or tag whose files are what is in force. */
  readonly base?: string | undefined;
  readonly workspace: readonly string[];
  readonly format: 'text' | 'json' | 'html';
  readonly out?: string | undefined;
  readonly quiet: boolean;
}

/**
 * Limits replayed over calls that were made. Reads files alone.
 *
 * @throws UserError, CancelledError
 */
export async function runBacktest(
  options: BacktestOptions,
  session: Session,
  open: OpenRows = openRowsOf(session, options),
): Promise<CommandResult> {
  await requirePlaceOfPage(options, session);
  if (options.limit.length > 0 && options.base !== undefined) {
    throw new UserError('--limit beside --base: a limit in one line has no base to be compared with', {
      hint: 'Write the limit into the policy files to compare it, or leave one of the two out.',
    });
  }
  const window = windowAskedOf(options, session);
  const asked = await readAsked(options, session);
  if ('diagnostics' in asked) {
    return refuseFor(asked.diagnostics, options.format === 'json' ? 'json' : 'text', session);
  }
  const { after, before } = asked;
  if (after.limits.length === 0 && (before?.limits.length ?? 0) === 0) {
    throw new UserError('there is no limit to replay', {
      hint: 'Write limits into the policy files, or one as `--limit "per user $20 monthly"`.',
    });
  }
  const { logs, workspace: workspaces } = options;
  const source = await open({ from: logs, dims: dimsOf(columnsOfAsked(asked)), workspaces, window });
  try {
    requireRows(source.facts, window);
    const facts = await session.waiting('replaying calls', backtest(asked, source));
    if (options.format === 'json') return { exit: exitCodes.ok, output: renderBacktestJson(facts) };
    const text = renderBacktestText(facts, session.style);
    if (options.format === 'text') return { exit: exitCodes.ok, output: text };
    // Charts are loaded for a page alone.
    const { renderBacktestPage } = await import('../render/page/backtest-page.ts');
    return handOver(renderBacktestPage(facts), text.split('\n')[0] ?? '', { ...options, dir: options.dir }, session);
  } finally {
    await source.close();
  }
}

interface BrokenFiles {
  readonly diagnostics: readonly Diagnostic[];
}

async function readAsked(options: BacktestOptions, session: Session): Promise<BacktestAsked | BrokenFiles> {
  const isWanted = ({ workspace }: NamedLimit) =>
    options.workspace.length === 0 || workspace === null || options.workspace.includes(workspace);
  if (options.limit.length > 0) {
    const limits = options.limit.map(parseLimitPhrase).filter(isWanted);
    return { before: null, after: { label: 'proposed', limits }, counts: await isCountsAlone(options, session) };
  }
  const loaded = await loadPolicies(options, session);
  if (loaded.desired === null) return { diagnostics: loaded.diagnostics };
  const counts = loaded.desired.settings.show_people === 'counts';
  const after = { label: 'files', limits: limitsOfDesired(loaded.desired).filter(isWanted) };
  if (options.base === undefined) return { before: null, after, counts };
  const base = await readBase(options.base, options, session);
  if ('diagnostics' in base) return base;
  return { before: { label: options.base, limits: base.filter(isWanted) }, after, counts };
}

/** A limit that stands in no file is shown as files beside it ask for; with files that cannot be read nobody is named. */
async function isCountsAlone(options: BacktestOptions, session: Session): Promise<boolean> {
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  return loaded !== null && (loaded.desired === null || loaded.desired.settings.show_people === 'counts');
}

/** What the files of a commit ask for. */
async function readBase(
  name: string,
  options: BacktestOptions,
  session: Session,
): Promise<readonly NamedLimit[] | BrokenFiles> {
  const checkout = await requireCheckoutOf(options, session, 'to compare with a base');
  const commit = await checkout.resolveCommit(name);
  const files = await checkout.readFilesAtCommit(commit, await folderOf(options, session));
  const { desired, diagnostics } = compilePolicies(
    files.map(({ path, text }) => ({ path: `${name}:${options.dir}/${path}`, text })),
    new Map(),
    dayOf(session.clock.now()),
  );
  return desired === null ? { diagnostics } : limitsOfDesired(desired);
}
