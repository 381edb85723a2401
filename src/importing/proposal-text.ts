/** What a proposal says of itself: title, commit and body. Pure. Nothing that others wrote acts in any of them. */

import type { Change } from '../plan/types.ts';
import { escapeMarkdown } from '../render/escape-markdown.ts';
import { commentBytes, fitSections, pinned } from '../render/fit-sections.ts';
import { listFew } from '../render/list-few.ts';
import { buildPlanView } from '../render/view/plan-view.ts';
import { judgementSections, planSections, verdictMarkdown } from '../render/view/write-markdown.ts';
import type { ProposedPlan } from './compare-plans.ts';
import { labelOfTarget, type Proposal, plainWord } from './proposal.ts';

export interface Asker {
  readonly isAgent: boolean;
  /** Whose word it is: of the token, or of the server's identity. Never what an argument says. */
  readonly requester: string;
  /** What the client calls itself; null: it does not say. */
  readonly client: string | null;
}

export interface ProposalWords {
  readonly workspace: string;
  readonly proposal: Proposal;
  readonly asker: Asker;
  readonly isUrgent: boolean;
}

const verbs: Readonly<Record<Proposal['action'], string>> = {
  create: 'create',
  set: 'set',
  delete: 'delete',
  recipients: 'recipients of',
  import: 'import',
};

/** Letters and digits of names, and an amount that reads as one: a title becomes the subject of a squashed commit. */
export function titleOf({ workspace, proposal, isUrgent }: ProposalWords): string {
  const { action, target } = proposal;
  const what =
    target === null ? (action === 'import' ? 'what is live' : 'all keys') : plainLabel(target.kind, target.name);
  const amounts = action === 'create' || action === 'set' ? amountOf(proposal.fields) : '';
  const urgent = isUrgent ? 'Urgent: ' : '';
  return `${urgent}${plainWord(workspace)}: ${verbs[action]} ${what}${amounts}`;
}

function plainLabel(kind: string, name: string): string {
  return kind === 'workspace' ? 'limits' : `${kind} ${plainWord(name)}`;
}

function amountOf(fields: ReadonlyMap<string, unknown>): string {
  const said = ['budget', 'rate'].flatMap((field) => {
    const value = fields.get(field);
    return typeof value === 'string' && /^[\w$.,/ %]{1,40}$/.test(value) ? [value.trim()] : [];
  });
  return said.length === 0 ? '' : `, ${said.join(', ')}`;
}

/**
 * The trailers are read when the pull request is judged: who asked had a part in it.
 *
 * @param before who asked for it before, where it is made anew
 */
export function commitMessage(words: ProposalWords, before: readonly string[] = []): string {
  const { asker } = words;
  const by = asker.isAgent ? 'Written by an agent.' : 'Written with tollgate propose.';
  const now = loginOf(asker.requester);
  const others = before.map(loginOf).filter((login) => login.toLowerCase() !== now.toLowerCase());
  const trailers = [...new Set([...others, now])].map((login) => `Requested-by: @${login}\n`);
  return `${titleOf({ ...words, isUrgent: false })}\n\n${by} Nothing changes before it is merged.\n\n${trailers.join('')}`;
}

/** Letters and digits, and what names of apps and addresses have: no line and no second name can be made of it. */
export function loginOf(requester: string): string {
  const plain = requester.replace(/[^\w.@[\]-]+/g, '-').replace(/^[-@]+/, '');
  return plain === '' ? 'unknown' : plain.slice(0, 100);
}

export interface BodyInput extends ProposalWords {
  readonly reason: string | null;
  readonly planned: ProposedPlan;
  readonly notes: readonly string[];
  readonly base: string;
  /** Where the whole change can be seen. */
  readonly link: string;
}

const proposalMarker = '<!-- tollgate-proposal 1 -->';

export function renderBody({
  reason,
  planned,
  notes,
  base,
  link,
  workspace,
  proposal,
  asker,
  isUrgent,
}: BodyInput): string {
  const view = buildPlanView(planned.view);
  const place = { linkTo: null, words: 'none', hasNext: false } as const;
  const who = `\`${loginOf(asker.requester).replaceAll('`', '')}\``;
  const client = asker.client === null ? '' : ` (it calls itself ${plainClient(asker.client)})`;
  const written = asker.isAgent
    ? `Written by an agent${client}, asked by ${who}. What it says of its reasons is not checked; the plan below is.`
    : `Written by ${who} with \`tollgate propose\`.`;
  const asked = `Asks for: ${verbs[proposal.action]} ${escapeMarkdown(labelOfTarget(proposal.target))} of the workspace ${escapeMarkdown(workspace)}.`;
  const sections = [
    pinned(
      [
        ...(isUrgent ? [urgentSentence(planned)] : []),
        written,
        asked,
        ...(reason === null ? [] : [`Reason given: ${escapeMarkdown(reason.replace(/\s+/g, ' ').trim())}`]),
        ...notes.map(escapeMarkdown),
        ...keepsSentence(planned, escapeMarkdown),
      ].join('\n\n'),
    ),
    pinned(`### What this adds: ${verdictMarkdown(view)}`),
    ...judgementSections(view, place),
    ...planSections(view, place),
    ...(planned.owed.length === 0
      ? []
      : [
          pinned(`${owedSentence(planned.owed, base)} That is not part of what this adds.${alsoOwedSentence(planned)}`),
        ]),
  ];
  const footer = `<sub>Nothing is changed before this is merged and applied. The check on this pull request plans it again.</sub>`;
  return `${proposalMarker}\n${fitSections(sections, footer, link, commentBytes)}`;
}

/** A cap on a bill that jumps stops somebody nearly always: a guard objects then, and a merge alone puts nothing into force. */
function urgentSentence({ guards }: ProposedPlan): string {
  const names = [...new Set(guards.filter(({ stops }) => stops).map(({ guard }) => `\`${guard}\``))];
  const who = 'one approval, two where an app opened it,';
  if (names.length === 0) return `**Urgent**: ${who} and the merge put it into force.`;
  const object = names.length === 1 ? 'objects' : 'object';
  return `**Urgent**: ${names.join(' and ')} ${object}, so that ${who} has to hold the line that the check's comment shows; then the merge puts it into force.`;
}

/** A name and a version: a client has nothing else to say here. */
function plainClient(said: string): string {
  const [name = '', version = ''] = said.replace(/[^\w./ -]+/g, '-').split(' ', 2);
  return escapeMarkdown(`${name.slice(0, 40)} ${version.slice(0, 20)}`.trim());
}

export function owedSentence(owed: readonly Change[], base: string): string {
  const [first] = owed;
  if (first === undefined) return '';
  return owed.length === 1
    ? `One change is owed on ${plainBranch(base)} already.`
    : `${owed.length} changes are owed on ${plainBranch(base)} already.`;
}

/** What is read of use and money starts at what is live, so that both parts are in it. */
function alsoOwedSentence({ alsoOwed }: ProposedPlan): string {
  if (alsoOwed.length === 0) return '';
  const names = listFew(alsoOwed.map(escapeMarkdown), 3);
  return ` Of ${names} both have a part: who is stopped and what it costs are counted from what is live, with both parts.`;
}

/** Empty: it keeps nothing that was set by hand. */
export function keepsSentence({ keeps }: ProposedPlan, show: (name: string) => string): readonly string[] {
  return keeps.length === 0
    ? []
    : [
        `Keeps what was set by hand: ${listFew(keeps.map(show), 3)}. Nothing live changes by that; without it the files go on saying otherwise.`,
      ];
}

function plainBranch(name: string): string {
  return name.replace(/[^\w./-]+/g, '-');
}
