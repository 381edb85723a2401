/** A wish with whoever asks it, and how it is called in one line. Pure. */

import { hash, type Proposal, plainWord } from './proposal.ts';

/** Whose word a proposal is. */
export interface Requester {
  readonly name: string;
  /** It is an account of GitHub's: a token's, or as a server knows its caller. The user of a machine is not one. */
  readonly isAccount: boolean;
}

export interface Asker {
  readonly isAgent: boolean;
  /**
   * Whose word it is: of the token, or of the server's identity. Never what an argument says. Null: nobody but the author of the
   * commit, who works in this clone and has no token.
   */
  readonly requester: Requester | null;
  /** What the client calls itself; null: it does not say. */
  readonly client: string | null;
}

export interface ProposalWords {
  readonly workspace: string;
  readonly proposal: Proposal;
  readonly asker: Asker;
  readonly isUrgent: boolean;
  readonly reason: string | null;
  /** There is no pull request to say it: the commit tells the reason, and that it is urgent. */
  readonly isAlone: boolean;
}

export const verbs: Readonly<Record<Proposal['action'], string>> = {
  create: 'create',
  set: 'set',
  delete: 'delete',
  recipients: 'recipients of',
  import: 'import',
};

/** Letters and digits of names, and an amount that reads as one: a title becomes the subject of a squashed commit. */
export function titleOf({
  workspace,
  proposal,
  isUrgent,
}: Pick<ProposalWords, 'workspace' | 'proposal' | 'isUrgent'>): string {
  const { action, target } = proposal;
  const what =
    target === null
      ? action === 'import'
        ? proposal.withDefaults === true
          ? 'the workspace'
          : 'what is live'
        : 'all keys'
      : plainLabel(target.kind, target.name);
  const amounts = action === 'create' || action === 'set' ? amountOf(proposal.fields) : '';
  const urgent = isUrgent ? 'Urgent: ' : '';
  return `${urgent}${titleWord(workspace)}: ${verbs[action]} ${what}${amounts}`;
}

function plainLabel(kind: string, name: string): string {
  return kind === 'workspace' ? 'limits' : `${kind} ${titleWord(name)}`;
}

/** A name as it is; what cannot stand there as it is gets a mark of its own, so that two names are two. */
function titleWord(name: string): string {
  return /^[A-Za-z0-9][\w.-]{0,59}$/.test(name) ? name : `${plainWord(name)}~${hash(name).slice(0, 4)}`;
}

function amountOf(fields: ReadonlyMap<string, unknown>): string {
  const said = ['budget', 'rate'].flatMap((field) => {
    const value = fields.get(field);
    return typeof value === 'string' && /^[\w$.,/ %]{1,40}$/.test(value) ? [value.trim()] : [];
  });
  return said.length === 0 ? '' : `, ${said.join(', ')}`;
}

export const proposalLabels = { agent: 'tollgate:agent', urgent: 'urgent' } as const;

export function labelsOf({ asker, isUrgent }: Pick<ProposalWords, 'asker' | 'isUrgent'>): readonly string[] {
  return [...(asker.isAgent ? [proposalLabels.agent] : []), ...(isUrgent ? [proposalLabels.urgent] : [])];
}
