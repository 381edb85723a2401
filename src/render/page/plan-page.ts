/** A plan view as one file of HTML, in the order of the view. */

import type { Source } from '../../diagnostics.ts';
import type { Finding, Plan } from '../../plan/types.ts';
import { leftAdvice } from '../describe-drift.ts';
import { escapeHtml } from '../escape-html.ts';
import { type Cell, describePlace, joinLines, type Line, message, value, words } from '../view/cells.ts';
import { minute } from '../view/days.ts';
import { type FindingView, thenOf } from '../view/news.ts';
import { describeNext } from '../view/next.ts';
import {
  buildPlanView,
  type ChangeView,
  type GroupView,
  type GuardView,
  type PlanView,
  verdictLine,
} from '../view/plan-view.ts';
import { htmlFold, htmlList, htmlSection, htmlTable, writeHtmlLine } from './html-cells.ts';
import { writePage } from './shell.ts';

export function renderPlanPage(plan: Plan): string {
  return writePlanPage(buildPlanView(plan));
}

function writePlanPage(view: PlanView): string {
  const { money, ceilings, summary, digest, asOf, news } = view;
  const next = describeNext(view, 'command');
  const first = view.isNothing ? writeHtmlLine([words(summary)]) : writeHtmlLine(verdictLine(view));
  const committed: Line[] =
    money === null
      ? []
      : [
          [
            words('Committed / 30 days: '),
            ...money.organisation,
            words(money.reach === null ? '' : `, ${money.reach}`),
          ],
        ];
  return writePage({
    title: `Plan for ${view.environment}`,
    lead: [
      `<p>${first}</p>`,
      ...[...committed, ...ceilings].map((line) => `<p>${writeHtmlLine(line)}</p>`),
      ...(next === null ? [] : [`<p><strong>Next:</strong> ${escapeHtml(next)}</p>`]),
    ].join('\n'),
    sections: [
      htmlSection('Guards', guards(view)),
      htmlSection('Settings that judge later changes', textList(view.settings)),
      htmlSection('Who has to approve', textList(view.asked)),
      htmlSection('People', htmlList(view.people)),
      htmlSection('Changes', view.groups.map(group).join('\n')),
      htmlSection(
        'Set by hand, and left',
        view.left.length === 0 ? '' : `<p>${escapeHtml(leftAdvice)}.</p>`,
        htmlList(view.left.map(({ text, source }) => [words(text), ...placed(source)])),
      ),
      htmlSection(
        'New to know',
        htmlList([
          ...view.warnings.map(
            ({ place, message: text }): Line => [words(place === null ? '' : `${place}: `), message(text)],
          ),
          ...news.findings.map(findingLine),
        ]),
      ),
      view.undeclared === null
        ? ''
        : htmlSection(
            'Workspaces without a file',
            htmlList([
              [...view.undeclared.lead, words('. '), { is: 'advice', text: view.undeclared.advice }],
              ...view.undeclared.lines,
            ]),
          ),
      view.isNothing ? '' : htmlSection('In numbers', `<p>${escapeHtml(summary)}</p>`),
      htmlSection('In full', details(view)),
    ],
    foot: [
      ...(asOf === null ? [] : [`<p>As of ${escapeHtml(minute(asOf))}.</p>`]),
      ...(digest === null ? [] : [`<p>Digest <code>${escapeHtml(digest)}</code></p>`]),
    ].join('\n'),
  });
}

function guards({ blocks, warns, lifted }: PlanView): string {
  const list = (all: readonly GuardView[], style: string, verb: string): string[] =>
    all.map(
      ({ guard, details }) =>
        `<li><strong class="${style}">${escapeHtml(guard)}</strong> ${verb}${
          details.length === 0
            ? ''
            : `: ${writeHtmlLine(
                joinLines(
                  details.map((detail) => [message(detail)]),
                  '; ',
                ),
              )}`
        }`,
    );
  const blocked = list(blocks, 'stop', 'blocks').map((item, index) => {
    const word = blocks[index]?.word ?? null;
    const way =
      word === null
        ? '<p>Nothing lifts this guard.</p>'
        : `<p>To allow it for this plan:</p><code class="word">--allow ${escapeHtml(word)}</code>`;
    return `${item}${way}</li>`;
  });
  const others = [...list(warns, 'warn', 'warns'), ...list(lifted, 'fine', 'allowed')].map((item) => `${item}</li>`);
  const all = [...blocked, ...others];
  return all.length === 0 ? '' : `<ul>${all.join('\n')}</ul>`;
}

function group({ name, slug, money, changes }: GroupView): string {
  const isKnown = changes.some(({ limits }) => limits.length > 0);
  const title = slug === null ? name : `${name} · ${slug}`;
  const columns = [
    { head: 'change' },
    { head: 'before → after' },
    ...(isKnown ? [{ head: 'used now' }, { head: 'runs out' }] : []),
  ];
  const rows = changes.map((change) => changeRow(change, isKnown));
  return `<h3>${escapeHtml(title)}</h3>${money === null ? '' : `<p>${writeHtmlLine(money)}</p>`}
${htmlTable(`changes of ${title}`, columns, rows)}`;
}

function changeRow(
  { mark, name, source, gone, isWithheld, what, limits, notes }: ChangeView,
  isKnown: boolean,
): string[] {
  const join = (lines: readonly (Line | null)[]): string =>
    lines
      .filter((line) => line !== null)
      .map(writeHtmlLine)
      .join('<br>');
  const where = [...(isWithheld ? ['withheld'] : []), source === null ? (gone ?? '') : describePlace(source)];
  return [
    `<code>${escapeHtml(mark)}</code> ${escapeHtml(name)}<br><span class="more">${escapeHtml(where.join(' · '))}</span>`,
    join([what, ...limits.flatMap(({ effects }) => effects), ...notes]),
    ...(isKnown
      ? [
          join(limits.map(({ used }) => used)),
          join(limits.flatMap(({ runsOut, firstWindow }) => [runsOut, firstWindow])),
        ]
      : []),
  ];
}

function placed(source: Source | null): Cell[] {
  return source === null ? [] : [words(' · '), value(describePlace(source))];
}

function findingLine({ severity, rule, message: text, then, source, about, also }: FindingView): Line {
  const word: Cell =
    severity === 'silenced'
      ? words(severity)
      : { is: 'verdict', text: severity, verdict: severity === 'error' ? 'stop' : 'warn' };
  const more = also.length === 0 ? '' : ` (and ${also.length} more)`;
  return [
    word,
    words(' '),
    value(rule),
    words(` ${about ?? describePlace(source)}: `),
    message(`${text}. `),
    then,
    words(more),
  ];
}

function details({ news, record, detail }: PlanView): string {
  const finding = ({ source, rule, message: text, fix, silenced }: Finding): Line => [
    value(describePlace(source)),
    words(' '),
    value(rule),
    words(' '),
    message(`${text}. `),
    thenOf({ silenced, fix }),
  ];
  const impact = detail.impact.map(
    ({ placed: name, lines }): Line => [
      words(`${name}: ${lines.map(({ label, text }) => `${label}: ${text}`).join(' · ')}`),
    ],
  );
  return [
    htmlFold('impact', htmlList([...impact, ...detail.footnotes.map((text): Line => [words(text)])])),
    htmlFold('new notes', htmlList(news.notes.map(finding))),
    htmlFold('findings from before this change', htmlList(news.older.map(finding))),
    htmlFold('general notes', htmlList(detail.notes.map((note) => [message(note.message)]))),
    htmlFold('changes to the record alone', textList(record)),
    htmlFold('adopted', textList(detail.adopted)),
    htmlFold('unmanaged', htmlList(detail.unmanaged.map(({ text, id }) => [words(`${text} `), value(id)]))),
    htmlFold('not read, so that limits may be live there', textList(detail.notRead)),
    detail.notJudged.length === 0 ? '' : `<p>Guards not judged: ${escapeHtml(detail.notJudged.join(', '))}.</p>`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function textList(texts: readonly string[]): string {
  return htmlList(texts.map((text) => [words(text)]));
}
