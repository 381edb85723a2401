/** A message whose answer gets lost is told at most twice; one that certainly did not arrive is tried in each run. */

import { expect, it } from 'vitest';
import { hashOf } from '../../src/notify/memory.ts';
import type { Delivery, Message } from '../../src/notify/message.ts';
import { tellDue } from '../../src/notify/tell.ts';
import { channelsOf, leftOf, type Telling } from '../../src/notify/telling.ts';
import { createMemoryText } from '../../src/record/memory.ts';

const down: Delivery = { sent: false, refused: [], why: 'down', retry: true, mayHaveArrived: false };
const lost: Delivery = { ...down, why: 'no answer', mayHaveArrived: true };
const sent: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };
const people = ['a@example.com', 'b@example.com'];

/** Runs one after the other over one memory: whom each asked the channels for. */
async function walk(
  answers: Readonly<Record<string, readonly Delivery[]>>,
  { runs = 5, knowsDoubles = false } = {},
): Promise<Readonly<Record<string, readonly (readonly string[])[]>>> {
  const store = createMemoryText();
  const asked: Record<string, string[][]> = {};
  const names = Object.keys(answers);
  const kinds = Object.fromEntries(names.map((name) => [name, { type: 'mail' }]));
  const senders = new Map(
    names.map((name) => [
      name,
      {
        knowsDoubles,
        async send(_message: Message, to: readonly string[]): Promise<Delivery> {
          asked[name] = [...(asked[name] ?? []), [...to]];
          const said = answers[name] ?? [];
          return said[(asked[name]?.length ?? 1) - 1] ?? said.at(-1) ?? down;
        },
      },
    ]),
  );
  for (let run = 1; run <= runs; run += 1) {
    await tellDue({
      store,
      run: `run ${run}`,
      now: () => run * 3_600_000,
      senders,
      find: ({ marks }) => {
        const mark = marks.key;
        const all = channelsOf({ channels: names, recipients: people }, kinds);
        const to = mark === undefined ? all : leftOf(all, mark);
        const message: Message = {
          id: 'm',
          kind: 'threshold',
          title: 't',
          facts: [],
          paragraphs: [],
          link: null,
          at: 0,
          data: {},
        };
        const telling: Telling = { message, marks: [{ key: 'key', mark: { w: 'w', e: null } }], to };
        return { tellings: to.length === 0 ? [] : [telling], forgotten: [], holding: [] };
      },
    });
  }
  return asked;
}

it('is told at most twice where the answer always gets lost', async () => {
  expect(await walk({ post: [lost] })).toEqual({ post: [people, people] });
});

it('is tried in every run where it certainly did not arrive', async () => {
  expect((await walk({ post: [down] })).post).toHaveLength(5);
});

it('is tried in every run by a channel that knows doubles', async () => {
  expect((await walk({ post: [lost] }, { knowsDoubles: true })).post).toHaveLength(5);
});

it('goes on being tried after one lost answer, as long as it certainly does not arrive', async () => {
  expect((await walk({ post: [lost, down, down, lost, sent] })).post).toHaveLength(4);
  expect((await walk({ post: [lost, sent] })).post).toHaveLength(2);
});

it('keeps other channels apart', async () => {
  expect(await walk({ post: [lost], other: [sent] })).toEqual({ post: [people, people], other: [people] });
  const asked = await walk({ post: [lost], other: [down] });
  expect(asked.post).toHaveLength(2);
  expect(asked.other).toHaveLength(5);
});

it('tells those whom a message did not reach alone, also where another channel is told meanwhile', async () => {
  const [first = '', second = ''] = people;
  const later: Delivery = { ...sent, refused: [{ recipient: second, why: 'later', retry: true }], why: 'later' };
  const asked = await walk({ post: [later, down, sent], other: [down, sent] });
  expect(asked.post).toEqual([[first, second], [second], [second]]);
});

it('of one recipient whose answer got lost beside another is told him alone, once more', async () => {
  const second = people[1] ?? '';
  const doubted: Delivery = {
    ...sent,
    refused: [{ recipient: second, why: 'no answer', retry: true, mayHaveArrived: true }],
    why: 'no answer',
  };
  expect((await walk({ post: [doubted, lost] })).post).toEqual([people, [second]]);
  expect(hashOf(second)).not.toBe(hashOf(people[0]));
});
