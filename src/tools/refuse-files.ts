import type { Diagnostic } from '../diagnostics.ts';
import { ToolRefusal } from './refusal.ts';

/** Files with errors: nothing that depends on them is answered before they are mended. */
export function refuseFiles(diagnostics: readonly Diagnostic[]): ToolRefusal {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  return new ToolRefusal('invalid_input', `the policy files have errors: ${first?.message ?? 'see lint_policies'}`, {
    hint: 'lint_policies, or `tollgate validate`, shows all of them.',
    details: { errors: errors.length, file: first?.source.file ?? null, line: first?.source.line ?? null },
  });
}
