/** What judges a plan and how it is understood: from the files, from the record, in force. */

import { compareText } from '../diagnostics.ts';
import { isSame } from '../resources/canonical.ts';
import type { Desired, Json } from '../resources/types.ts';
import type { AppliedRecord, RecordedSettings } from './applied-record.ts';
import type { RecordLine } from './types.ts';

export const noSettings: RecordedSettings = { review: {}, gateway: {}, pricing: {} };

/** As the files say it. */
export function settingsOf({ settings, gateway, pricing = {} }: Desired): RecordedSettings {
  return { review: { ...settings }, gateway: { ...gateway }, pricing: { ...pricing } };
}

const sections = ['gateway', 'pricing', 'review'] as const;

/** What an apply of the files would bring into force. */
export function settingsLines(record: AppliedRecord | null, desired: Desired): RecordLine[] {
  if (record === null) return [];
  const written = settingsOf(desired);
  return sections.flatMap((section) => {
    const [was, now] = [record.settings[section], written[section]] as { [name: string]: Json }[];
    return [...new Set([...Object.keys(was ?? {}), ...Object.keys(now ?? {})])]
      .sort(compareText)
      .filter((name) => !isSame(was?.[name] ?? null, now?.[name] ?? null))
      .map((name): RecordLine => {
        const detail = `${section}.${name}: ${JSON.stringify(was?.[name] ?? null)} → ${JSON.stringify(now?.[name] ?? null)}`;
        return { action: 'settings', key: null, detail };
      });
  });
}
