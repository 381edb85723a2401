import { z } from 'zod';
import { checkFiles } from '../run/check-files.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const severities = ['error', 'warning', 'info'] as const;

const input = () => z.strictObject({ severity: z.enum(severities).optional(), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    ok: z.boolean(),
    problems: z.array(
      z.object({
        rule: z.string(),
        severity: z.enum(severities),
        silenced: z.boolean(),
        file: z.string(),
        line: z.number(),
        column: z.number(),
        untrusted: untrustedSchema('message', 'fix'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type LintData = z.infer<ReturnType<typeof output>>;

export const lintPoliciesTool = defineTool<z.infer<ReturnType<typeof input>>, LintData>({
  name: 'lint_policies',
  twin: 'validate',
  toolset: 'policies',
  effect: 'read',
  purpose: 'Lists every problem of the policy files and what the rules find in them, with file and line.',
  hints: 'Files alone, without a key: what they would change says plan_policies. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'problems',
  async run({ severity }, { options, session }) {
    const { ok, files, diagnostics, findings } = await checkFiles(options, session);
    const all: LintData['problems'] = [
      ...diagnostics.map(({ code, severity, message, source }) => ({
        rule: code,
        severity,
        silenced: false,
        ...source,
        untrusted: { message, fix: null },
      })),
      ...findings.map(({ rule, severity, message, fix, source, silenced }) => ({
        rule,
        severity,
        silenced: silenced !== null,
        ...source,
        untrusted: { message, fix },
      })),
    ];
    const problems = all.filter((one) => severity === undefined || one.severity === severity).sort(compareProblems);
    const count = (of: (typeof severities)[number]): number =>
      all.filter((one) => one.severity === of && !one.silenced).length;
    return {
      answer:
        `${files.length} policy ${files.length === 1 ? 'file' : 'files'}: ${count('error')} errors, ` +
        `${count('warning')} warnings, ${count('info')} notes; ${ok ? 'they can be planned' : 'nothing is planned before the errors are mended'}.`,
      ok,
      problems,
      page: wholePage,
      notes: diagnostics.some((one) => one.severity === 'error')
        ? ['Files with errors are not judged by the rules: more may be found once they are mended.']
        : [],
    };
  },
  show: ({ answer }) => [{ text: answer }],
});

type Problem = LintData['problems'][number];

/** What stops a plan first, then by place. */
function compareProblems(a: Problem, b: Problem): number {
  const rank = ({ severity, silenced }: Problem): number => (silenced ? 9 : severities.indexOf(severity));
  return (
    rank(a) - rank(b) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column
  );
}
