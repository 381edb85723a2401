/** Who is told of an alert, in a few words; the same in every format. */

import { escapeInvisible } from '../printable.ts';
import { reachesNobody, type ToldBy } from '../resources/told-by.ts';
import type { ToldDocument } from './documents/told.ts';

/** `the service`, `the service (presumably) and team-chat` */
function describeTold(told: ToldBy): string {
  const service = { yes: ['the service'], presumed: ['the service (presumably)'], no: [] }[told.service];
  const all = [...service, ...told.channels.map(escapeInvisible)];
  const [last = ''] = all.slice(-1);
  return all.length === 1 ? last : `${all.slice(0, -1).join(', ')} and ${last}`;
}

/** `alert told by team-chat`, `alert tells nobody` */
export function describeAlertTold(told: ToldBy): string {
  return reachesNobody(told) ? 'alert tells nobody' : `alert told by ${describeTold(told)}`;
}

/** For programs. @param counts addresses are people: only how many there are */
export function toldDocument(told: ToldBy, counts: boolean): ToldDocument {
  const { service, serviceRecipients, channels, recipients } = told;
  const people = (list: readonly string[]): readonly string[] | { readonly count: number } =>
    counts ? { count: list.length } : list;
  return {
    nobody: reachesNobody(told),
    by_service: service,
    service_recipients: people(serviceRecipients),
    channels,
    recipients: people(recipients),
  };
}
