/** What all files say of who is told, by place. */

import {
  type AlertSettings,
  type AlertThreshold,
  entryPlace,
  organisationPlace,
  type PlaceAlerts,
  workspacePlace,
} from '../resources/alert-settings.ts';
import { withoutAbsent } from '../without-absent.ts';
import { rulesOf, type WrittenAlerts } from './alert-keys.ts';
import { overlayLimits, resolveLimits, type WrittenLimits } from './limits-entry.ts';
import type { OrgFile } from './org.ts';
import type { PolicyEntry } from './policy-entry.ts';
import type { Recipient } from './recipients.ts';
import type { WorkspaceFile } from './workspace.ts';

type Place = readonly [place: string, said: PlaceAlerts];

/** Those that a file adds to every key; undefined where it says nothing. */
export function recipientsOf({ alerts }: { readonly alerts?: WrittenAlerts }): readonly Recipient[] | undefined {
  return alerts?.recipients === undefined ? undefined : (alerts.recipients ?? []);
}

/**
 * Undefined where the files only say what recipients keys have: then nobody is told by tollgate, and what is recorded stays as it was
 * before there was anything else to say.
 */
export function alertingOf(org: OrgFile, workspaces: readonly WorkspaceFile[]): AlertSettings | undefined {
  const files = [org, ...workspaces];
  const { limits, policies } = listEntries(org, workspaces);
  const saysMore =
    org.channels !== undefined ||
    files.some(({ alerts = {} }) => Object.keys(alerts).some((key) => key !== 'recipients')) ||
    [...limits, ...policies].some((entry) => entry.alerts !== undefined || hasThresholds(entry));
  if (!saysMore) return undefined;
  const places = [
    ...place(organisationPlace, org.alerts),
    ...org.limits.flatMap((limits) => placesOfLimits(null, limits, undefined)),
    ...workspaces.flatMap((workspace) => placesOfWorkspace(org, workspace)),
  ];
  return { channels: org.channels ?? {}, places: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Every entry that any file writes, defaults among them. */
export function listEntries(org: OrgFile, workspaces: readonly WorkspaceFile[]) {
  return {
    limits: [org.limits, org.defaultKey ?? [], ...workspaces.map((workspace) => workspace.limits)].flat(),
    policies: [org.defaultPolicies, ...workspaces.map((workspace) => workspace.policies)].flat(),
  };
}

function hasThresholds(entry: PolicyEntry | WrittenLimits): boolean {
  if ('budgets' in entry) return entry.budgets?.some(({ thresholds }) => thresholds !== undefined) === true;
  return 'thresholds' in entry && entry.thresholds !== undefined;
}

function place(name: string, alerts: WrittenAlerts | undefined, thresholds?: PlaceAlerts['thresholds']): Place[] {
  const said = withoutAbsent({ ...rulesOf(alerts), thresholds });
  return Object.keys(said).length === 0 ? [] : [[name, said]];
}

function placesOfWorkspace(org: OrgFile, workspace: WorkspaceFile): Place[] {
  const { ref, policies, limits } = workspace;
  const skipped = new Set(workspace.skipDefaults.map(({ name }) => name));
  const own = new Set(policies.map(({ name }) => name));
  const inherited = org.defaultPolicies.filter(({ name }) => !own.has(name) && !skipped.has(name));
  const ownStar = limits.find(({ kind, name }) => kind === 'key-limits' && name === '*');
  const star = ownStar ?? (skipped.has('*') ? undefined : org.defaultKey);
  return [
    ...place(workspacePlace(ref), workspace.alerts),
    ...[...policies, ...inherited].flatMap(({ kind, name, alerts, thresholds }) =>
      place(entryPlace({ kind, workspace: ref, name }), alerts, only(thresholds)),
    ),
    ...limits.flatMap((entry) => placesOfLimits(ref, entry, star)),
    ...(star === undefined || star === ownStar ? [] : placesOfLimits(ref, star, undefined)),
  ];
}

function only(thresholds: readonly AlertThreshold[] | undefined): PlaceAlerts['thresholds'] {
  return thresholds === undefined ? undefined : { '': thresholds };
}

/** @param star what lies beneath a named key */
function placesOfLimits(workspace: string | null, limits: WrittenLimits, star: WrittenLimits | undefined): Place[] {
  const { kind, name } = limits;
  const isOver = star !== undefined && kind === 'key-limits' && name !== '*';
  const { alerts, recipients, ...whole } = isOver ? overlayLimits(limits, star) : limits;
  // What does not fit is reported where the entry is read, or where it is laid over the star.
  const { thresholds } = resolveLimits(whole, []);
  const told = kind === 'key-limits' ? withoutAbsent({ ...alerts, recipients }) : alerts;
  return place(entryPlace({ kind, workspace, name }), told, thresholds);
}
