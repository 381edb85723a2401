/** A mail server as others have written it (`smtp-server`), with its moods; and what it got, as others read it (`mailparser`). */

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { openSenders } from '../../../src/notify/channels/open-senders.ts';
import type { MailChannel, Sender } from '../../../src/notify/message.ts';
import { onClose } from '../../client/loopback.ts';
import type { Certificate } from '../../helpers/certificate.ts';
import { ports } from './messages.ts';

export interface GotMail {
  readonly from: string;
  /** Of the envelope. */
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  readonly user: string | null;
  readonly isUtf8: boolean;
  readonly raw: string;
  readonly mail: ParsedMail;
}

export interface MailServer {
  readonly port: number;
  readonly got: readonly GotMail[];
  /** Recipients that were asked for, in their order. */
  readonly asked: readonly string[];
}

/** Answers of the server: three digits decide. */
export class Refusal extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

export interface Moods {
  readonly onRecipient?: (address: string, count: number) => Error | undefined;
  /** Once the whole message is there. */
  readonly onMessage?: (count: number) => Error | undefined;
  readonly options?: SMTPServerOptions;
}

export async function startMailServer(certificate: Certificate | null, moods: Moods = {}): Promise<MailServer> {
  const got: GotMail[] = [];
  const asked: string[] = [];
  let messages = 0;
  const server = new SMTPServer({
    ...(certificate ?? { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }),
    authOptional: true,
    logger: false,
    onRcptTo({ address }, _session, done) {
      asked.push(address);
      done(moods.onRecipient?.(address, asked.filter((one) => one === address).length));
    },
    async onData(stream, session, done) {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const raw = Buffer.concat(chunks);
      const refusal = moods.onMessage?.(++messages);
      const { mailFrom, rcptTo, smtpUtf8 } = session.envelope;
      if (refusal === undefined) {
        got.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
          isUtf8: smtpUtf8 === true,
          raw: raw.toString('utf8'),
          mail: await simpleParser(raw),
        });
      }
      done(refusal);
    },
    ...moods.options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onClose(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, got, asked };
}

/** A server that says what the script says, line by line, and then what it does to the connection. */
export async function startRawServer(
  talk: (socket: Socket, line: string) => void,
  greeting = '220 here\r\n',
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (greeting !== '') socket.write(greeting);
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) talk(socket, line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onClose(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export function mailChannel(port: number, over: Partial<MailChannel> = {}): MailChannel {
  return {
    type: 'mail',
    name: 'post',
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'budgets@example.com',
    login: null,
    ...over,
  };
}

export function openMail(channel: MailChannel, over: Parameters<typeof ports>[0] = {}): Sender {
  const { senders, close } = openSenders([channel], ports(over));
  onClose(close);
  const [sender] = senders;
  if (sender === undefined) throw new Error('no sender');
  return sender;
}
