/** Every guard, once: what `review.guards` may say of it, whether a word lifts it, and what it objects to. */

import type { GuardName } from '../guard-names.ts';
import type { Plan } from '../plan/types.ts';
import type { Guards, WrittenGuards } from '../resources/review-settings.ts';
import { judgeCeiling } from './ceiling.ts';
import { judgeApiMembers, judgeFindings, judgeUnmanaged } from './contents.ts';
import { judgeCounted, judgeEmptied } from './counted.ts';
import { judgeBlocksNow, judgeCounterReset, judgeSpendUp, judgeUnknown } from './impact.ts';
import type { Guard } from './input.ts';
import { judgeProtected } from './protection.ts';
import { judgeHeldElsewhere, judgeMoved, judgeRewind } from './record.ts';
import { counted, type GuardSetting, onOff, onUnlessAsked, percentGuard } from './settings.ts';
import { judgeUndeclared } from './undeclared.ts';

type SettingName = keyof Guards;
type WrittenAs<N extends string> = N extends `${infer Start}-${infer Rest}` ? `${Start}_${WrittenAs<Rest>}` : N;

function hasChanges({ changes }: Plan): boolean {
  return changes.length > 0;
}

/** A date that moves is what may be spent from then on. */
function movesSpend({ changes, recordLines }: Plan): boolean {
  return changes.length > 0 || recordLines.some(({ why }) => why === 'until');
}

/** Guards without a setting here protect, or have theirs elsewhere: `review.unmanaged`, `review.undeclared`, `review.rules`. */
export const guards: {
  readonly [N in GuardName]: WrittenAs<N> extends SettingName
    ? Guard<Exclude<Guards[WrittenAs<N>], 'off'>> & {
        readonly setting: GuardSetting<Guards[WrittenAs<N>], NonNullable<WrittenGuards[WrittenAs<N>]>>;
      }
    : Guard<null>;
} = {
  deletes: {
    objectsTo: 'policies deleted, budgets and rates cleared',
    usually: 'more than 2 and 30 % in a workspace; more than 10 and 10 % of all',
    setting: counted({ count: 2, percent: 30, plan: { count: 10, percent: 10 } }),
    liftable: true,
    judge: judgeCounted('deletes'),
  },
  updates: {
    objectsTo: 'limits changed',
    usually: 'more than 10 and 30 % in a workspace; more than 10 and 30 % of all',
    setting: counted({ count: 10, percent: 30, plan: { count: 10, percent: 30 } }),
    liftable: true,
    judge: judgeCounted('updates'),
  },
  'empties-scope': {
    objectsTo: 'a workspace with recorded limits left without any',
    usually: 'on',
    setting: onOff,
    liftable: true,
    judge: judgeEmptied,
  },
  protected: {
    objectsTo: 'deleting, replacing, clearing or forgetting what is recorded with `protect: true`',
    usually: 'always; unprotect first, in a merge of its own',
    liftable: false,
    judge: judgeProtected,
  },
  rewind: {
    objectsTo: 'the commit applied last is not in the history of the checkout',
    usually: 'on; exit 4',
    setting: onOff,
    liftable: true,
    judge: judgeRewind,
  },
  'record-moved': {
    objectsTo:
      'another environment, organisation, directory or place of the record than at the last apply, beside other changes',
    usually: 'always; move alone, then `tollgate record move`',
    liftable: false,
    judge: judgeMoved,
  },
  'held-elsewhere': {
    objectsTo: 'what the plan takes away and the record of another environment of the repository holds as well',
    usually: 'always; `forget:` it here',
    liftable: true,
    judge: judgeHeldElsewhere,
  },
  unmanaged: {
    objectsTo:
      'live limits that no file declares, and live workspaces without a file; rows and lists that could not be read count too',
    usually: 'off; on with `review.unmanaged: fail`',
    liftable: true,
    judge: judgeUnmanaged,
  },
  undeclared: {
    objectsTo:
      'a live workspace that no file is about and that spent more in 30 days than `review.undeclared.above` says, or nobody knows how much',
    usually: 'off; on with `review.undeclared.above`',
    liftable: true,
    judge: judgeUndeclared,
  },
  rules: {
    objectsTo: 'findings of severity `error` that are not silenced',
    usually: 'on',
    liftable: true,
    judge: judgeFindings,
  },
  'api-member': {
    objectsTo: 'members below `api:` that a change sets: they are sent unchecked',
    usually: 'on',
    liftable: true,
    judge: judgeApiMembers,
  },
  'blocks-now': {
    objectsTo: 'callers that the plan stops the moment it is applied',
    usually: 'on',
    setting: onOff,
    liftable: true,
    needsImpact: hasChanges,
    judge: judgeBlocksNow,
  },
  'spend-up': {
    objectsTo:
      'a workspace that may spend more in 30 days than before, now or from a date of `until` on, or that nothing bounds any more; a price of an integration at which a dollar buys more',
    usually: 'more than 25 %',
    setting: percentGuard(25),
    liftable: true,
    needsImpact: movesSpend,
    judge: judgeSpendUp,
  },
  'counter-reset': {
    objectsTo: 'a budget that is replaced, so that what was used no longer counts',
    usually: 'on, where anything was used',
    setting: onOff,
    liftable: true,
    needsImpact: hasChanges,
    judge: judgeCounterReset,
  },
  ceiling: {
    objectsTo:
      'a group of workspaces whose committed spend rises and is above its ceiling, or that nothing bounds any more',
    usually: 'on, where there are `groups:` with a ceiling',
    setting: onOff,
    liftable: true,
    needsImpact: ({ hasCeilings = false }) => hasCeilings,
    judge: judgeCeiling,
  },
  'impact-unknown': {
    objectsTo:
      'a change that could trip one of the four above and cannot be judged, since use or committed spend cannot be read',
    usually: 'on; warns of `--no-impact`',
    setting: onUnlessAsked,
    liftable: true,
    judge: judgeUnknown,
  },
};

type Written = NonNullable<WrittenGuards[SettingName]>;
type AnySetting = GuardSetting<Guards[SettingName], Written>;

// What is written and what it means go together row by row, which a list of rows cannot say.
const settings = (Object.entries(guards) as [GuardName, { readonly setting?: AnySetting }][]).flatMap(
  ([name, { setting }]) => (setting === undefined ? [] : [[settingName(name) as SettingName, setting] as const]),
);

/** As a file writes it. */
export function settingName(guard: GuardName): string {
  return guard.replaceAll('-', '_');
}

function mapSettings(pick: (name: SettingName, setting: AnySetting) => Guards[SettingName]): Guards {
  return Object.fromEntries(settings.map(([name, setting]) => [name, pick(name, setting)])) as unknown as Guards;
}

/** With a value for everything that is left out. */
export function fillGuards(written: WrittenGuards): Guards {
  return mapSettings((name, setting) => {
    const value: Written | undefined = written[name];
    return value === undefined ? setting.default : setting.fill(value);
  });
}

export const defaultGuards = fillGuards({});

export function stricterGuards(a: Guards, b: Guards): Guards {
  return mapSettings((name, setting) => setting.stricter(a[name], b[name]));
}
