/**
 * Markdown that was written for GitHub into what does the same on GitLab and nothing more: GitLab looks for references of its own in the
 * text that a reader sees, after entities, and carries out lines that begin with a slash (docs/service-notes.md#gitlab-markdown).
 */

/** A space of no width: it parts a sigil from what it would point at. */
const apart = '&#8203;';

/** What stands in code is no reference; what is in a hidden comment or an address must stay as it is. */
const untouched = /(<!--[^\n]*?-->|`[^`\n]+`|\]\([^()\s]*\)|<\/?[a-z]+(?:\s[^<>\n]*)?>)/;

/** @param markdown of `escapeMarkdown` and of our own markup: everything in it that acts in CommonMark is escaped already */
export function inertOnGitLab(markdown: string): string {
  return markdown.split('\n').map(inertLine).join('\n');
}

function inertLine(line: string): string {
  const parts = line.split(untouched).map((part, index) => (index % 2 === 1 ? part : inertText(part)));
  return withoutCommand(parts.join(''));
}

/**
 * | text | would be |
 * |---|---|
 * | `&#64;name`, `&#35;1`, `&#126;label`, `&#91;epic:1`, `&#58;emoji:` | what `escapeMarkdown` wrote, decoded before GitLab looks |
 * | `!1`, `%1.0`, `^1` | a merge request, a milestone, an alert |
 * | `$1` | a snippet; two of them would be a formula |
 * | `PROJ-1` | an issue of Jira, which is told that it was mentioned |
 * | `{+ … +}` | words marked as added or removed |
 */
function inertText(text: string): string {
  return text
    .replace(/&#(?!8203;)\d+;(?!&#8203;)/g, (entity) => entity + apart)
    .replace(/\$(?=\d)/g, `&#36;${apart}`)
    .replace(/[!%^](?=[\p{L}\p{N}_"])|[{](?=[+-])|\b[A-Z][A-Z0-9_]+(?=-\d)/gu, (sigil) => sigil + apart);
}

/** GitLab takes only what stands at the very beginning; whatever may stand before it in a list, a quote or by indentation is taken along. */
function withoutCommand(line: string): string {
  return line.replace(/^([\s>*+-]*)\//, (_, before: string) => `${before}&#47;`);
}
