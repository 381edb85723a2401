/** Whether the record that judges this run is still where, and of what, these files say. */

import { isSame } from '../resources/canonical.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { desiredOn, firstDay } from '../resources/until.ts';
import type { AppliedRecord } from './applied-record.ts';
import { settingsOf } from './settings.ts';

export interface RecordOwnership {
  readonly environment: string;
  readonly organisation: string;
  readonly baseUrl: string;
  /** From the repository's top; null: not known. */
  readonly directory: string | null;
  /** Full ref. */
  readonly place: string;
}

export interface MovedMember {
  readonly what: 'environment' | 'organisation' | 'control plane' | 'directory' | 'place of the record';
  readonly was: string;
  readonly now: string;
}

export function ownershipOf(record: AppliedRecord, place: string): RecordOwnership {
  const { environment, organisation, baseUrl, directory } = record;
  return { environment, organisation, baseUrl, directory, place };
}

/** Empty: it has not moved. */
export function compareOwnership(was: RecordOwnership, now: RecordOwnership): MovedMember[] {
  const members: (MovedMember | null)[] = [
    member('environment', was.environment, now.environment),
    member('organisation', was.organisation.toLowerCase(), now.organisation.toLowerCase()),
    member('control plane', was.baseUrl, now.baseUrl),
    // Format 1 knew none.
    was.directory === null || now.directory === null ? null : member('directory', was.directory, now.directory),
    member('place of the record', was.place, now.place),
  ];
  return members.flatMap((found) => found ?? []);
}

function member(what: MovedMember['what'], was: string, now: string): MovedMember | null {
  return was === now ? null : { what, was, now };
}

/** Ids of one control plane or organisation mean nothing in another. */
export function isOtherService(moved: readonly MovedMember[]): boolean {
  return moved.some(({ what }) => what === 'organisation' || what === 'control plane');
}

/** The address is mistyped far more often than an organisation moves. */
const otherControlPlane = 'Look at PORTKEY_BASE_URL first (`base-url` of the Action): is that the address you mean?';

/** Why nothing is planned with a record of something else, and the way on. */
export function explainOther({ what, was, now }: MovedMember, isInGit: boolean): { message: string; hint: string } {
  const message = `the applied record is for ${what} ${was}, and this run for ${now}`;
  const move = '`tollgate record move` carries the record over';
  if (what === 'control plane') {
    const way = isInGit ? move : 'put the record file aside, and the next apply makes one anew from what is live';
    return {
      message: `${message}: the same organisation under another address`,
      hint: `${otherControlPlane} If the control plane has moved there: ${way}. Nothing was planned.`,
    };
  }
  const other = 'Another environment is another directory with its own `environment:`.';
  const way = isInGit && what === 'organisation' ? ` If it is to be this one from now on, ${move}.` : '';
  return { message, hint: `${other}${way} Nothing was planned.` };
}

export function describeMove(moved: readonly MovedMember[]): string {
  return moved.map(({ what, was, now }) => `${what} ${was || '.'} → ${now || '.'}`).join(', ');
}

/** Whether two sets of files ask for the same but for where and of what the record is. Null: not known, which is no. */
export function isSameButForPlace(applied: Desired | null, desired: Desired): boolean {
  return applied !== null && isSame(contentOf(applied), contentOf(desired));
}

function contentOf(desired: Desired): unknown {
  return {
    settings: settingsOf(desired),
    // Whatever day each was compiled for.
    entries: desiredOn(desired, firstDay).entries.map(withoutSources),
    forget: desired.forget.map(({ source: _source, ...rest }) => rest),
    workspaces: desired.workspaces.map(({ source: _source, ...rest }) => rest),
  };
}

function withoutSources({ source: _source, fieldSources: _fields, ...rest }: DesiredEntry): unknown {
  return rest;
}
