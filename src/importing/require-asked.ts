/** That an edit of the files means what was asked for, and nothing else. Pure. */

import { workspacePlace } from '../resources/alert-settings.ts';
import { toldBy } from '../resources/told-by.ts';
import type { Desired, DesiredEntry, ResourceKey } from '../resources/types.ts';
import { compareDesired, hasDifference } from './compare-desired.ts';
import { findDeclared, isOfWorkspace, isTarget } from './declared-entries.ts';
import { labelOfTarget, type Proposal, ProposalRefusal } from './proposal.ts';
import type { ProposalWish } from './proposal-run.ts';

/**
 * True: the files mean the same as before.
 *
 * @throws ProposalRefusal where anything but what was asked for would change
 */
export function requireOnlyAsked({ proposal, workspace }: ProposalWish, before: Desired, after: Desired): boolean {
  const difference = compareDesired(before, after);
  const { entries, beyondFields, places, isElsewhere } = difference;
  if (proposal.action === 'create') {
    const there = findDeclared(before, workspace, proposal.target);
    if (there !== undefined && entries.length > 0) {
      const where =
        there.fromDefaults === true ? "comes from the organisation's defaults" : 'stands in the files already';
      throw new ProposalRefusal('conflict', `${labelOfTarget(proposal.target)} ${where}, with other values`, {
        hint: 'update_limits changes an entry that is there.',
      });
    }
  }
  const [worded] = proposal.action === 'delete' ? [] : beyondFields;
  if (worded !== undefined) {
    throw new ProposalRefusal(
      'conflict',
      `it would change what protects, owns or silences ${worded.name}, or the ways in which it is told of, which cannot be proposed`,
      {
        hint: 'Edit the files by hand, in a pull request of your own.',
      },
    );
  }
  const odd = entries.find((entry) => !isAskedFor(entry, proposal, workspace));
  const isOddPlace = places.some((place) => !isAskedPlace(place, proposal, workspace));
  if (odd !== undefined || isOddPlace || isElsewhere) {
    const what = odd === undefined ? 'settings' : `the entry ${odd.name}`;
    throw new ProposalRefusal('conflict', `it would change ${what} as well, which was not asked for`, {
      hint: 'Edit the files by hand, in a pull request of your own.',
    });
  }
  return !hasDifference(difference);
}

/** Recipients that reach nobody are written for nothing: the service mails of keys, tollgate over channels of the type `mail`. */
export function requireEffect({ proposal, workspace }: ProposalWish, after: Desired): void {
  if (proposal.action !== 'recipients' || proposal.recipients.includes('none')) return;
  const asked = proposal.recipients.map((address) => address.toLowerCase());
  const isReached = (entry: DesiredEntry): boolean => {
    if (entry.absent === true || entry.kind === 'rate-policy') return false;
    const { serviceRecipients, recipients } = toldBy(entry, after.alerting);
    return asked.every((address) => serviceRecipients.includes(address) || recipients.includes(address));
  };
  const { target } = proposal;
  const isMeant = (entry: DesiredEntry): boolean =>
    target === null ? isOfWorkspace(entry.workspace, workspace) : isAskedFor(entry, proposal, workspace);
  if (after.entries.some((entry) => isMeant(entry) && isReached(entry))) return;
  throw new ProposalRefusal(
    'not_found',
    `nobody would get mail by it: the files declare no key of ${workspace.slug} that takes recipients, and no mail channel that tells of its budgets`,
    {
      hint: 'Declare a key first (create_policy with a target of the kind key, or import_unmanaged), or a channel of the type mail in the organisation file.',
    },
  );
}

/** `alerts:` at the top of the workspace's file. */
function isAskedPlace(place: string, { action, target }: Proposal, { slug, id }: ProposalWish['workspace']): boolean {
  return (
    action === 'recipients' &&
    target === null &&
    (place === workspacePlace(slug) || place.toLowerCase() === workspacePlace(id.toLowerCase()))
  );
}

function isAskedFor(entry: ResourceKey, { action, target }: Proposal, workspace: ProposalWish['workspace']): boolean {
  if (!isOfWorkspace(entry.workspace, workspace)) return false;
  if (action === 'import') return true;
  if (target === null) return entry.kind === 'key-limits';
  // What `"*"` says lies beneath the keys that are named beside it.
  const isBeneath = target.kind === 'key' && target.name === '*' && entry.kind === 'key-limits';
  return isBeneath || isTarget(entry, target);
}
