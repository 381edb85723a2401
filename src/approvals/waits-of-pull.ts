/** What rules ask about an open pull request: as it would be if it were merged onto the tip now. Pure. */

import type { Asked } from './asked-of-plan.ts';
import { describeGroup, groupKeys, ownerPrefix, sidesOfGroup, templateOf } from './atoms.ts';
import { findReplaced } from './replaced-owners.ts';
import type { Request } from './request.ts';
import { findRequirements, type RequirementInput, requirementsOfTemplate } from './requirements.ts';
import { isMovedBy } from './review-changes.ts';
import { isLine, keyOfItem } from './reviewed-item.ts';
import { askedOfSetting } from './waits.ts';

export function findAsked(input: RequirementInput, requests: readonly Request[]): readonly Asked[] {
  if (input.rules.length === 0) return [];
  const ofItems = [...findRequirements(input)].flatMap(([item, requirements]) => {
    const key = keyOfItem(item);
    if (key === null) return [];
    const workspaceId = isLine(item) ? null : item.workspaceId;
    return requirements.filter(({ isAbout }) =>
      requests.some((request) => isMovedBy(request, key, workspaceId, isAbout)),
    );
  });
  const owners = [...new Set(input.owners.flatMap((set) => Object.values(set)))];
  const ofMoves = requests.flatMap(({ moves }) =>
    moves.flatMap(({ group, part, before, after }): readonly Asked[] => {
      if (group === groupKeys.settings) return askedOfSetting(part, before, owners);
      const template = templateOf(group);
      if (template === null) return [];
      const sidesOf = (value: unknown) => sidesOfGroup(typeof value === 'object' ? { [part]: value } : {});
      const named = { ...template, what: describeGroup(group) };
      return requirementsOfTemplate(input, named, sidesOf(before), sidesOf(after)).filter(({ isAbout }) =>
        isAbout(part),
      );
    }),
  );
  const isOwned = requests.some(({ moves }) => moves.some(({ part }) => part.startsWith(ownerPrefix)));
  const ofOwners = findReplaced(input.record, input.owners).filter(
    ({ key }) => isOwned || requests.some((request) => isMovedBy(request, key, null)),
  );
  return [...ofItems, ...ofMoves, ...ofOwners];
}
