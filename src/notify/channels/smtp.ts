/** Mail over SMTP: encrypted or not at all, one connection a message, and never sent again by itself. */

import { Transform } from 'node:stream';
import type { SendMailOptions, SMTPTransportOptions, Transporter } from 'nodemailer';
import { isLoopback } from '../../client/base-url.ts';
import type { CleanText } from '../../client/failure.ts';
import { CancelledError } from '../../errors.ts';
import { digestOf } from '../../plan/digest.ts';
import type { Delivery, MailChannel, RefusedRecipient, Sender } from '../message.ts';
import {
  type ChannelTimeouts,
  channelTimeouts,
  createBlankers,
  delivered,
  type NoWay,
  readSecret,
  type SenderPorts,
  undelivered,
  untriedProbe,
} from './delivery.ts';
import { divideRecipients, domainOf, isMailAddress } from './mail-address.ts';
import {
  explainMailError,
  joinMailDeliveries,
  judgeMailError,
  LateError,
  refusedOf,
  type SentEnvelope,
} from './mail-outcome.ts';
import { type Shown, showMessage } from './shown.ts';
import { writeMailHtml } from './write-mail-html.ts';
import { writePlainText } from './write-text.ts';

export function createMailSender(channel: MailChannel, ports: SenderPorts): Sender {
  const timeouts = { ...channelTimeouts, ...ports.timeouts };
  const place = `${channel.host}:${channel.port}`;

  return {
    channel,
    knowsDoubles: false,
    async send(message, to) {
      const login = readLogin(channel, ports.env);
      if ('why' in login) return undelivered(login.why, { retry: false });
      const wrong = findWrong(channel);
      if (wrong !== null) return undelivered(wrong, { retry: false });
      const good = to.filter(isMailAddress);
      const refused = to.filter((address) => !isMailAddress(address)).map(refuseAddress);
      if (good.length === 0) {
        const why = to.length === 0 ? 'it has no recipients' : 'none of its recipients is an address';
        return undelivered(why, { retry: false }, refused);
      }
      const { value: blank, clean } = createBlankers(ports);
      const shown = showMessage(message, blank);
      const parts: SentEnvelope[] = [];
      for (const envelope of divideRecipients(good)) {
        if (ports.signal?.aborted) throw new CancelledError('cancelled');
        const sending = { channel, auth: login.auth, shown, to: envelope, clean, ports, timeouts, place };
        parts.push({ to: envelope, delivery: await sendOne(sending) });
      }
      return joinMailDeliveries(parts, refused, place);
    },

    async probe() {
      const login = readLogin(channel, ports.env);
      if ('why' in login) return untriedProbe(login);
      const wrong = findWrong(channel);
      if (wrong !== null) return untriedProbe({ why: wrong });
      const { clean } = createBlankers(ports);
      const transport = await createTransport(channel, login.auth, timeouts, ports.authorities);
      const untried = `whether it takes mail from ${channel.from} and for whom: \`tollgate notify --test ${channel.name}\` sends one`;
      try {
        await within(timeouts.total, ports.signal, () => transport.verify());
        const secured = channel.security === 'none' ? 'without encryption, on this machine' : 'encrypted';
        const detail = `${place} answers, ${secured}${login.auth === null ? '' : ', and takes the login'}`;
        return { state: 'works', detail, untried };
      } catch (error) {
        if (ports.signal?.aborted) throw new CancelledError('cancelled');
        return { state: 'broken', detail: `${place}: ${explainMailError(error, clean, timeouts)}`, untried: null };
      } finally {
        transport.close();
      }
    },
  };
}

interface Auth {
  readonly user: string;
  readonly pass: string;
}

function readLogin({ login }: MailChannel, env: SenderPorts['env']): { readonly auth: Auth | null } | NoWay {
  if (login === null) return { auth: null };
  const user = readSecret(env, login.user);
  if ('why' in user) return user;
  const password = readSecret(env, login.password);
  return 'why' in password ? password : { auth: { user: user.value, pass: password.value } };
}

/** Once more what settings were refused for: what is sent in the clear, or under another name, cannot be taken back. */
function findWrong({ host, security, from }: MailChannel): string | null {
  if (security === 'none' && !isLoopback(new URL(`smtp://${host.includes(':') ? `[${host}]` : host}`).hostname)) {
    return `mail to ${host} would be sent without encryption: write \`starttls\` or \`tls\``;
  }
  return isMailAddress(from) ? null : `the sender ${JSON.stringify(from)} is not an address`;
}

function refuseAddress(recipient: string): RefusedRecipient {
  return { recipient, why: 'is not an address', retry: false };
}

/** Loaded here: whoever sends no mail does not wait for it. */
async function createTransport(
  { host, port, security }: MailChannel,
  auth: Auth | null,
  { connect, silence }: ChannelTimeouts,
  authorities: string | undefined,
): Promise<Transporter> {
  const nodemailer = await import('nodemailer');
  const options: SMTPTransportOptions = {
    host,
    port,
    secure: security === 'tls',
    // A server that offers no encryption, or somebody between who takes the offer out, gets nothing.
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(authorities === undefined ? {} : { ca: authorities }) },
    // Also to a server that asks for no login: mail that is sent without one looks like anybody's.
    ...(auth === null ? {} : { auth: { ...auth }, forceAuth: true }),
    connectionTimeout: connect,
    greetingTimeout: silence,
    socketTimeout: silence,
    dnsTimeout: connect,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return nodemailer.createTransport(options);
}

interface Sending {
  readonly channel: MailChannel;
  readonly auth: Auth | null;
  readonly shown: Shown;
  readonly to: readonly string[];
  readonly clean: CleanText;
  readonly ports: SenderPorts;
  readonly timeouts: ChannelTimeouts;
  /** Host and port. */
  readonly place: string;
}

async function sendOne({ channel, auth, shown, to, clean, ports, timeouts, place }: Sending): Promise<Delivery> {
  // Once the last byte has left, a connection that is cut may have delivered it all the same.
  let isHandedOver = false;
  const watch = (): Transform =>
    new Transform({
      transform: (chunk, _encoding, done) => done(null, chunk),
      flush: (done) => {
        isHandedOver = true;
        done();
      },
    });
  const mail: SendMailOptions = {
    // By parts, so that nothing in them is read as a list of addresses.
    from: { name: 'tollgate', address: channel.from },
    to: to.map((address) => ({ name: '', address })),
    subject: shown.title,
    text: writePlainText(shown),
    html: shown.html ?? writeMailHtml(shown),
    messageId: `<${digestOf(shown.id).slice(0, 32)}@${domainOf(channel.from)}>`,
    date: new Date(ports.timing.now()),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = await createTransport(channel, auth, timeouts, ports.authorities);
  transport.use('stream', ({ message }, done) => {
    message.transform(watch);
    done();
  });
  try {
    const info = await within(timeouts.total, ports.signal, (signal) => transport.sendMail({ ...mail, signal }));
    return { ...delivered, refused: refusedOf(info, to, clean) };
  } catch (error) {
    if (ports.signal?.aborted) throw new CancelledError('cancelled');
    const refused = refusedOf(error, to, clean);
    if (refused.length > 0) return undelivered('', { retry: refused.some(({ retry }) => retry) }, refused);
    const { retry, isAnswered } = judgeMailError(error);
    const why = `${place}: ${explainMailError(error, clean, timeouts)}`;
    return undelivered(why, { retry, mayHaveArrived: isHandedOver && !isAnswered });
  } finally {
    transport.close();
  }
}

/** A server that says a word now and then keeps a connection open for ever. */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, milliseconds);
  signal?.addEventListener('abort', abort, { once: true });
  const late = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(new LateError()), { once: true });
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
