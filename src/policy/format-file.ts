/** One policy file in its layout, or what is wrong with it: what cannot be read is left as it is. Pure. */

import { type Diagnostic, hasErrors } from '../diagnostics.ts';
import { fileKinds } from './file-keys.ts';
import { formatText } from './format-text.ts';
import { parsePolicyFile } from './parse.ts';
import { collectInto, startOf } from './report.ts';
import { isRefused } from './yaml-splice.ts';

export interface FormattedFile {
  /** As it was where there is a diagnostic. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** @param path for messages */
export function formatFile(text: string, path: string): FormattedFile {
  const { root, diagnostics } = parsePolicyFile(text, path);
  if (hasErrors(diagnostics)) return { text, diagnostics };
  const found: Diagnostic[] = [];
  const report = collectInto(found);
  const kind = root?.type === 'map' ? root.fields.find(({ key }) => key === 'kind')?.node : undefined;
  if (kind?.type !== 'scalar' || !Object.hasOwn(fileKinds, kind.text)) {
    const kinds = Object.keys(fileKinds).map((name) => `\`kind: ${name}\``);
    const said = `this is not a policy file: it says none of ${kinds.join(', ')} at its top level`;
    report('missing-kind', startOf(path), said);
    return { text, diagnostics: found };
  }
  const formatted = formatText(text);
  if (!isRefused(formatted)) return { text: formatted.text, diagnostics: [] };
  report('no-layout', startOf(path), `the layout is left as it is: ${formatted.refusal}`, 'info');
  return { text, diagnostics: found };
}
