import { exitCodes } from '../../exit-codes.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import { applySettings, settingsInForce } from '../../guards/in-force.ts';
import { compareDeclared } from '../../plan/compare-declared.ts';
import { changeId } from '../../plan/make-change.ts';
import { settingsOf } from '../../plan/settings.ts';
import type { Finding } from '../../plan/types.ts';
import { compilePolicies } from '../../policy/compile.ts';
import { describeChange, describeKey } from '../../render/describe-change.ts';
import { renderDiagnosticsMarkdown } from '../../render/diagnostics.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { pickFindings, renderFindingsMarkdown, toDiagnostics } from '../../render/findings.ts';
import { buildFileFacts, findInFiles } from '../../rules/find.ts';
import { loadPolicies } from '../../run/load-policies.ts';
import { folderOf, openCheckoutOf } from '../../run/open-record.ts';
import { surroundingsOf } from '../../run/settings-in-force.ts';
import { annotateDiagnostics, annotateEdits } from './annotate.ts';
import { invalidFiles } from './plan.ts';
import type { ActionResult, ActionRun } from './types.ts';

/**
 * For a pull request from a fork or by Dependabot, and for runs without a key: what the edit asks for, from the files of base
 * and head alone. No secret is needed and none is looked for; live is not read, and the summary says so.
 */
export async function previewEdit(run: ActionRun, pull: PullRequestFacts | null): Promise<ActionResult> {
  const { inputs, session } = run;
  const { desired, files, diagnostics } = await loadPolicies({ dir: inputs.directory }, session);
  if (desired === null) return invalidFiles(diagnostics);
  const before = pull === null ? null : await readBase(run, pull.base);
  const changes = before === null ? [] : compareDeclared(before.desired, desired);
  const byId = new Set(changes.map(({ id }) => id));
  // By the settings and silences that are merged: an edit does not lower the rules that judge it.
  const base = before?.desired ?? null;
  const place = { isPublic: true, inAction: true };
  const inForce = settingsInForce(base && settingsOf(base), [settingsOf(desired)], surroundingsOf(place));
  const facts = buildFileFacts(applySettings(desired, inForce), files, inForce.review);
  const findings = findInFiles(facts).map((finding): Finding => {
    const id = finding.entry === null ? null : changeId(finding.entry);
    return id !== null && byId.has(id) ? { ...finding, change: id } : finding;
  });
  const lines = [
    '### What this edit asks for',
    '',
    '> The control plane was not read: this run has no key. What a merge would change live is not known.',
    '',
  ];
  if (before === null) lines.push('The files before the edit could not be read, so there is nothing to compare with.');
  else if (changes.length === 0) lines.push('Nothing: the files say what they said before.');
  else {
    lines.push('| | what | change |', '|---|---|---|');
    for (const change of changes) {
      const place = change.key.workspace === null ? 'organisation' : change.key.workspace;
      const cells = [change.action, `${describeKey(change.key)} (${place})`, describeChange(change, {})];
      lines.push(`| ${cells.map(escapeMarkdown).join(' | ')} |`);
    }
  }
  return {
    exit: exitCodes.ok,
    outputs: { 'has-changes': String(changes.length > 0), summary: `${changes.length} edits; live was not read` },
    summary: `${[...lines, '', ...renderFindingsMarkdown(findings)].join('\n')}\n${diagnostics.length > 0 ? `\n${renderDiagnosticsMarkdown(diagnostics)}` : ''}`,
    annotations: [
      ...annotateDiagnostics([...diagnostics, ...toDiagnostics(pickFindings(findings).shown)]),
      ...annotateEdits(changes),
    ],
    failure: null,
    warnings: [],
  };
}

/** Null when the base is not to be had; files that did not compile before count as none. */
async function readBase(run: ActionRun, base: string): Promise<ReturnType<typeof compilePolicies> | null> {
  const options = { dir: run.inputs.directory };
  const checkout = await openCheckoutOf(options, run.session);
  if (checkout === null) return null;
  try {
    const files = await checkout.readFilesAtCommit(base, await folderOf(options, run.session));
    return compilePolicies(files.map(({ path, text }) => ({ path: `${run.inputs.directory}/${path}`, text })));
  } catch {
    // A shallow clone without access to its remote, as in a fork's run: the edit is valid all the same.
    return null;
  }
}
