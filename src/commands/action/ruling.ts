import type { WordLine } from '../../approvals/lifted.ts';
import type { MergedPull } from '../../approvals/read-windows.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { escapeInvisible } from '../../printable.ts';
import type { ApplyRuling } from '../../run/apply.ts';

/** What an apply of the Action may do, and what those who read of it have to know. */
export interface Ruling {
  /** Null: nothing at all. */
  readonly verdict: ApplyRuling | null;
  readonly refusal: { readonly exit: ExitCode; readonly message: string } | null;
  /** What is owed for want of a word. */
  readonly owed: readonly OwedItem[];
  /** Words that would lift what objects. */
  readonly lines: readonly WordLine[];
  /** How what is owed comes to be applied. */
  readonly ways: string | null;
}

export interface OwedItem {
  /** What and why, in a line. */
  readonly text: string;
  /** Pull requests without which it would not be owed. */
  readonly pulls: readonly number[];
}

export function describeOwed(id: string, reasons: readonly string[]): string {
  // Lines are an error's and its advice's: a name has none.
  return escapeInvisible(`${id}: ${reasons.join('; ')}`);
}

/** The ways on for a pull request that lacks a word. */
export function describeWays(
  pulls: readonly Pick<MergedPull, 'pull'>[],
  digest: string,
  named: readonly string[] = [],
): string {
  const who = named.length === 0 ? '' : `, where a rule asks ${named.join(' and ')} by them`;
  const review =
    pulls.length === 0
      ? ''
      : `have ${pulls.map(({ pull }) => `#${pull.number}`).join(', ')} approved by somebody without a part in it${who}, a review after the merge counts, and run the workflow again; or `;
  return `${review}have somebody without a part in it run the workflow by hand with approve: ${digest.slice(0, 32)}`;
}
