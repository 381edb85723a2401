/**
 * A plan view as GitHub-flavoured markdown, in sections: a comment leaves out whole ones where it has no room. Nothing of a value
 * acts, and what somebody must not miss is in no section that can be left out or folded.
 */

import type { Source } from '../../diagnostics.ts';
import type { Finding } from '../../plan/types.ts';
import { leftAdvice } from '../describe-drift.ts';
import { codeOrText, escapeMarkdown, escapeProse } from '../escape-markdown.ts';
import { bytesOf, chunk, joinWithin, pinned, pinnedList, type Section, shareOut } from '../fit-sections.ts';
import { describePlace, message } from './cells.ts';
import { minute } from './days.ts';
import { writeLine } from './markdown-cells.ts';
import { type FindingView, thenOf } from './news.ts';
import { describeNext } from './next.ts';
import { type ChangeView, type GroupView, type GuardView, type PlanView, verdictLine } from './plan-view.ts';
import { undeclaredMarkdown } from './write-undeclared.ts';

export interface MarkdownPlace {
  /** Of a line of a file at the commit that was planned; null: it is only named. */
  readonly linkTo: ((source: Source) => string) | null;
  /**
   * How a word is given where this is read: as a flag of the command, or in a review of the pull request. `none`: it is read by
   * those who may not give any, and the check on the pull request says it.
   */
  readonly words: 'flag' | 'review' | 'none';
  /** Whether to say what to do next, which where it is carried out is too late. */
  readonly hasNext: boolean;
}

/** For the first line: the verdict, and the money of the organisation. */
export function verdictMarkdown(view: PlanView): string {
  if (view.isNothing) return escapeMarkdown(view.summary);
  const money = view.money === null ? '' : ` · ${writeLine(view.money.organisation)} / 30 days`;
  return `${writeLine(verdictLine(view))}${money}`;
}

/** What stands in the way, and what judges: before everything else. */
export function judgementSections(view: PlanView, place: MarkdownPlace): Section[] {
  return [...blockSections(view, place), ...warningSections(view), ...settingsSections(view), ...askedSections(view)];
}

/** The rest, in the order in which it is asked. */
export function planSections(view: PlanView, place: MarkdownPlace): Section[] {
  return [
    ...moneyAndPeople(view),
    ...changeSections(view, place),
    ...leftSections(view, place),
    ...newsSections(view, place),
    ...(view.isNothing ? [] : [pinned(closingOf(view, place))]),
    ...detailSections(view, place),
  ];
}

/** Who changes what judges changes more than any limit. */
function settingsSections({ settings }: PlanView): Section[] {
  if (settings.length === 0) return [];
  return [pinnedList(settings, '\n- ', escapeProse, (list) => `**settings that judge later changes**\n\n- ${list}`)];
}

/** Who is still to approve belongs to whether it may be applied. */
function askedSections({ asked }: PlanView): Section[] {
  return asked.length === 0 ? [] : [pinnedList(asked, ' ', escapeProse)];
}

/** One table; where it has to be shorter, the long details of its guards are, and never a guard or its word. */
function blockSections({ blocks }: PlanView, place: MarkdownPlace): Section[] {
  if (blocks.length === 0) return [];
  const head = `| blocked because | ${wordHeads[place.words]} |\n|---|---|`;
  const write = (guard: GuardView, details: string): string =>
    `| 🛑 **${guard.guard}**: ${details} | ${wayOf(guard, place)} |`;
  const whole = blocks.map((guard) => guard.details.map(escapeProse).join('; '));
  const table = (details: readonly string[]): string =>
    [head, ...blocks.map((guard, index) => write(guard, details[index] ?? ''))].join('\n');
  const shorten = (bytes: number): string => {
    const sizes = whole.map(bytesOf);
    const shares = shareOut(sizes, Math.max(0, bytes - bytesOf(table([]))));
    return table(
      blocks.map(({ details }, index) => {
        const share = shares[index] ?? 0;
        return share >= (sizes[index] ?? 0) ? (whole[index] ?? '') : joinWithin(details, '; ', share, escapeProse);
      }),
    );
  };
  return [{ body: table(whole), counts: 0, pinned: true, shorten }];
}

const wordHeads: Readonly<Record<MarkdownPlace['words'], string>> = {
  flag: 'to allow it for this plan',
  review: 'an approving review says',
  none: 'what lifts it',
};

function wayOf({ word }: GuardView, { words }: MarkdownPlace): string {
  if (words === 'none') return 'the check on the pull request says';
  if (word === null) return 'nothing lifts this guard';
  return `\`${words === 'review' ? '/tollgate allow' : '--allow'} ${word}\``;
}

/** What only warns, and what a word has lifted. */
function warningSections({ warns, lifted }: PlanView): Section[] {
  const list = (guards: readonly GuardView[], verb: string): Section[] =>
    guards
      .filter(({ details }) => details.length > 0)
      .map(({ guard, details }) =>
        pinnedList(details, '; ', escapeProse, (text) => `⚠️ **guard ${guard} ${verb}:** ${text}`),
      );
  return [...list(warns, 'warns'), ...list(lifted, 'allowed')];
}

function moneyAndPeople({ people, money, ceilings, undeclared }: PlanView): Section[] {
  const lines = people.map((line) => `- ${writeLine(line)}`);
  if (money !== null && money.reach !== null)
    lines.push(`- Committed spend is counted ${escapeMarkdown(money.reach)}.`);
  lines.push(...ceilings.map((line) => `- ${writeLine(line)}`));
  const without = undeclared?.isHeld === false ? undeclaredMarkdown(undeclared) : null;
  if (without !== null) lines.push(without);
  return lines.length === 0 ? [] : [pinned(lines.join('\n'))];
}

function changeSections({ groups }: PlanView, place: MarkdownPlace): Section[] {
  const isKnown = groups.some(({ changes }) => changes.some(({ limits }) => limits.length > 0));
  const columns = ['change', 'before → after', ...(isKnown ? ['used now', 'runs out'] : [])];
  const head = `| ${columns.join(' | ')} |\n|${columns.map(() => '---|').join('')}`;
  const names = groups.map(({ name }) => name);
  const namesakes = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const titled = groups.flatMap((group) =>
    group.changes.map((change, index) => ({ group, change, isFirst: index === 0 })),
  );
  return chunk(titled).map((part) => {
    const rows = part.flatMap(({ group, change, isFirst }, index) => [
      ...(isFirst || index === 0 ? [groupRow(group, isFirst, columns.length, namesakes.has(group.name))] : []),
      changeRow(change, isKnown, place),
    ]);
    return { body: [head, ...rows].join('\n'), counts: part.length };
  });
}

/** @param isNamesake its name alone does not tell which it is; else each change is linked to its file */
function groupRow({ slug, name, money }: GroupView, isFirst: boolean, columns: number, isNamesake: boolean): string {
  const title = `**${escapeMarkdown(name)}**${isFirst ? '' : ' (continued)'}`;
  const more = [
    ...(slug === null || !isNamesake ? [] : [escapeMarkdown(slug)]),
    ...(money === null ? [] : [writeLine(money)]),
  ];
  const cells = [title, more.join(' · '), ...Array.from({ length: columns - 2 }, () => '')];
  return `| ${cells.join(' | ')} |`;
}

function changeRow(
  { mark, name, source, gone, isWithheld, what, limits, notes }: ChangeView,
  isKnown: boolean,
  place: MarkdownPlace,
): string {
  const named = source !== null && place.linkTo !== null ? linkOf(name, source, place.linkTo) : escapeMarkdown(name);
  const where = [
    ...(isWithheld ? ['withheld'] : []),
    ...(source === null ? [gone ?? ''] : place.linkTo === null ? [codeOrText(describePlace(source))] : []),
  ];
  const what_ = [what, ...limits.flatMap(({ effects }) => effects), ...notes]
    .map(writeLine)
    .filter((text) => text !== '')
    .join('<br>');
  const beside = limits.map(({ used, runsOut, firstWindow }) => ({
    used: used === null ? '' : writeLine(used),
    ends: [runsOut, firstWindow]
      .filter((line) => line !== null)
      .map(writeLine)
      .join('<br>'),
  }));
  const join = (cells: readonly string[]): string => cells.filter((text) => text !== '').join('<br>');
  const cells = [
    `\`${mark}\` ${named}${where.length === 0 ? '' : `<br>${where.join(' · ')}`}`,
    what_,
    ...(isKnown ? [join(beside.map(({ used }) => used)), join(beside.map(({ ends }) => ends))] : []),
  ];
  return `| ${cells.join(' | ')} |`;
}

function linkOf(text: string, source: Source, linkTo: (source: Source) => string): string {
  return `[${escapeMarkdown(text)}](${linkTo(source)})`;
}

function leftSections({ left }: PlanView, place: MarkdownPlace): Section[] {
  if (left.length === 0) return [];
  const items = left.map(
    ({ text, source }) => `- ${escapeMarkdown(text)}${source === null ? '' : ` · ${writePlace(source, place)}`}`,
  );
  return chunk(items).map((part, index) => ({
    body: `**set by hand, and left**${index === 0 ? ` · ${escapeMarkdown(leftAdvice)}.` : ' (continued)'}\n\n${part.join('\n')}`,
    counts: part.length,
  }));
}

function newsSections({ warnings, news }: PlanView, place: MarkdownPlace): Section[] {
  const items = [
    ...warnings.map(({ place: at, message: text }) => {
      const where = at === null ? '' : `${escapeMarkdown(at)}: `;
      return `- ⚠️ ${where}${escapeProse(text)}`;
    }),
    ...news.findings.map((finding) => findingItem(finding, place)),
  ];
  return chunk(items).map((part) => ({ body: part.join('\n'), counts: part.length }));
}

function findingItem(
  { severity, rule, message: text, then, source, about, also }: FindingView,
  place: MarkdownPlace,
): string {
  const where =
    about === null
      ? writePlace(source, place)
      : place.linkTo === null
        ? escapeMarkdown(about)
        : linkOf(about, source, place.linkTo);
  const more = also.length === 0 ? '' : ` (and ${also.length} more)`;
  const mark = { error: '🛑', warning: '⚠️', silenced: '🔇' }[severity];
  return `- ${mark} \`${rule}\` ${where}: ${writeLine([message(`${text}. `), then])}${more}`;
}

function closingOf(view: PlanView, place: MarkdownPlace): string {
  const next = place.hasNext ? describeNext(view, place.words === 'review' ? 'review' : 'command') : null;
  return `${escapeMarkdown(view.summary)}${next === null ? '' : ` **Next:** ${escapeMarkdown(next)}`}`;
}

function detailSections({ news, record, detail, asOf, undeclared }: PlanView, place: MarkdownPlace): Section[] {
  const item = (text: string): string => `- ${escapeMarkdown(text)}`;
  const finding = ({ source, rule, message: text, fix, silenced }: Finding): string => {
    const said = writeLine([message(`${text}. `), thenOf({ silenced, fix })]);
    return `- ${writePlace(source, place)} \`${rule}\` ${said}`;
  };
  const when = asOf === null ? [] : [`- as of ${minute(asOf)}`];
  return [
    ...(detail.notJudged.length === 0
      ? []
      : [{ body: `Guards not judged: ${detail.notJudged.join(', ')}.`, counts: 1 }]),
    ...foldSection(count(news.notes, 'new note'), news.notes.map(finding)),
    ...foldSection(`${count(news.older, 'finding')} from before this change`, news.older.map(finding)),
    // Where something holds all of them there is time to unfold it.
    ...(undeclared?.isHeld === true
      ? foldSection(`${Math.max(1, undeclared.lines.length)} without a file`, [undeclaredMarkdown(undeclared) ?? ''])
      : []),
    ...foldSection(
      count(detail.notes, 'general note'),
      detail.notes.map(({ message: text }) => `- ${escapeProse(text)}`),
    ),
    ...foldSection('impact in full', [
      ...(detail.impact.length === 0 ? [] : when),
      ...detail.impact.map(({ placed, lines }) => {
        const said = lines.map(({ label, text }) => `${label}: ${escapeMarkdown(text)}`);
        return `- ${escapeMarkdown(placed)}: ${said.join(' · ')}`;
      }),
      ...detail.footnotes.map(item),
    ]),
    ...foldSection(`${count(record, 'change')} to the record alone`, record.map(item)),
    ...foldSection(`${detail.adopted.length} adopted`, detail.adopted.map(item)),
    ...foldSection(unmanagedTitle(detail), [
      ...detail.unmanaged.map(({ text, id }) => `- ${escapeMarkdown(text)} ${codeOrText(id)}`),
      ...detail.notRead.map((text) => item(`not read, so that limits may be live there: ${text}`)),
    ]),
  ];
}

function unmanagedTitle({ unmanaged, notRead }: PlanView['detail']): string {
  if (unmanaged.length === 0) return 'where limits may be live that were not read';
  return `${unmanaged.length} unmanaged${notRead.length > 0 ? ', of what was read' : ''}`;
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
}

const itemsUnfolded = 200;

export function foldSection(title: string, items: readonly string[]): Section[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, itemsUnfolded);
  const more = items.length > shown.length ? [`- and ${items.length - shown.length} more`] : [];
  return [{ body: `**${title}**\n\n${[...shown, ...more].join('\n')}`, counts: items.length, fold: title }];
}

function writePlace(source: Source, { linkTo }: MarkdownPlace): string {
  return linkTo === null ? codeOrText(describePlace(source)) : linkOf(describePlace(source), source, linkTo);
}
