/** Inputs as people paste them: out of a comment, with its backticks, in capitals, with the words around them. Pure. */

import type { ActionInputs } from './types.ts';

export function readAsMeant(inputs: ActionInputs): ActionInputs {
  const { approve, revertDrift, takeOver, move, allow } = inputs;
  const words = allow.flatMap((text) => unquote(text).split(/[\s,;]+/)).map((word) => unquote(word).toLowerCase());
  return {
    ...inputs,
    // Digests and the names of guards are lower-case wherever tollgate prints them.
    approve: textOf(approve?.toLowerCase(), 'approve'),
    revertDrift: textOf(revertDrift?.toLowerCase(), 'revert-drift'),
    takeOver: textOf(takeOver, 'take-over'),
    move: textOf(move?.replace(/\btrue\b/i, 'true'), 'move'),
    // `/tollgate allow WORD` is what the line of a comment says.
    allow: words.filter((word) => word !== '' && word !== '/tollgate' && word !== 'allow' && word !== 'allow:'),
  };
}

/** Null: nothing is left of it. */
function textOf(text: string | null | undefined, name: string): string | null {
  const bare = unquote(unquote(text ?? '').replace(new RegExp(`^${name}\\s*[:=]\\s*`, 'i'), ''));
  return bare === '' ? null : bare;
}

function unquote(text: string): string {
  return text.replace(/^[\s`'"<([]+|[\s`'">)\].,;]+$/g, '');
}
