/**
 * What must not be printed as it is, since names come from live objects and pull requests: control characters and marks that
 * hide text or turn its direction (they act on a terminal), blanks other than the space, letters that show as nothing, and
 * marks that have no letter to stand on.
 */
const unseen = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]|(?! )\p{Zs}|[\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]`;
const invisible = new RegExp(String.raw`${unseen}|(?<![\p{L}\p{M}\p{N}\p{S}])\p{M}+|(?<=\p{M}{4})\p{M}+`, 'gu');

/** The same without newlines, and without marks, which hang on the letter before them. */
const unseenInLine = new RegExp(String.raw`(?!\n)(?:${unseen})`, 'gu');

export function hasUnseen(text: string): boolean {
  return text.search(unseenInLine) >= 0;
}

/** @param write by code point */
export function replaceUnseen(text: string, write: (point: number) => string): string {
  return text.replace(unseenInLine, (character) => write(character.codePointAt(0) ?? 0));
}

/** Newlines and what cannot be seen, written out. */
export function escapeInvisible(text: string): string {
  // Nearly every text is plain.
  if (/^[ -~]*$/.test(text)) return text;
  return showApart(text).replace(invisible, (characters) => [...characters].map(writeOut).join(''));
}

/** Accents that follow their letter look like letters that have theirs: two names of one look are two. */
function showApart(text: string): string {
  if (text === text.normalize('NFC')) return text;
  return text.replace(/\P{M}\p{M}*/gu, (shown) => {
    if (shown === shown.normalize('NFC')) return shown;
    const [letter = '', ...marks] = shown;
    return marks.length === 0 ? writeOut(letter) : letter + marks.map(writeOut).join('');
  });
}

function writeOut(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
