/** Every guard, once: what `review.guards` may say of it, whether a word lifts it, and what it objects to. */

import type { GuardName } from '../guard-names.ts';
import type { Guards, WrittenGuards } from '../resources/review-settings.ts';
import { judgeApiMembers, judgeFindings, judgeUnmanaged } from './contents.ts';
import { judgeCounted, judgeEmptied } from './counted.ts';
import { judgeBlocksNow, judgeCounterReset, judgeSpendUp, judgeUnknown } from './impact.ts';
import type { Guard } from './input.ts';
import { judgeProtected } from './protection.ts';
import { judgeHeldElsewhere, judgeMoved, judgeRewind } from './record.ts';
import { counted, type GuardSetting, onOff, onUnlessAsked, percentGuard } from './settings.ts';

type SettingName = keyof Guards;
type WrittenAs<N extends string> = N extends `${infer Start}-${infer Rest}` ? `${Start}_${WrittenAs<Rest>}` : N;

/** Guards without a setting here protect, or have theirs elsewhere: `review.unmanaged`, `review.rules`. */
export const guards: {
  readonly [N in GuardName]: WrittenAs<N> extends SettingName
    ? Guard<Exclude<Guards[WrittenAs<N>], 'off'>> & {
        readonly setting: GuardSetting<Guards[WrittenAs<N>], NonNullable<WrittenGuards[WrittenAs<N>]>>;
      }
    : Guard<null>;
} = {
  deletes: {
    setting: counted({ count: 2, percent: 30, plan: { count: 10, percent: 10 } }),
    liftable: true,
    judge: judgeCounted('deletes'),
  },
  updates: {
    setting: counted({ count: 10, percent: 30, plan: { count: 10, percent: 30 } }),
    liftable: true,
    judge: judgeCounted('updates'),
  },
  'empties-scope': { setting: onOff, liftable: true, judge: judgeEmptied },
  protected: { liftable: false, judge: judgeProtected },
  rewind: { setting: onOff, liftable: true, judge: judgeRewind },
  'record-moved': { liftable: false, judge: judgeMoved },
  'held-elsewhere': { liftable: true, judge: judgeHeldElsewhere },
  unmanaged: { liftable: true, judge: judgeUnmanaged },
  rules: { liftable: true, judge: judgeFindings },
  'api-member': { liftable: true, judge: judgeApiMembers },
  'blocks-now': { setting: onOff, liftable: true, needsImpact: true, judge: judgeBlocksNow },
  'spend-up': { setting: percentGuard(25), liftable: true, needsImpact: true, judge: judgeSpendUp },
  'counter-reset': { setting: onOff, liftable: true, needsImpact: true, judge: judgeCounterReset },
  'impact-unknown': { setting: onUnlessAsked, liftable: true, judge: judgeUnknown },
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
