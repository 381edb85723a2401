/** Slack and Teams: what they get acts on nothing, and where it goes is nobody's choice but the settings'. */

import { describe, expect, it } from 'vitest';
import { openSenders } from '../../../src/notify/channels/open-senders.ts';
import type { Channel, Delivery, Message } from '../../../src/notify/message.ts';
import { answer, type Handler, type Loopback, onClose, serve } from '../../client/loopback.ts';
import { hostileMessage, hostileNames, message, ports } from './messages.ts';

const path = '/services/T0000/B0000/aVerySecretPartOfIt';
const variable = 'TOLLGATE_NOTIFY_CHAT';

interface Scene {
  readonly hook: Loopback;
  send(sent?: Message): Promise<Delivery>;
  body(): Record<string, unknown>;
}

async function scene(
  type: 'slack' | 'teams',
  handler: Handler = () => ({}),
  over: Partial<Channel> = {},
): Promise<Scene> {
  const hook = await serve(handler);
  const host = `127.0.0.1:${hook.port}`;
  const channel = { type, name: 'chat', host, url: variable, ...over } as Channel;
  const { senders, close } = openSenders([channel], ports({ env: { [variable]: `http://${host}${path}` } }));
  onClose(close);
  const [sender] = senders;
  if (sender === undefined) throw new Error('no sender');
  return {
    hook,
    send: (sent = message()) => sender.send(sent, ['a@example.com']),
    body: () => JSON.parse(hook.seen[0]?.body ?? 'null') as Record<string, unknown>,
  };
}

/** Every text in a value, with the object that it stands in. */
function textsIn(value: unknown, holder: object = {}): { readonly text: string; readonly holder: object }[] {
  if (typeof value === 'string') return [{ text: value, holder }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item) => textsIn(item, value));
}

/** As Slack reads a text: its three entities, and nothing else. */
const seenIn = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

describe('Slack', () => {
  it('gets a heading, fields, paragraphs and one link', async () => {
    const { hook, send, body } = await scene('slack');
    expect((await send()).sent).toBe(true);
    expect([hook.seen[0]?.url.pathname, hook.seen[0]?.headers['content-type']]).toEqual([path, 'application/json']);
    expect(body()).toEqual({
      text: 'team-a has used 80 % of its $500 a month',
      mrkdwn: false,
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'header', text: plain('team-a has used 80 % of its $500 a month') },
        { type: 'section', fields: [plain('used\n$402.10 of $500'), plain('resets\n2026-12-01 00:00 UTC')] },
        { type: 'section', text: plain('At the pace of the last seven days it is used up on 2026-11-24.') },
        { type: 'section', text: plain('See `tollgate status`.') },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: '<https://github.com/example/budgets/actions/runs/7>', verbatim: true },
        },
      ],
    });
  });

  it.each(hostileNames.map((name) => [name]))('mentions nobody and links nowhere: %j', async (name) => {
    const { send, body } = await scene('slack');
    await send(hostileMessage(name));
    const texts = textsIn(body());
    // Markup begins with `<` in any text of Slack's, and in nothing else but markdown, which only our own link is.
    expect(texts.filter(({ text }) => /[<>]/.test(text)).map(({ text }) => text)).toEqual([
      '<https://github.com/example/budgets>',
    ]);
    const marked = texts.filter(({ holder }) => 'type' in holder && holder.type === 'mrkdwn' && 'text' in holder);
    expect(new Set(marked.map(({ text }) => text))).toEqual(
      new Set(['mrkdwn', '<https://github.com/example/budgets>']),
    );
    expect(texts.some(({ text }) => seenIn(text).includes('//evil') || /evil\.com/.test(text))).toBe(false);
  });

  it('gets no more than it takes, and is told what is missing', async () => {
    const { send, body } = await scene('slack');
    const long = '&'.repeat(5_000);
    await send(
      message({
        title: long,
        facts: Array.from({ length: 100 }, () => ({ label: long, value: long })),
        paragraphs: Array.from({ length: 100 }, () => long),
      }),
    );
    const { blocks } = body() as {
      blocks: readonly { text?: { text: string }; fields?: readonly { text: string }[] }[];
    };
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { text, fields = [] } of blocks) {
      expect(text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
      expect(fields.length).toBeLessThanOrEqual(10);
      for (const field of fields) expect(field.text.length).toBeLessThanOrEqual(2_000);
    }
    expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
    // Nothing is cut in the middle of an entity.
    for (const { text } of textsIn(blocks)) expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
    const shown = blocks.slice(1, -1).reduce((sum, { fields }) => sum + (fields?.length ?? 1), 0) - 1;
    expect(textsIn(blocks).map(({ text }) => text)).toContain(`left out here\n${200 - shown} lines`);
  });
});

function plain(text: string): object {
  return { type: 'plain_text', text, emoji: false };
}

describe('Teams', () => {
  it('gets an adaptive card of runs of text, in which markdown is text', async () => {
    const { hook, send, body } = await scene('teams', (_seen, response) => answer(response, 202));
    expect((await send()).sent).toBe(true);
    expect(hook.seen).toHaveLength(1);
    const { type, attachments } = body() as {
      type: string;
      attachments: readonly { contentType: string; content: Card }[];
    };
    const [attachment] = attachments;
    expect([type, attachments.length, attachment?.contentType]).toEqual([
      'message',
      1,
      'application/vnd.microsoft.card.adaptive',
    ]);
    const card = attachment?.content;
    expect([card?.type, card?.version, card?.actions]).toEqual([
      'AdaptiveCard',
      '1.4',
      [{ type: 'Action.OpenUrl', title: 'Open', url: 'https://github.com/example/budgets/actions/runs/7' }],
    ]);
    expect(card?.body.map(({ inlines }) => inlines.map(({ text }) => text).join(''))).toEqual([
      'team-a has used 80 % of its $500 a month',
      'used  $402.10 of $500',
      'resets  2026-12-01 00:00 UTC',
      'At the pace of the last seven days it is used up on 2026-11-24.',
      'See `tollgate status`.',
    ]);
  });

  it.each(hostileNames.map((name) => [name]))(
    'has one link, no mention and nothing that reads markdown: %j',
    async (name) => {
      const { send, body } = await scene('teams');
      await send(hostileMessage(name));
      const { attachments, entities } = body() as { attachments: readonly { content: Card }[]; entities?: unknown };
      const card = attachments[0]?.content;
      const kinds = new Set(card?.body.flatMap(({ type, inlines }) => [type, ...inlines.map((inline) => inline.type)]));
      expect([...kinds].sort()).toEqual(['RichTextBlock', 'TextRun']);
      expect(card?.body.flatMap(({ inlines }) => inlines).every((inline) => !('selectAction' in inline))).toBe(true);
      expect([card?.actions?.length, entities, card?.msteams]).toEqual([1, undefined, { width: 'Full' }]);
      expect(textsIn(card?.body).some(({ text }) => text.includes('//evil') || /evil\.com/.test(text))).toBe(false);
    },
  );

  it('gets no more than 28 KB, and is told what is missing', async () => {
    const { hook, send } = await scene('teams');
    const long = '"ж'.repeat(2_000);
    await send(message({ paragraphs: Array.from({ length: 100 }, () => long), facts: [{ label: 'a', value: long }] }));
    const text = hook.seen[0]?.body ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(25_000);
    const shown = text.match(/"text":"\\"ж/g)?.length ?? 0;
    expect(textsIn(JSON.parse(text)).map(({ text: said }) => said)).toContain(`${101 - shown} lines`);
  });
});

interface Card {
  readonly type: string;
  readonly version: string;
  readonly msteams: unknown;
  readonly body: readonly { readonly type: string; readonly inlines: readonly { type: string; text: string }[] }[];
  readonly actions?: readonly unknown[];
}

describe.each(['slack', 'teams'] as const)('%s', (type) => {
  it('is sent nothing twice that may have arrived', async () => {
    const { hook, send } = await scene(type, (_seen, response) => void response.destroy());
    expect(await send()).toMatchObject({ sent: false, retry: true, mayHaveArrived: true });
    expect(hook.seen).toHaveLength(1);
  });

  it('has not what it answered 500 to', async () => {
    const { send } = await scene(type, (_seen, response) => void response.writeHead(500).end());
    expect(await send()).toMatchObject({ sent: false, retry: true, mayHaveArrived: false });
  });

  it('is waited for when it asks for it', async () => {
    const { hook, send } = await scene(type, (_seen, response, count) =>
      count === 1 ? answer(response, 429, '', { 'retry-after': '3' }) : answer(response, 200, 'ok'),
    );
    expect([(await send()).sent, hook.seen.length]).toEqual([true, 2]);
  });

  it('is not asked again when its address is gone, and the address stands in no message', async () => {
    const { hook, send } = await scene(type, (seen, response) =>
      answer(response, 404, `no_service at ${seen.url.pathname}`),
    );
    const { why, ...rest } = await send();
    expect(rest).toEqual({ sent: false, refused: [], retry: false, mayHaveArrived: false });
    expect(why).toBe(
      `127.0.0.1:${hook.port} answered 404: no_service at [key]; there is nobody at this address any more: make a new webhook`,
    );
    expect(hook.seen).toHaveLength(1);
  });

  it('goes to the host of the settings alone', async () => {
    const { hook, send } = await scene(type, undefined, { host: 'hooks.slack.com' } as Partial<Channel>);
    expect(await send()).toMatchObject({
      sent: false,
      retry: false,
      why: `the address in ${variable} is not on hooks.slack.com, the host of this channel`,
    });
    expect(hook.seen).toEqual([]);
  });

  it('gets no secret that stands in a variable, were it named as its address', async () => {
    const { hook, send } = await scene(type, undefined, { url: 'PORTKEY_API_KEY' } as Partial<Channel>);
    expect((await send()).why).toContain('has to begin with TOLLGATE_NOTIFY_');
    expect(hook.seen).toEqual([]);
  });
});
