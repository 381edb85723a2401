/** What somebody is told, the channels that it goes through, and what became of it. */

export const messageKinds = [
  'threshold',
  'exhausted',
  'runs-out',
  'ceiling',
  'key-expires',
  'returns',
  'loosened',
  'undeclared',
  'apply-failed',
  'price-moved',
  'digest',
  'test',
] as const;

export type MessageKind = (typeof messageKinds)[number];

/**
 * One telling. Texts are plain: no markup, of any length, and with names from outside in them as they are. Whoever writes one for
 * a channel escapes, shortens and blanks it (`channels/shown.ts`); nobody else has to.
 */
export interface Message {
  /** The same for the same telling, in whichever run and on whichever machine: receivers tell a double by it. */
  readonly id: string;
  readonly kind: MessageKind;
  /** One line; the subject of a mail. */
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** What is to be typed may stand between backticks. */
  readonly paragraphs: readonly string[];
  /** The one address that a reader can follow, https; null: there is none. */
  readonly link: string | null;
  /** Milliseconds since the epoch: as of when it is so. */
  readonly at: number;
  /** Beside the above in the payload of a webhook, documented there by kind. */
  readonly data: Readonly<Record<string, unknown>>;
  /** A page of the render room, sent as the HTML of a mail; the other channels have the rest of the message. */
  readonly html?: string | undefined;
}

/** Of an environment variable, `TOLLGATE_NOTIFY_…`: what is secret stands there, and only its name in settings. */
export type SecretName = string;

export interface MailChannel {
  readonly type: 'mail';
  readonly name: string;
  /** Without scheme and port. */
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte on (465) · `starttls` or nothing is sent (587, 25) · `none`: to this machine alone. */
  readonly security: 'tls' | 'starttls' | 'none';
  /** One address. */
  readonly from: string;
  /** Null: the server asks for none. */
  readonly login: { readonly user: SecretName; readonly password: SecretName } | null;
}

export interface SlackChannel {
  readonly type: 'slack';
  readonly name: string;
  /** Of the incoming webhook, `hooks.slack.com`: the address in the variable has to be on it. */
  readonly host: string;
  /** Holds the whole address of the webhook, which lets anybody post. */
  readonly url: SecretName;
}

export interface TeamsChannel {
  readonly type: 'teams';
  readonly name: string;
  /** Of the workflow that takes it, such as `prod-12.westeurope.logic.azure.com`. */
  readonly host: string;
  /** Holds the whole address of the workflow, which lets anybody post. */
  readonly url: SecretName;
}

export interface WebhookChannel {
  readonly type: 'webhook';
  readonly name: string;
  /** https, or http to this machine; without user, password and fragment. */
  readonly url: string;
  /** Holds what bodies are signed with: `whsec_` and base64, or any text of 24 bytes or more; two of them while one replaces the other. */
  readonly secret: SecretName;
}

/** Of the repository that the run belongs to, with the token of the run. */
export interface GitHubChannel {
  readonly type: 'github';
  readonly name: string;
  readonly issue: number;
  /** Name of the variable that the token stands in. */
  readonly tokenEnv: string;
}

/** Where tellings go: hosts, addresses and the names of variables, all of them settings in force, and no secret. */
export type Channel = MailChannel | SlackChannel | TeamsChannel | WebhookChannel | GitHubChannel;

/** What became of one message on one channel. */
export interface Delivery {
  /** Somebody has it. With `refused`: not all of them. */
  readonly sent: boolean;
  /** Who of those asked for does not have it although others may. Mail alone knows single recipients. */
  readonly refused: readonly RefusedRecipient[];
  /** Why nobody, or not everybody, was told, with what to do about it: one line, no secret. Null: all were told. */
  readonly why: string | null;
  /** False: the same is refused again until somebody changes an address, a secret or a setting. */
  readonly retry: boolean;
  /** Not `sent`, but the other side may have it: the answer got lost. What is sent again may be told twice. */
  readonly mayHaveArrived: boolean;
}

export interface RefusedRecipient {
  readonly recipient: string;
  readonly why: string;
  /** True: the server said that it takes it later, as one that greylists does. */
  readonly retry: boolean;
  /** The answer got lost on the way to others than those who have it. Missing: it does not have it. */
  readonly mayHaveArrived?: true;
}

/** What can be known of a channel without sending. */
export interface ChannelProbe {
  /** `not-tried`: nothing of it can be tried without sending. */
  readonly state: 'works' | 'broken' | 'not-tried';
  /** What was tried and what came of it. */
  readonly detail: string;
  /** What could not be tried; null: nothing that matters. */
  readonly untried: string | null;
}

export interface Sender {
  readonly channel: Channel;
  /** What is sent twice is told once: whoever gets it knows the message by its id. False: `mayHaveArrived` may become two. */
  readonly knowsDoubles: boolean;
  /**
   * Never rejects but with CancelledError: what failed is a value, so that one channel never keeps another from telling.
   *
   * @param to addresses; only mail reads them as such, a webhook lists them, the others leave them out
   */
  send(message: Message, to: readonly string[]): Promise<Delivery>;
  /** Connection, certificate and login, without sending. */
  probe(): Promise<ChannelProbe>;
}
