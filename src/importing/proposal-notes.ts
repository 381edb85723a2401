/** What whoever proposes may not know of their edit. Pure. */

import { readValue } from '../policy/yaml-splice.ts';
import type { Desired } from '../resources/types.ts';
import { findDeclared } from './declared-entries.ts';
import { addressesOf, someNames } from './policy-texts.ts';
import type { Proposal } from './proposal.ts';
import type { ProposalWish } from './proposal-run.ts';

/** What somebody who takes an entry away may not know. */
export function notesOnDeletion({ proposal, workspace }: ProposalWish, after: Desired): readonly string[] {
  if (proposal.action !== 'delete') return [];
  const left = findDeclared(after, workspace, proposal.target);
  if (left?.fromDefaults === true) {
    return [
      'The organisation has a default of this name, which takes its place: the limit is not taken away, it becomes that default. With skip_defaults the default is left out as well.',
    ];
  }
  const isReached =
    proposal.target.kind === 'key' &&
    proposal.target.name !== '*' &&
    findDeclared(after, workspace, { kind: 'key', name: '*' }) !== undefined;
  const { kind } = proposal.target;
  return [
    ...(isReached ? ['What `"*"` says of all keys goes on binding this one.'] : []),
    ...(kind === 'policy' || kind === 'workspace'
      ? []
      : [`The ${kind} itself stays and goes on working: what the files limit of it is taken away.`]),
  ];
}

/** Who asks for one limit asks for no other: what reached the workspace before, which is nothing, reaches it afterwards. */
export function noteOnNewFile(path: string, text: string): string {
  const skipped = addressesOf(readValue(text, ['skip_defaults']));
  if (skipped.length === 0) return `${path} is a new file.`;
  return `${path} is a new file. Its skip_defaults keeps the organisation's defaults (${someNames(skipped, 3)}) out of this workspace, as they were so far: take names out of it where they are to hold.`;
}

/** A list or a map is written anew as a whole. */
export function notesOnComments(proposal: Proposal, before: string, after: string): readonly string[] {
  if (proposal.action !== 'set' || !['match', 'per', 'reset'].some((field) => proposal.fields.has(field as 'match'))) {
    return [];
  }
  const count = (text: string): number => text.match(/(?:^|\s)#/gm)?.length ?? 0;
  return count(after) < count(before) ? ['Comments inside what is replaced go with it: the change shows them.'] : [];
}
