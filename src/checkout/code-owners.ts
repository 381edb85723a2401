/** Whom a CODEOWNERS file names for a path. Pure. */

/**
 * Patterns are those of a .gitignore without `!` and `[…]`; the last one that fits decides, and one without owners leaves a path to nobody.
 *
 * | pattern | fits |
 * |---|---|
 * | `*.yaml` | at any depth |
 * | `/policies/`, `policies/` at the top or below | all that is in the folder |
 * | `/policies` | the file, or all that is in the folder |
 * | `policies/*` | what lies in the folder itself |
 * | `policies/**` | all that is in it |
 *
 * A section of GitLab (`[Limits] @team`) gives its owners to patterns below it that have none of their own.
 *
 * @returns false: nobody
 */
export function hasOwner(text: string, path: string): boolean {
  let owned = false;
  let ofSection = false;
  for (const line of text.split(/\r?\n/)) {
    const words = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .match(/(?:\\.|\S)+/g);
    if (words === null) continue;
    const section = /^\^?\[[^\]]*\](?:\[\d+\])?(.*)$/.exec(words.join(' '));
    if (section !== null) {
      ofSection = isOwner(section[1] ?? '');
      continue;
    }
    const [pattern = '', ...owners] = words;
    if (toRegExp(pattern).test(path)) owned = owners.some(isOwner) || ofSection;
  }
  return owned;
}

function isOwner(text: string): boolean {
  return text.includes('@');
}

function toRegExp(pattern: string): RegExp {
  const bare = pattern.replace(/^\//, '').replace(/\/$/, '');
  // A slash within ties it to the top, as one in front does.
  const isTied = pattern.startsWith('/') || bare.includes('/');
  const parts = bare.split(/(\*\*\/|\/\*\*$|\*\*|\*|\?|\\.)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '/**') return '/.*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return (part.startsWith('\\') ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
  const isFlat = bare.endsWith('/*');
  const below = pattern.endsWith('/') ? '/.*' : isFlat ? '' : '(?:/.*)?';
  return new RegExp(`^${isTied ? '' : '(?:.*/)?'}${parts.join('')}${below}$`, 's');
}
