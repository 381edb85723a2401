/** What the commit of a proposal says, and whether one that is there says nothing else. Pure. */

import { isLogin } from '../approvals/part-takers.ts';
import type { Proposal } from './proposal.ts';
import { type ProposalWords, type Requester, titleOf } from './proposal-words.ts';

/** A caller is to be called what they are called on GitHub; a name of another form is not an account's. */
export function requesterOf(caller: string): Requester {
  return { name: caller, isAccount: isLogin(caller) };
}

/**
 * What stands behind `Requested-by:`. In the form of a login only what is one: two people have to approve where it is not, and
 * nobody else's review is set aside.
 */
export function trailerOf({ name, isAccount }: Requester): string {
  if (isAccount && isLogin(name)) return `@${name}`;
  const plain = name
    .replace(/[^\p{L}\p{M}\p{N} .@_-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 100)
    .trim();
  return `"${plain === '' ? 'unknown' : plain}"`;
}

/**
 * The trailers are read when the pull request is judged: who asked had a part in it.
 *
 * @param before trailers of those who asked for it before, where it is made anew
 */
export function commitMessage(words: ProposalWords, before: readonly string[] = []): string {
  const { asker, isUrgent, reason, isAlone } = words;
  const by = asker.isAgent ? 'Written by an agent.' : 'Written with tollgate propose.';
  const said = reason === null ? '' : plainReason(reason);
  const why = [
    ...(isAlone && isUrgent ? [urgentLine] : []),
    ...(isAlone && said !== '' ? [`${reasonStart}${said}`] : []),
  ];
  const now = asker.requester === null ? [] : [trailerOf(asker.requester)];
  const trailers = [...before.filter((one) => !isNamed(now, one)), ...now];
  const paragraphs = [
    titleOf({ ...words, isUrgent: false }),
    `${by}${bodyEnd}`,
    ...why,
    ...(trailers.length === 0 ? [] : [trailers.map((one) => `${trailerStart}${one}`).join('\n')]),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

const bodyEnd = ' Nothing changes before it is merged.';
const urgentLine = 'It is urgent.';
const reasonStart = 'Reason given: ';
const trailerStart = 'Requested-by: ';

export function isNamed(trailers: readonly string[], one: string): boolean {
  return trailers.some((other) => other.toLowerCase() === one.toLowerCase());
}

/**
 * Words and amounts: what Git, GitHub or a CI system would act on (trailers, mentions, numbers of issues, addresses, `[skip ci]`) is
 * left out. Equal to itself when it is made of itself.
 */
export function plainReason(text: string): string {
  return text
    .replace(/[^\p{L}\p{M}\p{N} .,;:!?'"()%$€£&+=/-]+/gu, ' ')
    .replace(/:?\/{2,}/g, ' ')
    .replace(/\bGH-(?=\d)/gi, 'GH ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500)
    .trim();
}

/** Who a proposal's commit says asked for it, as it stands there; null: it says something that no proposal of this writes. */
export function readRequesters(message: string, workspace: string, proposal: Proposal): readonly string[] | null {
  const [title = '', ...paragraphs] = message.replace(/\n+$/, '').split('\n\n');
  if (!isTitle(title, workspace, proposal)) return null;
  const last = paragraphs.at(-1) ?? '';
  const lines = last.startsWith(trailerStart) ? last.split('\n') : [];
  const trailers = lines.map((line) => line.slice(trailerStart.length));
  const isOurs =
    lines.every((line) => line.startsWith(trailerStart)) &&
    trailers.every((one) => trailerOf(readTrailer(one)) === one);
  const [by = '', ...why] = lines.length === 0 ? paragraphs : paragraphs.slice(0, -1);
  const hasOurBody = /^Written (?:by an agent|with tollgate propose)\./.test(by) && by.endsWith(`.${bodyEnd}`);
  const isPlain = why.every(
    (one) => one === urgentLine || (one.startsWith(reasonStart) && isPlainReason(one.slice(reasonStart.length))),
  );
  return isOurs && hasOurBody && by.length < 80 && isPlain ? trailers : null;
}

/** Of a commit that has no pull request to say it. */
export function saysUrgent(message: string): boolean {
  return message.split('\n\n').includes(urgentLine);
}

function isPlainReason(text: string): boolean {
  return plainReason(text) === text;
}

function readTrailer(trailer: string): Requester {
  const isAccount = trailer.startsWith('@');
  return { name: isAccount ? trailer.slice(1) : trailer.slice(1, -1), isAccount };
}

/** To make an entry and to change it into the same are one wish, and so are two spellings of an amount. */
function isTitle(title: string, workspace: string, proposal: Proposal): boolean {
  const { action } = proposal;
  const wishes: readonly Proposal[] =
    action === 'create' || action === 'set'
      ? (['create', 'set'] as const).map((one) => ({ ...proposal, action: one, fields: new Map() }))
      : [proposal];
  return wishes.some((wish) => {
    const start = titleOf({ workspace, proposal: wish, isUrgent: false });
    return title.startsWith(start) && /^(?:, [\w$.,/ %]{1,40}){0,2}$/.test(title.slice(start.length));
  });
}
