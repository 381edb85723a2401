import { z } from 'zod';
import { fromText, round } from '../exact.ts';
import { findObjections } from '../guards/judge.ts';
import type { LimitImpact } from '../impact/document.ts';
import type { Change, Plan } from '../plan/types.ts';
import { summarizePlan } from '../render/count-plan.ts';
import { describeChange } from '../render/describe-change.ts';
import { pickFindings } from '../render/findings.ts';
import { moneyOf } from '../render/money.ts';
import { type Money, moneySchema } from '../render/money-schema.ts';
import { preparePlan } from '../run/prepare.ts';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { refuseFiles } from './refuse-files.ts';
import { defineTool } from './tool.ts';
import { cleanStrange, untrustedSchema } from './values.ts';

const input = () => z.strictObject({ workspace: z.string().min(1).max(200).optional(), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    can_apply: z.boolean(),
    changes: z.array(
      z.object({
        action: z.enum(['create', 'update', 'replace', 'delete']),
        kind: z.string(),
        workspace: z.string().nullable(),
        cause: z.string(),
        direction: z.string(),
        blocked_now: z.number().nullable(),
        freed_now: z.number().nullable(),
        per_30_days: z.object({ before: moneySchema.nullable(), after: moneySchema.nullable() }).nullable(),
        file: z.string().nullable(),
        line: z.number().nullable(),
        untrusted: untrustedSchema('name', 'summary'),
      }),
    ),
    guards: z.array(
      z.object({ guard: z.string(), stops: z.boolean(), untrusted: z.object({ details: z.array(z.string()) }) }),
    ),
    findings: z.array(z.object({ rule: z.string(), severity: z.string(), untrusted: untrustedSchema('message') })),
    delta_30_days: moneySchema.nullable(),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type PlanData = z.infer<ReturnType<typeof output>>;

/** Characters of what a guard or a rule says. */
const longestSaying = 300;

/** Beside the changes; what is more is a number. */
const most = { guards: 20, details: 3, findings: 10, notes: 10 };

export const planPoliciesTool = defineTool<z.infer<ReturnType<typeof input>>, PlanData>({
  name: 'plan_policies',
  twin: 'plan',
  toolset: 'policies',
  effect: 'read',
  purpose: 'Plans the policy files against what is live: each change, whom it stops or lets in at once, money, guards.',
  hints:
    'Nothing is applied, and no tool can; what is wrong with the files says lint_policies. Needs the policy files, the record and an admin key. In pages of changes: `limit`, `cursor`.',
  input,
  output,
  list: 'changes',
  async run({ workspace }, context) {
    const { options, session, open } = context;
    const slugs = workspace === undefined ? [] : [workspaceNamed(workspace, await context.workspaces()).slug];
    // Words that lift a guard are for people: this asks without any, and hands none on.
    const asking = { ...options, workspace: slugs, quiet: true, mode: 'sync' as const, only: [], allow: [] };
    const prepared = await preparePlan({ ...asking, impact: true, mayRecall: false }, session, open);
    if (prepared.plan === null) throw refuseFiles(prepared.diagnostics);
    const { plan, diagnostics } = prepared;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const stopping = findObjections(plan.violations);
    const canApply = stopping.length === 0 && errors.length === 0;
    const found = pickFindings(plan.findings).shown;
    return {
      answer: describePlan(plan, stopping.length, errors.length),
      can_apply: canApply,
      changes: plan.changes.map((change) => changeRow(change, plan)),
      guards: plan.violations.slice(0, most.guards).map(({ guard, severity, details }) => ({
        guard,
        stops: severity === 'error',
        untrusted: { details: details.slice(0, most.details).map(shortenSaying) },
      })),
      findings: found.slice(0, most.findings).map(({ rule, severity, message }) => ({
        rule,
        severity,
        untrusted: { message: shortenSaying(message) },
      })),
      delta_30_days: moneyOfText(plan.impact?.organisation?.delta ?? null),
      page: wholePage,
      notes: notesOf(plan, errors, found.length),
    };
  },
  show: ({ answer }) => [{ text: answer }],
});

/** Beside the changes nothing grows so long that no page of them has room. Half of a secret has no shape: first it is blanked. */
export function shortenSaying(text: string): string {
  const clean = cleanStrange(text);
  return clean.length > longestSaying ? `${clean.slice(0, longestSaying - 1)}…` : clean;
}

function describePlan(plan: Plan, stopping: number, errors: number): string {
  const guards =
    stopping === 0 ? 'No guard objects' : `${stopping} ${stopping === 1 ? 'guard objects' : 'guards object'}`;
  const stops =
    errors === 0
      ? ''
      : ` ${errors} ${errors === 1 ? 'error keeps its workspace' : 'errors keep their workspaces'} as they are.`;
  // Names that others chose stand under `untrusted` alone.
  const unnamed = { ...plan, recordLines: plan.recordLines.filter(({ action }) => action !== 'adopt') };
  return `${summarizePlan(unnamed)} ${guards}.${stops}`;
}

export function changeRow(change: Change, { impact, names }: Plan): PlanData['changes'][number] {
  const { action, key, cause, direction, source } = change;
  const limits = impact?.changes.find(({ id }) => id === change.id)?.limits ?? [];
  const cost = limits.find(({ unit }) => unit === 'cost');
  return {
    action,
    kind: key.kind,
    workspace: key.workspace,
    cause,
    direction,
    blocked_now: countPeople(limits, 'blocked'),
    freed_now: countPeople(limits, 'freed'),
    per_30_days:
      cost === undefined
        ? null
        : { before: moneyOfText(cost.before?.per_30_days), after: moneyOfText(cost.after?.per_30_days) },
    file: source?.file ?? null,
    line: source?.line ?? null,
    untrusted: { name: key.name, summary: describeChange(change, names) },
  };
}

/** Null: it moves no budget, or the use of one is unknown. */
function countPeople(limits: readonly LimitImpact[], which: 'blocked' | 'freed'): number | null {
  if (limits.length === 0) return null;
  const counts = limits.map(({ use }) => (use.status === 'known' && use.in_doubt === null ? use[which].count : null));
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

function moneyOfText(cents: string | null | undefined): Money | null {
  // Of budgets whole cents are said: a fraction comes of windows that are counted as 30 days.
  return cents === null || cents === undefined ? null : moneyOf({ n: round(fromText(cents)), d: 1n });
}

/** Counts, and never a text of others: those stand with what they are about. */
function notesOf(plan: Plan, errors: readonly unknown[], findings: number): string[] {
  const { violations, withheld, left, notes, unreadable = [], notRead = [], hasRecord } = plan;
  const adopted = plan.recordLines.filter(({ action }) => action === 'adopt').length;
  const warnings = notes.filter(({ severity }) => severity === 'warning').length;
  const say = (count: number, text: string): string[] => (count > 0 ? [`${count} ${text}`] : []);
  return [
    ...(hasRecord
      ? []
      : ['There is no applied record: nothing is deleted, and what was removed from the files is not known.']),
    ...(plan.impact === null && plan.changes.length > 0
      ? ['What the plan does to people and money was not read.']
      : []),
    ...(plan.impact?.doubt == null ? [] : ['No use of a cost budget can be believed.']),
    ...say(errors.length, 'errors in the files or with live names: lint_policies lists those of the files.'),
    ...say(withheld.length, 'changes are outside of what was asked for, and stay owed.'),
    ...say(adopted, 'live objects become managed by an apply.'),
    ...say(left.length, 'moves by hand are left as they are: report_drift names them.'),
    ...say(unreadable.length, 'live rows make no sense and are left alone.'),
    ...say(notRead.filter(({ hasFile }) => hasFile).length, 'places were not read whole.'),
    ...say(warnings, 'warnings: `tollgate plan` shows them.'),
    ...say(Math.max(0, violations.length - most.guards), 'more guards have something to say.'),
    ...say(Math.max(0, findings - most.findings), 'more findings of rules.'),
  ].slice(0, most.notes);
}
