/** Findings and problems as SARIF 2.1.0, which GitHub code scanning and editors read. */

import type { Log, ReportingDescriptor, Result } from 'sarif';
import { compareText, type Diagnostic, type Severity, sortDiagnostics } from '../diagnostics.ts';
import { digestOf } from '../plan/digest.ts';
import type { Finding, PlanNote } from '../plan/types.ts';

/** A rule as readers of a result see it. */
export interface RuleDescription {
  readonly name: string;
  readonly id: string;
  readonly severity: Severity;
  readonly finds: string;
  readonly why: string;
  readonly fix: string;
}

export interface SarifInput {
  /** Of tollgate. */
  readonly version: string;
  readonly rules: readonly RuleDescription[];
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly Finding[];
  /** Those with a place are told too. */
  readonly notes?: readonly PlanNote[];
}

const sarifSchema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<
  Severity,
  Result['level']
>;

export function renderSarif(input: SarifInput): string {
  return `${JSON.stringify(buildSarif(input), null, 2)}\n`;
}

export function buildSarif({ version, rules, diagnostics, findings, notes = [] }: SarifInput): Log {
  const placed = notes.flatMap(({ code, severity, message, source }): Diagnostic[] =>
    source === null ? [] : [{ code, severity, message, source }],
  );
  const problems = sortDiagnostics([...diagnostics, ...placed]);
  const known = new Set(rules.map(({ name }) => name));
  const codes = [...new Set(problems.map(({ code }) => code))].filter((code) => !known.has(code)).sort(compareText);
  const descriptors = [...rules.map(describeRule), ...codes.map((id): ReportingDescriptor => ({ id }))];
  const indexOf = new Map(descriptors.map(({ id }, index) => [id, index]));
  const toResult = (problem: Diagnostic, key: unknown): Result => ({
    ruleId: problem.code,
    ruleIndex: indexOf.get(problem.code) ?? -1,
    level: levels[problem.severity],
    message: { text: problem.message },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(problem.source.file) }, region: regionOf(problem) } },
    ],
    // Lines move; what a result is about does not.
    partialFingerprints: { 'tollgate/v1': digestOf([problem.code, problem.source.file, key]) },
  });
  return {
    $schema: sarifSchema,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tollgate', semanticVersion: version, rules: descriptors } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...problems.map((problem) => toResult(problem, problem.message)),
          ...findings.map((finding): Result => {
            const { rule, severity, message, fix, source, entry, silenced } = finding;
            const result = toResult({ code: rule, severity, message: `${message}. ${fix}`, source }, entry ?? message);
            return silenced === null
              ? result
              : { ...result, suppressions: [{ kind: 'inSource', justification: silenced }] };
          }),
        ],
      },
    ],
  };
}

function describeRule({ name, id, severity, finds, why, fix }: RuleDescription): ReportingDescriptor {
  return {
    id: name,
    name: id,
    shortDescription: { text: `Finds ${finds}.` },
    fullDescription: { text: why },
    help: { text: fix, markdown: `${why}\n\n**Fix:** ${fix}` },
    defaultConfiguration: { level: levels[severity] },
  };
}

/** Paths are relative, with forward slashes. */
function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

function regionOf({ source, end }: Diagnostic): {
  startLine: number;
  startColumn: number;
  endLine?: number;
  endColumn?: number;
} {
  const start = { startLine: source.line, startColumn: source.column };
  return end === undefined ? start : { ...start, endLine: end.line, endColumn: end.column };
}
