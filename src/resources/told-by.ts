/**
 * Who is really told of the alert of a budget, as the files say it: by the service, by tollgate's own messages, or nobody. Pure.
 *
 * | budget of | the service mails (docs/service-notes.md#alerts) | tollgate tells, where there are channels |
 * |---|---|---|
 * | a key | owners and admins, whose key it is, its recipients | where asked: `also: [keys]`, or channels of its own |
 * | a workspace | owners and admins | its route |
 * | a provider, an integration | owners and admins presumably: nobody says so | its route |
 * | a policy | nobody | its route |
 */

import {
  type AlertRoute,
  type AlertSettings,
  type AlertThreshold,
  entryPlace,
  organisationPlace,
  routeOf,
  workspacePlace,
} from './alert-settings.ts';
import { isAlert } from './fields.ts';
import type { DesiredEntry, Kind } from './types.ts';

/** `presumed`: no document of the service says so. */
export type MailedByService = 'yes' | 'presumed' | 'no';

export interface ToldBy {
  readonly service: MailedByService;
  /** Addresses that the service mails beside those whom it always does; of keys alone. */
  readonly serviceRecipients: readonly string[];
  /** Names of channels of `tollgate notify`, sorted; empty: it tells nobody. */
  readonly channels: readonly string[];
  /** Whom those of them that are mail reach, sorted. */
  readonly recipients: readonly string[];
}

type Told = Pick<DesiredEntry, 'kind' | 'workspace' | 'name' | 'fields'>;

const mails: Readonly<Record<Kind, MailedByService>> = {
  'key-limits': 'yes',
  'workspace-limits': 'yes',
  'provider-limits': 'presumed',
  'integration-limits': 'presumed',
  'usage-policy': 'no',
  'rate-policy': 'no',
  'integration-prices': 'no',
};

/** What the service mails anyway (docs/service-notes.md#alerts) is told a second time only where somebody asks for it. */
export function isLeftToService(kind: Kind, { isAsked, also }: Pick<AlertRoute, 'isAsked' | 'also'>): boolean {
  return kind === 'key-limits' && !isAsked && !also.has('keys');
}

/** Of a live limit that no file names: tollgate tells nobody of it. */
export function toldByService(kind: Kind): ToldBy {
  return { service: mails[kind], serviceRecipients: [], channels: [], recipients: [] };
}

/** @param settings undefined: the files say nothing of it, and tollgate tells nobody */
export function toldBy({ kind, workspace, name, fields }: Told, settings: AlertSettings | undefined): ToldBy {
  const service = { ...toldByService(kind), serviceRecipients: kind === 'key-limits' ? (fields.recipients ?? []) : [] };
  if (settings === undefined) return service;
  const own = entryPlace({ kind, workspace, name });
  const route = routeOf(settings, [organisationPlace, ...(workspace === null ? [] : [workspacePlace(workspace)]), own]);
  const thresholds = Object.values(settings.places[own]?.thresholds ?? {}).flat();
  const isSilent = isLeftToService(kind, route);
  const isOfService = ({ at }: AlertThreshold): boolean =>
    at === 'budget' || Object.entries(fields).some(([field, value]) => isAlert(field) && value === at);
  const ours = isSilent ? thresholds.filter((one) => !isOfService(one)) : thresholds;
  const isTold = !isSilent || ours.length > 0;
  const added = thresholds.flatMap(({ recipients = [] }) => recipients);
  const recipients = [...new Set([...(isTold ? route.recipients : []), ...added])].sort();
  const tells = (channel: string): boolean =>
    settings.channels[channel]?.type === 'mail' ? recipients.length > 0 : isTold || added.length > 0;
  const channels = route.channels.filter(tells);
  const isMailed = channels.some((channel) => settings.channels[channel]?.type === 'mail');
  return { ...service, channels, recipients: isMailed ? recipients : [] };
}

/** What is only presumed counts as somebody: a rule must not say what nobody knows. */
export function reachesNobody({ service, channels }: ToldBy): boolean {
  return service === 'no' && channels.length === 0;
}

/** At least one threshold: a budget alone tells nobody before it is used up. */
export function hasAlert({ kind, workspace, name, fields }: Told, settings: AlertSettings | undefined): boolean {
  const isWritten = Object.entries(fields).some(([field, value]) => isAlert(field) && typeof value === 'number');
  return isWritten || settings?.places[entryPlace({ kind, workspace, name })]?.thresholds !== undefined;
}
