/** The last rule before something is shown: what single writers forgot to escape must not act on a terminal or on a runner. */

/** All but line ends and tabs; a carriage return too, which ends a line for the runner. */
const control = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
const colour = /(\u001b\[[0-9;]*m)/;

export interface Screen {
  /** Colours are asked for: their sequences stay. */
  readonly color: boolean;
  /** A runner of GitHub Actions reads along, and takes lines such as `::add-mask::` for commands. */
  readonly isWorkflow: boolean;
}

export function renderForScreen(text: string, { color, isWorkflow }: Screen): string {
  const parts = color ? text.split(colour) : [text];
  const safe = parts.map((part, index) => (index % 2 === 1 ? part : part.replace(control, writeOut))).join('');
  return isWorkflow ? safe.replace(/^([ \t]*)::/gm, '$1\\::').replaceAll('##[', '#\\#[') : safe;
}

function writeOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
