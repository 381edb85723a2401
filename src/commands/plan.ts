import { resolve } from 'node:path';
import { type Diagnostic, hasErrors } from '../diagnostics.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { findObjections } from '../guards/judge.ts';
import type { Claim } from '../plan/applied-record.ts';
import { buildPlanFile, renderPlanFile } from '../plan/plan-file.ts';
import type { Plan } from '../plan/types.ts';
import { readPolicyFiles } from '../policy/files.ts';
import { requireWritable, writeNamedFile } from '../policy/named-files.ts';
import { escapeInvisible } from '../printable.ts';
import type { PlanDocument } from '../render/documents/plan.ts';
import { escapeMarkdown } from '../render/escape-markdown.ts';
import { renderJson } from '../render/json.ts';
import { renderHeadline, renderPlanHtml, renderPlanMarkdown, renderPlanText } from '../render/plan.ts';
import { diagnosticDocument, planDocument } from '../render/plan-document.ts';
import { renderSarif } from '../render/sarif.ts';
import type { Desired } from '../resources/types.ts';
import { allRules } from '../rules/find.ts';
import { requireFreePlace } from '../run/free-place.ts';
import { refuseFor, renderDiagnostics, sayDiagnostics } from '../run/output.ts';
import { handOver } from '../run/page-file.ts';
import { goOn } from '../run/prepare.ts';
import { askedOf } from '../run/rules-of-apply.ts';
import type { CheckFormat, CommandResult, Format, PageFormat, Session } from '../run/session.ts';
import { type PlanOptions, startRun } from '../run/start.ts';
import { isStdout } from '../stdout-name.ts';
import { findEnvironment } from './action/environment-of-files.ts';
import type { ToldPlan } from './plan-note.ts';
import type { SourceOptions } from './rows-source.ts';

export interface PlanCommandOptions extends Omit<PlanOptions, 'format'>, SourceOptions {
  readonly format: CheckFormat | PageFormat;
  /** Exit 2 when there are changes. */
  readonly detailedExitcode: boolean;
  /** Where to save the plan for `apply --plan`; of a page, where to write that. */
  readonly out?: string | undefined;
  /** Files or folders of logs that changed limits are replayed over. */
  readonly logs?: readonly string[] | undefined;
  /** Tell it on the merge request that this job of GitLab is for. */
  readonly note?: boolean | undefined;
  /** Branch of the remote: nothing is planned where no policy file differs from where this commit left it. */
  readonly changedFrom?: string | undefined;
}

/** How a plan ends, and what is told of it elsewhere. */
interface PlanRun extends ToldPlan {
  readonly result: CommandResult;
}

export async function runPlan(options: PlanCommandOptions, session: Session): Promise<CommandResult> {
  if (options.note !== true) return (await planOnce(options, session)).result;
  // Loaded where a note is wanted.
  const { openRequestNote } = await import('./plan-note.ts');
  const { isPublic, telling } = await openRequestNote(session);
  const { result } = await telling(options.dir, () => planOnce({ ...options, isPublic }, session));
  return result;
}

async function planOnce(options: PlanCommandOptions, session: Session): Promise<PlanRun> {
  const out = options.out === undefined || isStdout(options.out) ? undefined : options.out;
  if (out !== undefined) {
    await requireWritable(resolve(session.cwd, out), out);
    await requireFreePlace('--out', out, options, session);
  }
  const untouched = await endUntouched(options, session);
  if (untouched !== null) return untouched;
  const started = await startRun({ ...options, format: 'text', mayRecall: options.out === undefined }, session);
  // What is wrong with the files is not a page.
  const refusal = options.format === 'html' ? 'text' : options.format;
  const endInvalid = async (diagnostics: readonly Diagnostic[]): Promise<PlanRun> => ({
    result: refuseFor(diagnostics, refusal, session),
    fate: { state: 'invalid', diagnostics },
    environment: await readWrittenEnvironment(options.dir, session),
    record: null,
  });
  if ('plan' in started) return endInvalid(started.diagnostics);
  const claim = started.stored?.record.claim;
  if (claim !== undefined && !options.quiet) session.say(`${describeClaim(claim)}\n`);
  const prepared = await goOn(started, session);
  if (prepared.plan === null) return endInvalid(prepared.diagnostics);
  const { diagnostics, desired, open } = prepared;
  await open.close();
  const asked = askedOf(prepared);
  const plan = { ...(await replayed(prepared.plan, desired, options, session)), asked };
  const end = (result: CommandResult): PlanRun => ({
    result,
    fate: { state: 'planned', plan, diagnostics, remark: null },
    environment: plan.environment,
    record: prepared.settled?.appliedAt ?? null,
  });
  const isBroken = hasErrors(diagnostics);
  const exit = isBroken ? exitCodes.invalid : exitOf(plan, options);
  if (options.out !== undefined && options.format !== 'html') {
    const file = buildPlanFile(plan, { tool: session.version, commit: prepared.checkout.commit });
    const text = renderPlanFile(file);
    if (out === undefined) return end({ exit, output: text });
    await writeNamedFile(resolve(session.cwd, out), text, out);
    // To people alone: stderr may be the very file.
    if (session.isInteractive && !options.quiet)
      session.say(`The plan is saved in ${escapeInvisible(out)}, for \`tollgate apply --plan\`.\n`);
  }
  if (options.format === 'html') {
    if (isBroken) return end(refuseFor(diagnostics, 'text', session, exit));
    return end({ ...(await handOver(await renderPlanHtml(plan), renderHeadline(plan), options, session)), exit });
  }
  if (options.format === 'text' && !options.quiet && !isBroken) sayDiagnostics(diagnostics, session);
  const { findings, notes } = plan;
  const { version } = session;
  const output =
    options.format === 'sarif'
      ? renderSarif({ version, rules: allRules, diagnostics, findings, notes })
      : options.format === 'json'
        ? renderJson<PlanDocument>({
            ok: exit === exitCodes.ok,
            ...planDocument(plan),
            diagnostics: diagnostics.map(diagnosticDocument),
          })
        : `${isBroken ? `${renderDiagnostics(diagnostics, options.format, session)}\n` : ''}${renderPlan(plan, options.format, options.verbose, session)}`;
  return end({ exit, output });
}

/** Null: there may be something to plan. */
async function endUntouched(options: PlanCommandOptions, session: Session): Promise<PlanRun | null> {
  const { changedFrom: branch } = options;
  if (branch === undefined) return null;
  const { arePoliciesUntouched } = await import('./plan-untouched.ts');
  if (!(await arePoliciesUntouched(branch, options, session))) return null;
  const said = `No policy files change from ${escapeInvisible(branch)}: nothing was planned.`;
  return {
    result: { exit: exitCodes.ok, output: `${options.format === 'markdown' ? escapeMarkdown(said) : said}\n` },
    fate: { state: 'untouched' },
    environment: await readWrittenEnvironment(options.dir, session),
    record: null,
  };
}

async function readWrittenEnvironment(dir: string, session: Session): Promise<string | null> {
  return findEnvironment((await readPolicyFiles(dir, session.cwd)).files);
}

async function replayed(plan: Plan, desired: Desired, options: PlanCommandOptions, session: Session): Promise<Plan> {
  const { logs = [], rowsFrom, table } = options;
  if (logs.length === 0 && rowsFrom !== 'clickhouse' && table === undefined) return plan;
  // What reads logs is loaded where they are named.
  const [{ replayPlan }, { isOfClickHouse, openRowsOf }] = await Promise.all([
    import('../run/replay-plan.ts'),
    import('./rows-source.ts'),
  ]);
  // What was named in vain is said also where no limit changes.
  isOfClickHouse(options, logs, '--logs');
  return replayPlan(plan, desired, logs, openRowsOf(session, options), session);
}

/** A plan is none the worse for it: a part of what it shows may be done by the time it is read. */
export function describeClaim({ by, startedAt, run }: Pick<Claim, 'by' | 'startedAt' | 'run'>): string {
  return `An apply by ${by} is recorded as under way since ${startedAt} (run ${run}).`;
}

function exitOf(plan: Plan, { detailedExitcode }: PlanCommandOptions): ExitCode {
  if (findObjections(plan.violations).length > 0) return exitCodes.refused;
  // Record lines change nothing live: a first run that only adopts ends with 0.
  return detailedExitcode && plan.changes.length > 0 ? exitCodes.changes : exitCodes.ok;
}

function renderPlan(plan: Plan, format: Exclude<Format, 'json'>, verbose: boolean, session: Session): string {
  if (format === 'markdown') return renderPlanMarkdown(plan, true);
  return renderPlanText(plan, session.style, { verbose, hasNext: true });
}
