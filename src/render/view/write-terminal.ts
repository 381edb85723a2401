/** A plan view for people at a terminal: lines end where the terminal does, but for what is to be copied. */

import type { Source } from '../../diagnostics.ts';
import type { Finding } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { leftAdvice } from '../describe-drift.ts';
import { cellsOf, colorsOf, padCells, type TextStyle } from '../style.ts';
import { wrap } from '../wrap.ts';
import { aside, type Cell, describePlace, joinLines, type Line, plainText, verdict, words } from './cells.ts';
import { minute } from './days.ts';
import type { FindingView } from './news.ts';
import { describeNext } from './next.ts';
import { type ChangeView, type GroupView, type GuardView, type PlanView, verdictLine } from './plan-view.ts';
import { fold, type Paper, paintLine, wrapLine } from './terminal-lines.ts';
import { undeclaredLines } from './write-undeclared.ts';

interface Writer extends Paper {
  readonly verbose: boolean;
  /** Base names of files that stand for one path alone. */
  readonly shortNames: ReadonlySet<string>;
}

export function writePlanTerminal(view: PlanView, style: TextStyle, verbose: boolean, hasNext: boolean): string {
  const writer = writerFor(view, style, verbose);
  const lines =
    view.isNothing && !verbose
      ? [...undeclaredLines(view.undeclared, writer), ...closing(view, writer)]
      : wholePlan(view, writer, hasNext);
  return `${lines.join('\n')}\n`;
}

export function writeObjections(view: PlanView, style: TextStyle): string {
  return guardLines(view, writerFor(view, style, false))
    .map((line) => `${line}\n`)
    .join('');
}

function writerFor(view: PlanView, style: TextStyle, verbose: boolean): Writer {
  return { colors: colorsOf(style), columns: style.columns, verbose, shortNames: findShortNames(view) };
}

function wholePlan(view: PlanView, writer: Writer, hasNext: boolean): string[] {
  const { detail } = view;
  const blocks = [
    [
      ...head(view, writer),
      ...guardLines(view, writer),
      ...listed('settings that judge later changes', view.settings, writer),
      ...view.asked.flatMap((sentence) => fold([words(sentence)], '', writer)),
      ...view.people.flatMap((line) => fold(line, '', writer)),
      ...moneyLines(view, writer),
      ...view.ceilings.flatMap((line) => fold([...line, words('.')], '', writer)),
    ],
    view.groups.flatMap((group) => groupLines(group, writer)),
    view.left.length === 0
      ? []
      : [
          ...listed(
            'set by hand, and left',
            view.left.map(({ text, source }) => `${text}${source === null ? '' : ` · ${placeOf(source, writer)}`}`),
            writer,
          ),
          ...fold([{ is: 'aside', text: `${leftAdvice}.` }], '  ', writer),
        ],
    listed('record', [...view.record, ...(writer.verbose ? detail.adopted.map((one) => `adopt ${one}`) : [])], writer),
    writer.verbose ? detailLines(view, writer) : [],
    [
      ...view.warnings.flatMap(({ place, message }) =>
        fold([verdict('warn', 'warning'), words(`${place === null ? '' : ` ${place}`}: ${message}`)], '', writer),
      ),
      ...view.news.findings.flatMap((finding) => findingLines(finding, writer)),
      ...moreLines(view, writer),
      ...undeclaredLines(view.undeclared, writer),
    ],
    writer.verbose ? olderLines(view, writer) : [],
  ].filter((block) => block.length > 0);
  // A blank line after what everybody reads, and around what is asked for.
  const body = blocks.flatMap((block, index) => (index === 0 || writer.verbose ? [...block, ''] : block));
  const next = hasNext ? describeNext(view, 'command') : null;
  const last = [
    ...(view.digest === null ? [] : [`Digest ${view.digest}.`]),
    ...(next === null ? [] : [`Next: ${next}`]),
  ].join(' ');
  return [...body, ...closing(view, writer), ...(last === '' ? [] : fold([aside(last)], '', writer))];
}

/** Where the right column ends: of a wide terminal, and of a pipe, nobody follows a line to its end. */
function edgeOf({ columns }: Writer): number {
  return Math.min(columns, 100);
}

/** The verdict, and at the end of the line of when it is. */
function head(view: PlanView, writer: Writer): string[] {
  const line: Line = [words(`${view.environment}: `), ...verdictLine(view)];
  const asOf = view.asOf === null ? '' : `as of ${minute(view.asOf)}`;
  const length = cellsOf(plainText(line));
  const room = edgeOf(writer) - length - cellsOf(asOf);
  if (asOf === '') return fold(line, '', writer, writer.colors.bold);
  if (room < 2) {
    return fold([...line, { is: 'aside', text: ` (${asOf})` }], '', writer, writer.colors.bold);
  }
  return [`${paintLine(line, writer, writer.colors.bold)}${' '.repeat(room)}${writer.colors.dim(asOf)}`];
}

function guardLines(view: PlanView, writer: Writer): string[] {
  const one = ({ guard, details }: GuardView, cell: (text: string) => Cell): string[] =>
    details.flatMap((detail) => fold([cell(guard), words(`: ${detail}`)], '  ', writer));
  return [
    ...view.blocks.flatMap((block) => [
      ...one(block, (text) => verdict('stop', text)),
      ...(block.word === null ? fold([words('nothing lifts this guard')], '    ', writer) : []),
    ]),
    ...liftingLines(view),
    ...view.warns.flatMap((block) => one(block, (text) => verdict('warn', text))),
    ...view.lifted.flatMap((block) => one(block, (text) => words(`${text} (allowed)`))),
  ];
}

/** Whole, to be copied: one word alone would lift nothing where several guards object. */
function liftingLines({ blocks }: PlanView): string[] {
  const given = [...new Set(blocks.flatMap(({ word }) => word ?? []))];
  if (given.length === 0 || blocks.some(({ word }) => word === null)) return [];
  const flags = given.map((word) => ` --allow ${escapeInvisible(word)}`).join('');
  return ['    to allow it for this plan:', `      tollgate apply${flags}`];
}

function moneyLines({ money }: PlanView, writer: Writer): string[] {
  if (money === null) return [];
  const reach = money.reach === null ? [] : [words(`, ${money.reach}`)];
  return fold([words('Committed / 30 days: '), ...money.organisation, ...reach, words('.')], '', writer);
}

function groupLines({ slug, name, money, changes }: GroupView, writer: Writer): string[] {
  const title = `${writer.colors.bold(name)}${slug === null ? '' : ` · ${slug}`}`;
  const heads = money === null ? [title] : headLines(name, slug, title, money, writer);
  const nameWidth = Math.min(24, Math.max(...changes.map((change) => cellsOf(change.name))));
  return [...heads, ...changes.flatMap((change) => changeLines(change, nameWidth, writer))];
}

/** The amount stands at the right edge; where that is too near, without the slug, which stands in the file as well. */
function headLines(name: string, slug: string | null, title: string, money: Line, writer: Writer): string[] {
  const room = edgeOf(writer) - cellsOf(name) - cellsOf(plainText(money));
  const roomBesideSlug = room - (slug === null ? 0 : cellsOf(` · ${slug}`));
  const amount = paintLine(money, writer);
  if (roomBesideSlug >= 2) return [`${title}${' '.repeat(roomBesideSlug)}${amount}`];
  if (room >= 2) return [`${writer.colors.bold(name)}${' '.repeat(room)}${amount}`];
  return [title, ...fold(money, '  ', writer)];
}

function changeLines(change: ChangeView, nameWidth: number, writer: Writer): string[] {
  const { colors, columns } = writer;
  const { source, gone, isWithheld } = change;
  const paint = { create: colors.green, update: colors.yellow, replace: colors.magenta, delete: colors.red };
  const place = [...(isWithheld ? ['withheld'] : []), source === null ? (gone ?? '') : placeOf(source, writer)].join(
    ' · ',
  );
  // A name that is longer than its column has a line of its own.
  const isLong = cellsOf(change.name) > nameWidth;
  const indent = isLong ? 6 : 4 + nameWidth + 2;
  const what = wrapLine(change.what, Math.max(24, columns - indent), writer);
  const last = what.at(-1);
  const named = `  ${paint[change.action](change.mark)} ${padCells(change.name, nameWidth)}`;
  const heads = what.map(({ painted }, index) =>
    index === 0 && !isLong ? `${named}  ${painted}` : `${' '.repeat(indent)}${painted}`,
  );
  if (isLong) heads.unshift(named);
  // At the end of the last line where there is room, so that most changes take one line.
  const taken = indent + (last?.cells ?? 0);
  const isBeside = columns - taken - cellsOf(place) >= 2;
  if (isBeside) {
    const room = Math.max(2, edgeOf(writer) - taken - cellsOf(place));
    heads[heads.length - 1] += `${' '.repeat(room)}${colors.dim(place)}`;
  }
  const besides = [
    ...change.limits.flatMap(({ used, effects, runsOut, firstWindow }): Line[] => {
      const parts: Line[] = [
        ...(used === null ? [] : [[words(isCount(used) ? 'used ' : ''), ...used]]),
        ...effects,
        ...(firstWindow === null ? [] : [firstWindow]),
        ...(runsOut === null ? [] : [[words(endsWith(runsOut))]]),
      ];
      return parts.length === 0 ? [] : [joinLines(parts, ' · ')];
    }),
    ...change.notes,
  ];
  return [
    ...heads,
    ...(isBeside ? [] : [`      ${colors.dim(place)}`]),
    ...besides.flatMap((line) => fold(line, '      ', writer)),
  ];
}

/** Of what starts with an amount. */
function isCount(used: Line): boolean {
  return /^(?:\$|\d)/.test(plainText(used));
}

/** `runs out Mon 23 Nov`, `does not run out at this pace`. */
function endsWith(runsOut: Line): string {
  const text = plainText(runsOut);
  if (text === 'not known') return 'run-out not known';
  return text === 'not at this pace' ? 'does not run out at this pace' : `runs out ${text}`;
}

/** Notes are not to be acted on, and what was so before is no news: that there is such is enough. */
function moreLines({ isNothing, news: { notes, older } }: PlanView, writer: Writer): string[] {
  const parts = [
    ...(notes.length === 0 ? [] : [`${notes.length} new ${notes.length === 1 ? 'note' : 'notes'}`]),
    ...(older.length === 0
      ? []
      : [`${older.length} ${older.length === 1 ? 'finding' : 'findings'} from before this change`]),
  ];
  if (parts.length === 0 || isNothing || writer.verbose) return [];
  const those = notes.length + older.length === 1 ? 'it' : 'them';
  return fold([words(`${parts.join(', ')}: --verbose lists ${those}.`)], '', writer);
}

function findingLines(finding: FindingView, writer: Writer): string[] {
  const { severity, rule, id, message, then, source, about, also } = finding;
  const word = severity === 'silenced' ? aside(severity) : verdict(severity === 'error' ? 'stop' : 'warn', severity);
  const where = about ?? placeOf(source, writer);
  const more = also.length === 0 ? '' : ` (and ${also.length} more of this rule)`;
  return fold([word, words(` ${rule} (${id}) ${where}: ${message}. `), then, words(more)], '', writer);
}

function olderLines({ news: { notes, older } }: PlanView, writer: Writer): string[] {
  return [
    ...listFindings('new notes', notes, writer),
    ...listFindings('findings from before this change', older, writer),
  ];
}

function listFindings(title: string, findings: readonly Finding[], writer: Writer): string[] {
  if (findings.length === 0) return [];
  return [
    writer.colors.bold(title),
    ...findings.flatMap(({ severity, rule, id, message, fix, source, silenced }) => {
      const word = silenced !== null ? 'silenced' : severity === 'info' ? 'note' : severity;
      const then = silenced !== null ? `Reason: ${silenced}` : fix;
      const place = `${source.file}:${source.line}:${source.column}`;
      return fold([words(`${word} ${rule} (${id}) ${place}: ${message}. ${then}`)], '  ', writer);
    }),
  ];
}

/** Everything known of the changes, and what is about none of them. */
function detailLines({ detail, asOf }: PlanView, writer: Writer): string[] {
  const { colors } = writer;
  const lines: string[] = [];
  if (detail.impact.length > 0) {
    lines.push(`${colors.bold('impact')}${asOf === null ? '' : ` · as of ${minute(asOf)}`}`);
    for (const { placed, lines: own } of detail.impact) {
      lines.push(
        ...fold([words(placed)], '  ', writer),
        ...own.flatMap(({ label, text }) => hanging(label, text, '    ', 9, writer)),
      );
    }
    lines.push(...detail.footnotes.flatMap((text) => fold([{ is: 'aside', text }], '', writer)), '');
  }
  if (detail.unmanaged.length > 0) {
    const unmanaged = detail.unmanaged.flatMap(({ text, id }) => fold([words(text), aside(`  ${id}`)], '  ', writer));
    lines.push(colors.bold('unmanaged'), ...unmanaged, '');
  }
  if (detail.notRead.length > 0)
    lines.push(...listed('not read: limits may be live there', detail.notRead, writer), '');
  lines.push(
    ...detail.notes.flatMap(({ place, message }) =>
      fold([words(`note${place === null ? '' : ` ${place}`}: ${message}`)], '', writer),
    ),
  );
  if (detail.notJudged.length > 0) {
    lines.push(...fold([aside(`Guards not judged: ${detail.notJudged.join(', ')}.`)], '', writer));
  }
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The label stands once, before the first line. */
function hanging(label: string, text: string, indent: string, width: number, { colors, columns }: Writer): string[] {
  const start = Math.max(width, cellsOf(label));
  return wrap(escapeInvisible(text), Math.max(24, columns - indent.length - start - 1)).map((line, index) => {
    const first = padCells(index === 0 ? escapeInvisible(label) : '', start);
    const painted = label === 'blocks' ? colors.red(line) : line;
    return `${indent}${colors.dim(first)} ${painted}`;
  });
}

function listed(title: string, items: readonly string[], writer: Writer): string[] {
  if (items.length === 0) return [];
  return [writer.colors.bold(title), ...items.flatMap((item) => fold([words(item)], '  ', writer))];
}

function closing(view: PlanView, writer: Writer): string[] {
  return fold([words(view.summary)], '', writer, writer.colors.bold);
}

/** The name of the file where it is the only one of that name, as what changes is in few directories. */
function placeOf(source: Source, { shortNames, verbose }: Writer): string {
  const name = source.file.split('/').at(-1) ?? source.file;
  return escapeInvisible(describePlace(!verbose && shortNames.has(name) ? { ...source, file: name } : source));
}

function findShortNames({ groups, news, left }: PlanView): ReadonlySet<string> {
  const sources = [...groups.flatMap(({ changes }) => changes), ...left, ...news.findings].flatMap(
    ({ source }) => source?.file ?? [],
  );
  const paths = new Map<string, Set<string>>();
  for (const path of sources) {
    const name = path.split('/').at(-1) ?? path;
    paths.set(name, (paths.get(name) ?? new Set()).add(path));
  }
  return new Set([...paths].flatMap(([name, own]) => (own.size === 1 ? [name] : [])));
}
