/** What holds for every tool: what is listed of it, its command, and that nothing but an envelope ever comes out of it. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { advertiseTool, isAllowed } from '../../src/tools/advertise.ts';
import { getRateLimitsTool } from '../../src/tools/get-rate-limits.ts';
import { longestAnswer } from '../../src/tools/pages.ts';
import { tools } from '../../src/tools/registry.ts';
import { listMemberOf, type Tool, toolsets } from '../../src/tools/tool.ts';
import { attributeOf } from '../../src/tools/twin-input.ts';
import { twins } from '../../src/tools/twins.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { effort } from '../helpers/effort.ts';
import { testNow } from '../helpers/session.ts';
import { adminKey } from '../helpers/world.ts';

const each = tools.map((tool) => [tool.name, tool] as const);

async function sample(): Promise<Asker> {
  const asker = await startAsker({ state: sampleSeed(new Date(testNow)) });
  onTestFinished(() => asker.close());
  return asker;
}

function inputShape(tool: Tool): Readonly<Record<string, unknown>> {
  const schema = tool.input();
  return schema instanceof z.ZodObject ? (schema.shape as Record<string, unknown>) : {};
}

describe('the list of tools', () => {
  it('is 40 KB at most: a model reads it before it has asked anything', () => {
    const bytes = Buffer.byteLength(JSON.stringify(tools.map(advertiseTool)));
    process.stdout.write(`${tools.length} tools, ${bytes} bytes\n`);
    expect(bytes).toBeLessThanOrEqual(40_000);
  });

  it('has one tool a name, and one command a tool', () => {
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    // Those of the other commands have forms of their own, and were there before their tools.
    const own = ['plan', 'validate', 'drift', 'estimate', 'recommend'];
    expect(tools.flatMap(({ twin }) => (own.includes(twin) ? [twin] : []))).toEqual(own);
    expect(twins.map(({ tool, command }) => [tool, command]).sort()).toEqual(
      tools.flatMap(({ name, twin }) => (own.includes(twin) ? [] : [[name, twin]])).sort(),
    );
  });

  it.each(each)(
    'S3-16, S3-4: %s says what it answers, what does not, what it needs, and how it is paged',
    (_name, tool) => {
      const { purpose, hints } = tool;
      const list = listMemberOf(tool, {});
      expect(purpose).toMatch(/^[A-Z][^.]*\.$|^[A-Z].*[^.]\.$/);
      const others = tools.filter(({ name }) => name !== tool.name).map(({ name }) => name);
      expect(others.some((name) => hints.includes(name))).toBe(true);
      expect(hints).toMatch(/[Nn]eeds|scope|without a key/);
      if (list !== undefined && list !== '' && list !== 'data_points') expect(hints).toMatch(/In pages|in pages/);
    },
  );

  const ofTable = each.filter(([name]) => twins.some(({ tool }) => tool === name));
  it.each(ofTable)('the flags of the command of %s are names of its input', (name, tool) => {
    const twin = twins.find((one) => one.tool === name);
    const names = Object.keys(inputShape(tool));
    for (const flag of twin?.flags ?? []) expect(names).toContain(flag.input);
    for (const argument of twin?.arguments ?? []) expect(names).toContain(argument.input);
    expect(new Set(twin?.flags.map(attributeOf)).size).toBe(twin?.flags.length);
  });

  it.each(each)(
    '%s asks for one type a name, and tells the items of a list: some clients refuse a tool else',
    (_name, tool) => {
      const { properties, additionalProperties } = advertiseTool(tool).inputSchema;
      expect(additionalProperties).toBe(false);
      for (const asked of Object.values(properties as Readonly<Record<string, { type: unknown; items?: unknown }>>)) {
        expect(['string', 'number', 'integer', 'boolean', 'array', 'object']).toContain(asked.type);
        if (asked.type === 'array') expect(asked.items).toEqual({ type: 'string' });
      }
    },
  );

  it('numbers of an answer are numbers in what is advertised, but where they may be null', () => {
    const { outputSchema } = advertiseTool(getRateLimitsTool);
    const { data, ok, error } = outputSchema.properties as Readonly<Record<string, unknown>>;
    expect([ok, error]).toEqual([{ type: 'boolean' }, { type: 'object' }]);
    expect(data).toMatchObject({ properties: { rates: { items: { properties: { allowed: { type: 'number' } } } } } });
    const { items } = (data as { properties: { rates: { items: { properties: Readonly<Record<string, unknown>> } } } })
      .properties.rates;
    expect([items.properties.place, items.properties.peak_7_days]).toEqual([{}, {}]);
  });

  it('S1-20: what only reads says so, and only that is there with --read-only', () => {
    const readOnly = tools.filter((tool) => isAllowed(tool, { toolsets, readOnly: true }));
    expect(readOnly.every(({ effect }) => effect === 'read')).toBe(true);
    for (const tool of tools) expect(advertiseTool(tool).annotations.readOnlyHint).toBe(tool.effect === 'read');
  });
});

/** Arguments with which each tool answers over the sample. */
const times = { time_of_generation_min: '2026-11-13T00:00:00Z', time_of_generation_max: '2026-11-20T00:00:00Z' };
const goodInput = (tool: Tool): Readonly<Record<string, unknown>> => {
  const known: Readonly<Record<string, unknown>> = { ...times, workspace_slug: 'ws-market-4f2a1c' };
  return Object.fromEntries(Object.entries(known).filter(([name]) => Object.keys(inputShape(tool)).includes(name)));
};

describe('an answer', () => {
  it.each(each)(
    'of %s is what its schema says, short enough, and begins with a paragraph (S0-3, S3-14)',
    async (name, tool) => {
      const asker = await sample();
      const envelope = await asker.call(name, goodInput(tool));
      const text = JSON.stringify(envelope);
      expect(text.length).toBeLessThanOrEqual(longestAnswer);
      const { outputSchema } = advertiseTool(tool);
      const validate = new Ajv2020({ strict: false }).compile(outputSchema);
      expect([validate(envelope), validate.errors]).toEqual([true, null]);
      if (envelope.ok) {
        expect('error' in envelope).toBe(false);
        expect(tool.output().safeParse(envelope.data).error).toBeUndefined();
        expect(Object.keys(envelope.data)[0]).toBe('answer');
        expect(envelope.data.answer).toMatch(/\S\.$/);
        if (tool.effect === 'read') expect(asker.wire.filter((line) => !line.startsWith('GET '))).toEqual([]);
      } else {
        expect(['invalid_input', 'unavailable']).toContain(envelope.error.code);
      }
    },
  );

  it('to anything at all is the envelope: no stack, no key, no more characters than a model can take', async () => {
    const asker = await sample();
    const strange = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.double(),
      fc.constantFrom(
        null,
        true,
        '',
        'ws-market-4f2a1c',
        adminKey,
        '../../etc/passwd',
        '2026-11-13T00:00:00Z',
        -1,
        [],
        {},
        '__proto__',
        'a'.repeat(5_000),
      ),
      fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 3 }),
    );
    const call = fc.constantFrom(...tools).chain((tool) => {
      const names = Object.keys(inputShape(tool));
      const some = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 12 })), strange, {
        maxKeys: 4,
      });
      const input = fc.oneof(
        strange,
        some,
        some.map((part) => ({ ...goodInput(tool), ...part })),
      );
      return fc.tuple(fc.constant(tool), input);
    });
    await fc.assert(
      fc.asyncProperty(call, async ([tool, input]) => {
        const envelope = await asker.call(tool.name, input);
        const text = JSON.stringify(envelope);
        expect(Object.keys(envelope).sort()).toEqual(
          envelope.ok ? ['data', 'ok', 'version'] : ['error', 'ok', 'version'],
        );
        expect(text.length).toBeLessThanOrEqual(longestAnswer);
        expect(text).not.toContain(adminKey);
        expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.ts:\d+/);
        if (!envelope.ok) expect(envelope.error.code).not.toBe('internal');
      }),
      { numRuns: effort('calls with strange arguments', 300, 5_000) },
    );
  });
});
