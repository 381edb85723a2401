/**
 * Who is told of what, and how: `alerts:`, `channels:` and lists of thresholds. As files say it, and so recorded: what tells is in force
 * from the last apply, so that a pull request can neither name a secret nor send anything to its author's server.
 */

/** Every name of a variable that a channel may read begins so: no other secret of a run can be named. */
export const channelVariablePrefix = 'TOLLGATE_NOTIFY_';

/** An address of mail, as files write it. */
export const addressText = /^[^\s@,;<>"]+@[^\s@,;<>".]+(?:\.[^\s@,;<>".]+)+$/;

/** `…_env` members are names of variables, never secrets. */
export type ChannelSettings =
  | {
      readonly type: 'mail';
      readonly host: string;
      /** Default: 587; 465 with `tls`. */
      readonly port?: number;
      /** `tls` from the first byte (default of port 465), or `starttls`; `none` to this machine alone. */
      readonly security?: 'tls' | 'starttls' | 'none';
      readonly from: string;
      readonly user_env?: string;
      readonly password_env?: string;
    }
  /** The address in the variable has to be on the host. */
  | { readonly type: 'slack' | 'teams'; readonly host: string; readonly url_env: string }
  | { readonly type: 'webhook'; readonly url: string; readonly secret_env: string }
  /** Of the repository that the run belongs to. */
  | { readonly type: 'github'; readonly issue: number; readonly token_env: string };

export type ChannelType = ChannelSettings['type'];

/** As written, or what stands for it. */
export function mailPortOf({
  port,
  security,
}: Pick<Extract<ChannelSettings, { type: 'mail' }>, 'port' | 'security'>): number {
  return port ?? (security === 'tls' ? 465 : 587);
}

/** What is told only where `also` names it. */
export const alsoTold = ['keys', 'expiring', 'loosened', 'undeclared', 'failed-apply', 'prices', 'digest'] as const;
export type AlsoTold = (typeof alsoTold)[number];

/** One place's `alerts:`. Missing: nothing is said there. */
export interface AlertRules {
  /** Sorted and lower-cased. Null: `none`. */
  readonly recipients?: readonly string[] | null;
  /** Names of channels, sorted. Null: `none`. */
  readonly channels?: readonly string[] | null;
  /** Days before the run-out; null: `none`. */
  readonly forecast?: number | null;
  /** Sorted. */
  readonly also?: readonly AlsoTold[];
}

/** One of several thresholds. */
export interface AlertThreshold {
  /** In the unit of the budget; `budget`: all of it. */
  readonly at: number | 'budget';
  /** Beside those in force. */
  readonly recipients?: readonly string[];
}

export interface PlaceAlerts extends AlertRules {
  /** By the slot of the budget (`cost/monthly`), `''` where there is one alone; ascending. Missing: the entry's own `alert`. */
  readonly thresholds?: Readonly<Record<string, readonly AlertThreshold[]>>;
}

export interface AlertSettings {
  /** By name. */
  readonly channels: Readonly<Record<string, ChannelSettings>>;
  /** By place, see below. */
  readonly places: Readonly<Record<string, PlaceAlerts>>;
}

/** The organisation's own. No kind is called so. */
export const organisationPlace = 'organisation';

/** @param ref slug or UUID as written */
export function workspacePlace(ref: string): string {
  return `workspace/${ref}`;
}

/** As a change of the entry is called. */
export function entryPlace({
  kind,
  workspace,
  name,
}: {
  readonly kind: string;
  readonly workspace: string | null;
  readonly name: string;
}): string {
  return `${kind}/${workspace ?? '-'}/${name}`;
}

export interface AlertRoute {
  /** Sorted; those that the thresholds add are not in it. */
  readonly recipients: readonly string[];
  /** Names of channels, sorted. */
  readonly channels: readonly string[];
  /** Days; null: no forecast is told. */
  readonly forecast: number | null;
  readonly also: ReadonlySet<AlsoTold>;
  /** The entry itself names a channel or a forecast: asked for, also where the service mails. */
  readonly isAsked: boolean;
}

/**
 * Organisation, workspace and entry together: recipients, channels and `also` add up, a nearer `forecast` wins. `none` of an entry empties;
 * of a file it adds nothing. Where nobody names a channel it is every channel.
 *
 * @param places from the outermost to the nearest, as they are called in the settings
 */
export function routeOf(settings: AlertSettings, places: readonly string[]): AlertRoute {
  const said = places.flatMap((place) => {
    const rules = settings.places[place];
    return rules === undefined
      ? []
      : [{ rules, isEntry: place !== organisationPlace && !place.startsWith('workspace/') }];
  });
  const join = (member: 'recipients' | 'channels'): readonly string[] | undefined => {
    if (said.some(({ rules, isEntry }) => isEntry && rules[member] === null)) return [];
    const written = said.flatMap(({ rules }) => (rules[member] === undefined ? [] : [rules[member] ?? []]));
    return written.length === 0 ? undefined : [...new Set(written.flat())].sort();
  };
  const channels = join('channels') ?? Object.keys(settings.channels).sort();
  return {
    recipients: join('recipients') ?? [],
    channels: channels.filter((name) => Object.hasOwn(settings.channels, name)),
    forecast: said.findLast(({ rules }) => rules.forecast !== undefined)?.rules.forecast ?? null,
    also: new Set(said.flatMap(({ rules }) => rules.also ?? [])),
    isAsked: said.some(({ rules, isEntry }) => isEntry && (rules.channels ?? rules.forecast) != null),
  };
}
