/**
 * Whose word it needs that somebody else answers for something, where `review.approvals` asks owners: of who answered until then. Pure.
 *
 * | of an entry in a workspace of @ada | |
 * |---|---|
 * | it gets `owner: "@bob"`, or a default of its name does | @ada |
 * | its `owner: "@bob"` goes, or becomes another one | @bob |
 * | it goes, and a default of its name with `owner: "@bob"` takes its place | @ada |
 * | it gets `owner: "@ada"` | – |
 */

import type { AppliedRecord } from '../plan/applied-record.ts';
import { type Owners, replacedOwners } from '../plan/owners.ts';
import { isSame } from '../resources/canonical.ts';
import type { ResourceKey } from '../resources/types.ts';
import { groupKeys, ownerPartsOf, ownersAt, type Statement } from './atoms.ts';
import type { Requirement } from './requirements.ts';
import { groupsOfResource } from './review-changes.ts';
import type { Stretch } from './reviewed.ts';

export const anotherOwner = 'another owner';

type Asked = Pick<Requirement, 'by' | 'because'>;

/** By the part that says an owner, from the first statement to the last. What cannot be read there says nothing. */
export function askedOfOwner(
  part: string,
  statements: readonly Statement[],
): readonly (Asked & { readonly isForgotten: boolean })[] {
  const answering = statements.map((one) => ownersAt(one, part) ?? []);
  const [past = [], now = []] = [answering[0], answering.at(-1)];
  return [...new Set(answering.flat())]
    .filter((name) => !now.includes(name))
    .map((name) => ({ by: [name], because: anotherOwner, isForgotten: !past.includes(name) }));
}

/**
 * By what the record has, also where no owner is written anew.
 *
 * @param owners in force and written
 */
export function findReplaced(
  record: AppliedRecord | null,
  owners: readonly Owners[],
): readonly (Asked & { readonly key: ResourceKey })[] {
  return owners.flatMap((set) =>
    replacedOwners(record?.settings.owners ?? {}, set).flatMap(({ key, was }) =>
      key === null ? [] : [{ key, by: [was], because: anotherOwner }],
    ),
  );
}

/** Whether it says who answers, or where that is looked for: an amount does not. */
export function movesOwner({ before, after }: Stretch, { kind, workspace, name }: ResourceKey): boolean {
  const at = (group: string, part: string) => [before, after].map(({ groups }) => groups.get(group)?.[part]);
  const isOther = ([was, is]: readonly unknown[]): boolean => !isSame(was, is);
  return (
    groupsOfResource(kind, workspace, [name]).some((group) => before.groups.has(group) !== after.groups.has(group)) ||
    isOther(at(groupKeys.file(workspace), `skip_defaults.${name}`)) ||
    ownerPartsOf(kind, workspace, name).some((part) => isOther(at(groupKeys.settings, part)))
  );
}
