/** What a run of `notify` says of itself. */

import { escapeInvisible } from '../printable.ts';
import type { NotifyDocument } from './documents/notify.ts';
import { escapeProse } from './escape-markdown.ts';
import { jsonVersion, renderJson } from './json.ts';

export interface NotifyLine {
  readonly kind: string;
  readonly title: string;
  readonly channel: string;
  readonly recipients: readonly string[];
  /** `due`: a dry run. */
  readonly state: 'told' | 'in-part' | 'failed' | 'due';
  /** Null: there is nothing to say. */
  readonly why: string | null;
}

export interface NotifyView {
  readonly lines: readonly NotifyLine[];
  /** Messages that another run is sending. */
  readonly taken: number;
  /** What could not be read, so that nobody can be told of it. */
  readonly gaps: readonly string[];
  /** Why nobody can be told of anything; null: somebody can. */
  readonly nobody: string | null;
  /** Nobody is to be named. */
  readonly counts: boolean;
  /** Everybody who was to be told was. */
  readonly ok: boolean;
}

export function renderNotify(view: NotifyView, format: 'text' | 'json' | 'markdown'): string {
  return format === 'json' ? renderJson(notifyDocument(view)) : renderText(view);
}

/**
 * For a job's summary, which more people read than are told: addresses are counted.
 *
 * @param isPublic anybody reads it: of what was told only the kind is said
 */
export function renderNotifyMarkdown(view: NotifyView, isPublic: boolean): string {
  const { lines, taken, gaps } = view;
  const said = lines.map(({ kind, state, channel, recipients, title, why }) => {
    const to =
      recipients.length === 0 ? '' : ` (${recipients.length} ${recipients.length === 1 ? 'address' : 'addresses'})`;
    if (isPublic) return `- ${words[state]} ${escapeProse(channel)}${to}: ${kind}`;
    return `- ${words[state]} ${escapeProse(channel)}${to}: ${escapeProse(title)}${why === null ? '' : `: ${escapeProse(why)}`}`;
  });
  const more = [
    ...(taken === 0 ? [] : [`- ${taken} ${taken === 1 ? 'message is' : 'messages are'} being sent by another run`]),
    // A row is named where it cannot be read.
    ...(isPublic
      ? gaps.length === 0
        ? []
        : [`- not known: ${gaps.length} ${gaps.length === 1 ? 'thing' : 'things'}, see \`tollgate notify --dry-run\``]
      : gaps.map((gap) => `- not known: ${escapeProse(gap)}`)),
  ];
  return `### ${escapeProse(summarizeNotify(view))}\n\n${[...said.slice(0, mostLines), ...cut(said.length), ...more].join('\n')}\n`;
}

const mostLines = 200;

function cut(count: number): string[] {
  return count > mostLines ? [`- and ${count - mostLines} more`] : [];
}

function renderText({ lines, taken, gaps, nobody, counts }: NotifyView): string {
  const said = lines.map((line) => {
    const to = line.recipients.length === 0 || counts ? '' : ` (${line.recipients.join(', ')})`;
    const why = line.why === null ? '' : `: ${line.why}`;
    return `${words[line.state]} ${line.channel}${to}: ${line.title}${why}`;
  });
  const more = [
    ...(taken === 0 ? [] : [`${taken} ${taken === 1 ? 'message is' : 'messages are'} being sent by another run.`]),
    ...gaps.map((gap) => `Not known: ${gap}`),
    summarizeNotify({ nobody, lines }),
  ];
  return `${[...said, ...more].map(escapeInvisible).join('\n')}\n`;
}

const words: Readonly<Record<NotifyLine['state'], string>> = {
  told: 'told by',
  'in-part': 'told in part by',
  failed: 'not told by',
  due: 'would tell by',
};

/** One line. */
export function summarizeNotify({ nobody, lines }: Pick<NotifyView, 'nobody' | 'lines'>): string {
  return nobody ?? summarize(lines);
}

function summarize(lines: readonly NotifyLine[]): string {
  const count = (state: NotifyLine['state']): number => lines.filter((line) => line.state === state).length;
  if (lines.length === 0) return 'Nothing to tell.';
  if (count('due') > 0) return `${count('due')} to tell; nothing was sent, and nothing is remembered.`;
  const failed = count('failed') + count('in-part');
  return failed === 0
    ? `${lines.length} told.`
    : `${count('told')} told, ${failed} not or not to everybody: the next run tries what can be tried again.`;
}

function notifyDocument({ lines, taken, gaps, nobody, counts, ok }: NotifyView): NotifyDocument {
  return {
    version: jsonVersion,
    ok,
    tellings: lines.map(({ recipients, ...line }) => ({
      ...line,
      recipients: counts ? recipients.length : recipients,
    })),
    taken,
    gaps,
    nobody,
  };
}
