/** What somebody asks to be written into the policy files, in the words of the files; and the name of the branch that asks it. Pure. */

import { createHash } from 'node:crypto';
import { proposalFolder } from '../checkout/proposal-branches.ts';
import { compareText } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { pathOfEntry } from '../policy/edit.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { isProblem, parseAmount, parsePercent, parseRate, parseReset } from '../resources/amounts.ts';
import type { Kind } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';

/** What an entry of a workspace file is called by people, and its kind; of policies the one whose section it is. */
export const targetKinds = {
  policy: 'usage-policy',
  key: 'key-limits',
  provider: 'provider-limits',
  integration: 'integration-limits',
  workspace: 'workspace-limits',
} as const satisfies Readonly<Record<string, Kind>>;

export type TargetKind = keyof typeof targetKinds;

export interface Target {
  readonly kind: TargetKind;
  /** The entry's key in the file; '' for the limits of the workspace itself. */
  readonly name: string;
}

export const proposedFields = ['description', 'budget', 'reset', 'alert', 'rate', 'match', 'per'] as const;
export type ProposedField = (typeof proposedFields)[number];

export type Proposal =
  | { readonly action: 'create' | 'set'; readonly target: Target; readonly fields: ProposedValues }
  | {
      readonly action: 'delete';
      readonly target: Target;
      /** An organisation default of that name is left out here as well. */
      readonly skipDefaults: boolean;
    }
  /** Without a target: of all keys of the workspace. */
  | { readonly action: 'recipients'; readonly target: Target | null; readonly recipients: readonly string[] }
  /** Without a target: all that nobody declares. `withDefaults`: a file for a workspace that none is about, and defaults hold there. */
  | { readonly action: 'import'; readonly target: Target | null; readonly withDefaults?: true };

/** As written. */
export type ProposedValues = ReadonlyMap<ProposedField, PrintedValue>;

export type RefusalCode =
  | 'invalid_input'
  | 'not_found'
  | 'conflict'
  | 'blocked_by_rule'
  | 'rate_limited'
  | 'forbidden'
  | 'unavailable';

/** Why nothing is proposed. */
export class ProposalRefusal extends UserError {
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: RefusalCode,
    message: string,
    { hint, details = {} }: { readonly hint?: string; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, hint === undefined ? {} : { hint });
    this.code = code;
    this.details = details;
  }
}

/** What has to be said before anything can be proposed, with what can be said. */
export function missing(input: string, question: string, choices: readonly string[]): ProposalRefusal {
  const shown = choices.slice(0, 20);
  return new ProposalRefusal('invalid_input', `${input} is missing: ${question}`, {
    ...(shown.length < 2 ? {} : { hint: `One of: ${shown.join(', ')}.` }),
    details: { missing: input, choices: shown },
  });
}

export function pathOfTarget({ kind, name }: Target): readonly string[] {
  return pathOfEntry({ kind: targetKinds[kind], name });
}

/** `policies/monthly-spend`, as it stands in the file. */
export function labelOfTarget(target: Target | null): string {
  return target === null ? 'alerts' : pathOfTarget(target).join('/');
}

export interface ProposalName {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** How branches of proposals for the same entry end, before the digits of what is asked. */
  readonly entry: string;
}

const digits = 8;

/**
 * `tollgate/proposal/<workspace>-<entry>-<hash>`: eight digits for the entry, eight for what is asked of it. Only these decide:
 * the words before them are for people.
 *
 * @param generation how often the same was proposed and merged before
 */
export function nameProposal(workspace: string, proposal: Proposal, generation = 1): ProposalName {
  const target = proposal.target === null ? proposal.action : pathOfTarget(proposal.target);
  const entry = hash(canonicalJson([workspace, target]));
  const asked = hash(canonicalJson([workspace, toComparable(proposal)]));
  const name = proposal.target?.name || (proposal.target?.kind === 'workspace' ? 'limits' : proposal.action);
  const words = `${plainWord(workspace)}-${plainWord(name)}`;
  const again = generation === 1 ? '' : `-${generation}`;
  return { branch: `${proposalFolder}/${words}-${entry}${asked}${again}`, entry };
}

const branchForm = new RegExp(`^${proposalFolder}/[a-z0-9-]+-([0-9a-f]{${digits}})[0-9a-f]{${digits}}(?:-\\d{1,4})?$`);

/** The digits of the entry that a proposal's branch is about; null: it is not the branch of one. */
export function entryOfBranch(branch: string): string | null {
  return branchForm.exec(branch)?.[1] ?? null;
}

/** A few digits that tell one text from another. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** What names hold may be anything: nothing of it but letters and digits gets into a branch or a commit. */
export function plainWord(text: string): string {
  const word = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return word === '' ? 'entry' : word;
}

function toComparable(proposal: Proposal): unknown {
  if (proposal.action === 'create' || proposal.action === 'set') {
    const fields = [...proposal.fields].map(([name, value]) => [name, meaningOf(name, value)]);
    // To make an entry and to change it into the same are one wish.
    return { target: proposal.target, fields: fields.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
  }
  return proposal;
}

/** Two spellings of one value, `$600` and `$600.00`, are one wish. */
function meaningOf(field: ProposedField, value: PrintedValue): unknown {
  if (typeof value !== 'string') return plainOf(value);
  switch (field) {
    case 'budget':
      return known(parseAmount(value)) ?? value;
    case 'rate':
      return known(parseRate(value)) ?? value;
    case 'alert':
      return parsePercent(value) ?? known(parseAmount(value)) ?? value;
    case 'reset':
      return parseReset(value) ?? value;
    default:
      return value;
  }
}

function known<T extends object>(parsed: T): T | null {
  return isProblem(parsed) ? null : parsed;
}

/** What is a list or a map here has no order: values of conditions, and what a counter is for. */
function plainOf(value: PrintedValue): unknown {
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, PrintedValue>)].map(
      ([key, item]) => [key, plainOf(item)] as const,
    );
    return members.sort(([a], [b]) => compareText(a, b));
  }
  return Array.isArray(value) ? value.map(String).sort(compareText) : value;
}
