/** What the pull request of a proposal says. Pure. Nothing that others wrote acts in it. */

import type { Change } from '../plan/types.ts';
import { escapeMarkdown } from '../render/escape-markdown.ts';
import { commentBytes, fitSections, pinned } from '../render/fit-sections.ts';
import { listFew } from '../render/list-few.ts';
import { buildPlanView } from '../render/view/plan-view.ts';
import { judgementSections, planSections, verdictMarkdown } from '../render/view/write-markdown.ts';
import type { ProposedPlan } from './compare-plans.ts';
import { labelOfTarget } from './proposal.ts';
import { type ProposalWords, verbs } from './proposal-words.ts';

export interface BodyInput extends ProposalWords {
  /** As the commit names those who asked. */
  readonly requesters: readonly string[];
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
  requesters,
}: BodyInput): string {
  const view = buildPlanView(planned.view);
  const place = { linkTo: null, words: 'none', hasNext: false } as const;
  // A name that is not an account's stands in quotes.
  const isDoubted = requesters.some((one) => one.startsWith('"'));
  const who = requesters.map((one) => `\`${one.replace(/^[@"]|"$/g, '')}\``).join(' and ');
  const client = asker.client === null ? '' : ` (it calls itself ${plainClient(asker.client)})`;
  const written = asker.isAgent
    ? `Written by an agent${client}${who === '' ? '' : `, asked by ${who}`}. What it says of its reasons is not checked; the plan below is.`
    : `Written ${who === '' ? '' : `by ${who} `}with \`tollgate propose\`.`;
  const doubt = isDoubted ? ['Who asked is named by no account, so two people have to approve.'] : [];
  const isOfWorkspace = proposal.action === 'import' && proposal.withDefaults === true;
  const asked = isOfWorkspace
    ? `Asks for: a file for the workspace ${escapeMarkdown(workspace)}, which none is about.`
    : `Asks for: ${verbs[proposal.action]} ${escapeMarkdown(labelOfTarget(proposal.target))} of the workspace ${escapeMarkdown(workspace)}.`;
  const sections = [
    pinned(
      [
        ...(isUrgent ? [urgentSentence(planned, isDoubted)] : []),
        written,
        ...doubt,
        asked,
        ...(reason === null || reason.trim() === ''
          ? []
          : [`Reason given: ${escapeMarkdown(reason.replace(/\s+/g, ' ').trim())}`]),
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
function urgentSentence({ guards }: ProposedPlan, needsTwo: boolean): string {
  const names = [...new Set(guards.filter(({ stops }) => stops).map(({ guard }) => `\`${guard}\``))];
  const who = needsTwo ? 'two approvals' : 'one approval, two where an app opened it,';
  if (names.length === 0) return `**Urgent**: ${who} and the merge put it into force.`;
  const object = names.length === 1 ? 'objects' : 'object';
  return `**Urgent**: ${names.join(' and ')} ${object}, so that ${needsTwo ? 'one of two approvals' : who} has to hold the line that the check's comment shows; then the merge puts it into force.`;
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
