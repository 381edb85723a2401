/**
 * What CHANGELOG.md says of a version, for the page of the release:
 *
 *     node scripts/release/changelog.mjs v0.1.0
 *
 * It has to stand below `## [0.1.0] - 2026-12-01`, and nothing below `Unreleased`: that would be in the release and not among its news.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Lexer } from 'marked';
import { parseTag, Refusal, runStep } from './tags.mjs';

/** @param text of the changelog. @returns {string} markdown whose links lead into the repository as it was tagged */
export function takeSection(text, { version }, repository) {
  const tokens = Lexer.lex(text);
  const sections = [];
  for (const token of tokens) {
    if (token.type === 'heading' && token.depth <= 2) sections.push({ title: token.text, body: '' });
    else if (token.type !== 'def' && sections.length > 0) sections.at(-1).body += token.raw;
  }
  const titled = (name) => sections.filter(({ title }) => title === name || title.startsWith(`${name} `));
  const [section, second] = titled(`[${version}]`);
  if (section === undefined) throw new Refusal(`CHANGELOG.md has no heading "## [${version}] - DATE"`);
  if (second !== undefined) throw new Refusal(`CHANGELOG.md has two headings of ${version}`);
  const date = /^\S+ - (\d{4}-\d{2}-\d{2})$/.exec(section.title)?.[1];
  if (date === undefined || new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) !== true) {
    throw new Refusal(`CHANGELOG.md: "## ${section.title}" has no date; write "## [${version}] - 2026-12-01"`);
  }
  if (says(section) === '') throw new Refusal(`CHANGELOG.md says nothing of ${version}`);
  for (const open of titled('[Unreleased]')) {
    if (says(open) !== '')
      throw new Refusal(`CHANGELOG.md still holds news below Unreleased: move them below ${version}`);
  }
  const used = tokens.filter(({ type, tag }) => type === 'def' && section.body.toLowerCase().includes(`[${tag}]`));
  const body = [section.body.trim(), used.map(({ raw }) => raw.trim()).join('\n')].filter((part) => part !== '');
  // On the page of a release a link begins nowhere.
  return body.join('\n\n').replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, `](${repository}/blob/v${version}/$1)`);
}

/** Headings alone say nothing. */
function says({ body }) {
  return body.replace(/^#+ .*$/gm, '').trim();
}

export function readSection(version) {
  const { homepage } = JSON.parse(readFileSync('package.json', 'utf8'));
  return takeSection(readFileSync('CHANGELOG.md', 'utf8'), version, homepage.replace(/#.*$/, ''));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runStep(([tag]) => console.log(readSection(parseTag(tag))));
}
