/** Mail through a real server, read by a real parser. */

import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/notify/message.ts';
import { hasOpenssl, makeCertificate } from '../../helpers/certificate.ts';
import { mailChannel, openMail, Refusal, startMailServer, startRawServer } from './mail-server.ts';
import { hostileMessage, hostileNames, message } from './messages.ts';

const to = ['a@example.com', 'b@example.com'];
const told: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };
const certificate = hasOpenssl ? makeCertificate('IP:127.0.0.1', 'DNS:localhost') : null;
const login = { user: 'TOLLGATE_NOTIFY_MAIL_USER', password: 'TOLLGATE_NOTIFY_MAIL_PASSWORD' };
const password = 'wall-of-text-42';
const env = { [login.user]: 'budgets', [login.password]: password };

describe('what arrives', () => {
  it('is read by another parser as it was meant', async () => {
    const server = await startMailServer(null);
    expect(await openMail(mailChannel(server.port)).send(message(), to)).toEqual(told);
    const [got] = server.got;
    expect([got?.from, got?.to]).toEqual(['budgets@example.com', to]);
    const { subject, from, text, html, headers, attachments, date } = got?.mail ?? {};
    expect(subject).toBe(message().title);
    expect(from?.value).toEqual([{ name: 'tollgate', address: 'budgets@example.com' }]);
    expect(date).toEqual(new Date('2026-08-01T00:00:00Z'));
    expect(text).toBe(`team-a has used 80 % of its $500 a month

used: $402.10 of $500
resets: 2026-12-01 00:00 UTC

At the pace of the last seven days it is used up on 2026-11-24.

See \`tollgate status\`.

https://github.com/example/budgets/actions/runs/7

-- 
Sent by tollgate. Who is told stands in the policy files.
`);
    expect(html).toContain('<th scope="row"');
    expect([headers?.get('auto-submitted'), headers?.get('x-auto-response-suppress')]).toEqual([
      'auto-generated',
      'All',
    ]);
    expect(attachments).toEqual([]);
  });

  it('has the Message-ID of its telling, twice the same for the same', async () => {
    const server = await startMailServer(null);
    const sender = openMail(mailChannel(server.port, { from: 'budgets@bücher.example' }));
    for (const id of ['one', 'one', 'two']) await sender.send(message({ id }), to);
    const [first, again, other] = server.got.map(({ mail }) => mail.messageId);
    expect(first).toMatch(/^<[0-9a-f]{32}@xn--bcher-kva\.example>$/);
    expect([again === first, other === first]).toEqual([true, false]);
  });

  it('has a page as its HTML where there is one, and its own where that is too large', async () => {
    const server = await startMailServer(null);
    const sender = openMail(mailChannel(server.port));
    await sender.send(message({ kind: 'digest', html: '<!doctype html><p>the week</p>' }), to);
    await sender.send(message({ kind: 'digest', html: `<p>${'x'.repeat(1024 * 1024)}</p>` }), to);
    expect(server.got[0]?.mail.html).toBe('<!doctype html><p>the week</p>');
    expect(server.got[1]?.mail.html).toContain('<th scope="row"');
  });

  it('goes to names of any script, those that few servers take apart from the others', async () => {
    const server = await startMailServer(null);
    const all = ['a@example.com', 'jane@bücher.example', 'žofie@example.com'];
    expect(await openMail(mailChannel(server.port)).send(message(), all)).toEqual(told);
    expect(server.got.map((got) => [got.to, got.isUtf8])).toEqual([
      // As the server shows it: it came in ASCII, or it would have had to say that it takes anything else.
      [['a@example.com', 'jane@bücher.example'], false],
      [['žofie@example.com'], true],
    ]);
  });

  it('goes to many in envelopes of fifty', async () => {
    const server = await startMailServer(null);
    const many = Array.from({ length: 120 }, (_, index) => `p${index}@example.com`);
    expect(await openMail(mailChannel(server.port)).send(message(), [...many, ...many])).toEqual(told);
    expect(server.got.map((got) => got.to.length)).toEqual([50, 50, 20]);
    expect(server.got.flatMap((got) => got.to)).toEqual(many);
  });

  it.each(hostileNames.map((name) => [name]))('holds no header and no link that a name brought: %j', async (name) => {
    const server = await startMailServer(null);
    expect(await openMail(mailChannel(server.port)).send(hostileMessage(name), to)).toEqual(told);
    const [got] = server.got;
    if (got === undefined) throw new Error('nothing came');
    expect(got.to).toEqual(to);
    expect([...got.mail.headers.keys()].sort()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
      'x-auto-response-suppress',
    ]);
    // What another library takes for an address in plain text, and what a program for mail would fetch or follow.
    const followed = [
      ...`${got.mail.textAsHtml}${got.mail.html}`.matchAll(/<(?:a|img|link|script|iframe)\b[^>]*>/g),
    ].map(String);
    const addresses = followed.map((tag) => /(?:href|src)="([^"]*)"/.exec(tag)?.[1] ?? '');
    // The parser has a custom of its own for `@name`, which no program for mail has.
    expect(addresses.filter((address) => !address.startsWith('https://twitter.com/'))).toEqual([
      'https://github.com/example/budgets',
      'https://github.com/example/budgets',
    ]);
    expect(got.mail.html).not.toMatch(/<script|<img|<[^>]* on\w+=/i);
  });

  it('holds no secret of the run', async () => {
    const admin = 'pk-S3cret+key/for=tests';
    const server = await startMailServer(null);
    const sender = openMail(mailChannel(server.port), { env: { ...env, PORTKEY_API_KEY: admin } });
    await sender.send(message({ title: `${admin} and ${password}`, html: `<p>${admin}</p>`, paragraphs: [admin] }), to);
    const [got] = server.got;
    expect(got?.mail.subject).toBe('[key] and [key]');
    expect(`${got?.mail.text}${got?.mail.html}`).not.toMatch(/S3cret|wall-of-text/);
  });
});

describe.skipIf(certificate === null)('what is encrypted', () => {
  const trusting = { authorities: certificate?.cert ?? '' };

  it('goes through STARTTLS, with the login', async () => {
    const server = await startMailServer(certificate, {
      options: {
        onAuth: ({ username, password: given }, _session, done) =>
          done(null, given === password ? { user: username } : {}),
      },
    });
    const channel = mailChannel(server.port, { security: 'starttls', login });
    expect(await openMail(channel, { ...trusting, env }).send(message(), to)).toEqual(told);
    expect(server.got.map(({ isEncrypted, user }) => [isEncrypted, user])).toEqual([[true, 'budgets']]);
  });

  it('is so from the first byte on where that is asked for', async () => {
    const server = await startMailServer(certificate, { options: { secure: true } });
    const channel = mailChannel(server.port, { security: 'tls' });
    expect(await openMail(channel, trusting).send(message(), to)).toEqual(told);
    expect(server.got.map(({ isEncrypted }) => isEncrypted)).toEqual([true]);
  });

  it('or is not sent: a server that offers no encryption gets nothing, and no login', async () => {
    const lines: string[] = [];
    const port = await startRawServer((socket, line) => {
      lines.push(line);
      socket.write(/^EHLO/.test(line) ? '250-here\r\n250 AUTH PLAIN\r\n' : '502 what?\r\n');
    });
    const channel = mailChannel(port, { security: 'starttls', login });
    expect(await openMail(channel, { ...trusting, env }).send(message(), to)).toMatchObject({
      sent: false,
      retry: false,
      mayHaveArrived: false,
      why: `127.0.0.1:${port}: it offers no encryption, without which nothing is sent: use its port for TLS (\`tls\`, usually 465)`,
    });
    expect(lines.filter((line) => /AUTH|MAIL|RCPT|DATA/.test(line))).toEqual([]);
  });

  it.each(['tls', 'starttls'] as const)(
    'is not sent to somebody whose certificate nobody vouches for (%s)',
    async (security) => {
      const server = await startMailServer(certificate, { options: { secure: security === 'tls' } });
      const delivery = await openMail(mailChannel(server.port, { security, login }), { env }).send(message(), to);
      expect(delivery).toMatchObject({ sent: false, retry: false, mayHaveArrived: false });
      expect(delivery.why).toMatch(/certificate.*NODE_EXTRA_CA_CERTS/);
      expect(server.asked).toEqual([]);
    },
  );

  it('is not sent to a host whose certificate is for another', async () => {
    const other = makeCertificate('DNS:mail.example.com');
    const server = await startMailServer(other, { options: { secure: true } });
    const sender = openMail(mailChannel(server.port, { security: 'tls' }), { authorities: other.cert });
    expect(await sender.send(message(), to)).toMatchObject({ sent: false, retry: false });
    expect(server.asked).toEqual([]);
  });

  it('is not sent without the login that was asked for', async () => {
    const refusing = await startMailServer(certificate, {
      options: {
        onAuth: ({ password: given }, _session, done) => done(new Refusal(535, `wrong password ${given}`)),
      },
    });
    const channel = mailChannel(refusing.port, { security: 'starttls', login });
    const { why, ...delivery } = await openMail(channel, { ...trusting, env }).send(message(), to);
    expect(delivery).toEqual({ sent: false, refused: [], retry: false, mayHaveArrived: false });
    expect(why).toBe(
      `127.0.0.1:${refusing.port}: it refuses the login (535 wrong password [key]); look at the user and the password of this channel`,
    );
    const open = await startMailServer(certificate, { options: { disabledCommands: ['AUTH'] } });
    const asked = openMail(mailChannel(open.port, { security: 'starttls', login }), { ...trusting, env });
    expect(await asked.send(message(), to)).toMatchObject({ sent: false, retry: false });
    expect([refusing.asked, open.asked]).toEqual([[], []]);
  });

  it('is tried by the probe, up to the login, and no further', async () => {
    const server = await startMailServer(certificate, {
      options: {
        onAuth: ({ username, password: given }, _session, done) =>
          given === password ? done(null, { user: username }) : done(new Refusal(535, 'no')),
      },
    });
    const channel = mailChannel(server.port, { security: 'starttls', login });
    expect(await openMail(channel, { ...trusting, env }).probe()).toEqual({
      state: 'works',
      detail: `127.0.0.1:${server.port} answers, encrypted, and takes the login`,
      untried: 'whether it takes mail from budgets@example.com and for whom: `tollgate notify --test post` sends one',
    });
    const wrong = { ...env, [login.password]: 'another-password' };
    expect(await openMail(channel, { ...trusting, env: wrong }).probe()).toMatchObject({
      state: 'broken',
      detail: expect.stringContaining('it refuses the login (535 no)'),
    });
    expect(await openMail(channel, { ...trusting, env: {} }).probe()).toMatchObject({
      state: 'not-tried',
      detail: `${login.user} is not set: give it to the job that tells, as a secret`,
    });
    expect(server.asked).toEqual([]);
  });
});

describe('what is refused', () => {
  it('for one recipient is named, and the others have it', async () => {
    const server = await startMailServer(null, {
      onRecipient: (address) => (address === 'b@example.com' ? new Refusal(550, 'No such user here') : undefined),
    });
    expect(await openMail(mailChannel(server.port)).send(message(), to)).toEqual({
      sent: true,
      refused: [{ recipient: 'b@example.com', why: '550 No such user here', retry: false }],
      why: `127.0.0.1:${server.port} refuses b@example.com (550 No such user here)`,
      retry: false,
      mayHaveArrived: false,
    });
    expect(server.got.map((got) => got.to)).toEqual([['a@example.com']]);
  });

  it('by a greylist is tried again later, for those alone who do not have it', async () => {
    const server = await startMailServer(null, {
      onRecipient: (address, count) =>
        address === 'jane@bücher.example' && count === 1 ? new Refusal(451, 'Greylisted, come again') : undefined,
    });
    const sender = openMail(mailChannel(server.port));
    const first = await sender.send(message(), ['a@example.com', 'jane@bücher.example']);
    expect(first).toMatchObject({ sent: true, retry: true });
    expect(first.refused).toEqual([
      { recipient: 'jane@bücher.example', why: '451 Greylisted, come again', retry: true },
    ]);
    const later = first.refused.filter(({ retry }) => retry).map(({ recipient }) => recipient);
    expect(await sender.send(message(), later)).toEqual(told);
    expect(server.got.map((got) => got.to)).toEqual([['a@example.com'], ['jane@bücher.example']]);
  });

  it('for everybody is not sent, and may be for now or for good', async () => {
    const codes: Record<string, number> = { 'a@example.com': 550, 'b@example.com': 550 };
    const server = await startMailServer(null, {
      onRecipient: (address) => new Refusal(codes[address] ?? 0, 'no'),
    });
    const sender = openMail(mailChannel(server.port));
    expect(await sender.send(message(), to)).toMatchObject({ sent: false, retry: false, mayHaveArrived: false });
    codes['b@example.com'] = 451;
    const delivery = await sender.send(message(), to);
    expect(delivery).toMatchObject({ sent: false, retry: true, mayHaveArrived: false });
    expect(delivery.refused.map(({ retry }) => retry)).toEqual([false, true]);
  });

  it.each([
    [554, false],
    [552, false],
    [451, true],
    [421, true],
  ])('once the message is there, with %d', async (code, retry) => {
    const server = await startMailServer(null, { onMessage: () => new Refusal(code, 'not this one') });
    expect(await openMail(mailChannel(server.port)).send(message(), to)).toEqual({
      sent: false,
      refused: [],
      why: `127.0.0.1:${server.port}: it refuses the message (${code} not this one)`,
      retry,
      mayHaveArrived: false,
    });
  });

  it('before anything leaves: what is not an address, and whoever is not on this machine without encryption', async () => {
    const server = await startMailServer(null);
    const wrong = [
      'a',
      'a@b@c',
      'a@example.com\r\nRCPT TO:<thief@evil.example>',
      '"a b"@example.com',
      'a@example.com,b@x.de',
      '@host:a@b.de',
      `${'a'.repeat(65)}@b.de`,
    ];
    const delivery = await openMail(mailChannel(server.port)).send(message(), [...wrong, 'a@example.com']);
    expect(delivery.refused).toEqual(wrong.map((recipient) => ({ recipient, why: 'is not an address', retry: false })));
    expect([delivery.sent, server.asked]).toEqual([true, ['a@example.com']]);
    expect(await openMail(mailChannel(server.port)).send(message(), ['a'])).toMatchObject({
      sent: false,
      retry: false,
    });
    expect(await openMail(mailChannel(server.port)).send(message(), [])).toMatchObject({
      sent: false,
      why: 'it has no recipients',
    });
    expect(await openMail(mailChannel(25, { host: 'mail.example.com' })).send(message(), to)).toMatchObject({
      sent: false,
      retry: false,
      why: expect.stringContaining('without encryption'),
    });
    const from = 'a@example.com\r\nBcc: thief@evil.example';
    expect((await openMail(mailChannel(server.port, { from })).send(message(), to)).why).toContain('is not an address');
    expect(server.got).toHaveLength(1);
  });
});

describe('who does not answer', () => {
  const timeouts = { connect: 150, silence: 150, total: 400 };
  const talk = (onData: (socket: Socket) => void) => {
    let isBody = false;
    return (socket: Socket, line: string): void => {
      if (isBody) {
        if (line === '.') onData(socket);
        return;
      }
      if (line.startsWith('EHLO')) socket.write('250 here\r\n');
      else if (line === 'DATA') {
        isBody = true;
        socket.write('354 go on\r\n');
      } else socket.write('250 fine\r\n');
    };
  };

  it('is not there: nothing arrived', async () => {
    expect(await openMail(mailChannel(1)).send(message(), to)).toEqual({
      sent: false,
      refused: [],
      why: '127.0.0.1:1: connection refused',
      retry: true,
      mayHaveArrived: false,
    });
  });

  it('never greets', async () => {
    const port = await startRawServer(() => undefined, '');
    expect(await openMail(mailChannel(port), { timeouts }).send(message(), to)).toMatchObject({
      sent: false,
      retry: true,
      mayHaveArrived: false,
      why: expect.stringContaining('no answer within'),
    });
  });

  it('cuts the connection before the message', async () => {
    const port = await startRawServer((socket, line) =>
      line.startsWith('EHLO') ? socket.write('250 here\r\n') : socket.destroy(),
    );
    expect(await openMail(mailChannel(port), { timeouts }).send(message(), to)).toEqual({
      sent: false,
      refused: [],
      why: `127.0.0.1:${port}: the connection was cut`,
      retry: true,
      mayHaveArrived: false,
    });
  });

  it('cuts it in the middle of one that is not all there', async () => {
    let bytes = 0;
    const port = await startRawServer((socket, line) => {
      if (line.startsWith('EHLO')) socket.write('250 here\r\n');
      else if (line === 'DATA') socket.write('354 go on\r\n', () => socket.pause().destroy());
      else socket.write('250 fine\r\n');
      bytes += line.length;
    });
    const page = message({ html: `<p>${'page '.repeat(200_000)}</p>` });
    expect(await openMail(mailChannel(port), { timeouts }).send(page, to)).toMatchObject({ sent: false, retry: true });
    expect(bytes).toBeLessThan(100_000);
  });

  it('cuts it when all is there: it may have arrived', async () => {
    const port = await startRawServer(talk((socket) => socket.destroy()));
    expect(await openMail(mailChannel(port), { timeouts }).send(message(), to)).toMatchObject({
      sent: false,
      retry: true,
      mayHaveArrived: true,
    });
  });

  it('says nothing once all is there: it may have arrived', async () => {
    const port = await startRawServer(talk(() => undefined));
    expect(await openMail(mailChannel(port), { timeouts }).send(message(), to)).toMatchObject({
      sent: false,
      retry: true,
      mayHaveArrived: true,
      why: expect.stringContaining('no answer within'),
    });
  });

  it('says a word now and then, for ever', async () => {
    const port = await startRawServer(
      talk((socket) => {
        const timer = setInterval(() => socket.write('250-wait\r\n'), 40);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    expect(await openMail(mailChannel(port), { timeouts }).send(message(), to)).toEqual({
      sent: false,
      refused: [],
      why: `127.0.0.1:${port}: not done within 0.4 s`,
      retry: true,
      mayHaveArrived: true,
    });
  });
});
