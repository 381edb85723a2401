/** Whatever is live of an integration, and whatever a file declares of its prices: that is made true, and nothing else moves. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenKindNames, tokenKinds } from '../../src/resources/price-fields.ts';
import { effort } from '../helpers/effort.ts';
import { integrationRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, startWorld, type World } from '../helpers/world.ts';

const cases = effort('integrations with prices', 60, 2_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

type Json = Readonly<Record<string, unknown>>;

/** As the service writes numbers: `0.1`, `1e-7` and the like included. */
const number = fc
  .tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 9 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`));
/** As people write them: at most six decimals, without zeros at the end. */
const decimal = fc
  .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, places]) => {
    const text = String(digits).padStart(places + 1, '0');
    const [whole, part] = [text.slice(0, text.length - places), text.slice(text.length - places).replace(/0+$/, '')];
    return part === '' || places === 0 ? whole : `${whole}.${part}`;
  });
const factor = decimal.filter((text) => Number(text) <= 1000);
const anything = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const unknownName = fc.constantFrom('reasoning_token', 'request_audio_token', 'new_kind', 'web_search');
const ownWords = Object.values(tokenKinds);

const tokens = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom(...ownWords),
      fc.record({ price: number, tier: fc.option(anything, { nil: undefined }) }),
    ),
    fc.dictionary(unknownName, anything),
  )
  .map(([known, unknown]) => JSON.parse(JSON.stringify({ ...unknown, ...known })) as Json);
const config = fc
  .tuple(tokens, fc.dictionary(fc.constantFrom('batch_config', 'currency', 'finetune_config'), anything))
  .map(([pay_as_you_go, more]): Json => ({ ...more, type: 'static', pay_as_you_go }));
const adjustments = fc
  .tuple(
    fc.dictionary(fc.constantFrom('default', ...ownWords), fc.option(number, { nil: null })),
    fc.dictionary(unknownName, fc.oneof(number, fc.dictionary(fc.constant('default'), number))),
    fc.dictionary(fc.constantFrom('currency', 'discount_plan'), fc.oneof(fc.string(), number)),
  )
  .map(([known, unknown, more]): Json => ({ ...more, multiplier: { ...unknown, ...known } }));

const models = ['gpt-4o', 'gpt-4o-mini', 'o1'] as const;
const price = fc.record(
  { input: decimal, output: decimal, cache_read: decimal, cache_write: decimal },
  { requiredKeys: ['input', 'output'] },
);
const declared = fc
  .record({
    multiplier: fc.dictionary(fc.constantFrom('default', ...tokenKindNames), fc.option(factor, { nil: null })),
    models: fc.dictionary(fc.constantFrom(...models), fc.option(price, { nil: null })),
  })
  .filter(({ multiplier, models: some }) => Object.keys(multiplier).length + Object.keys(some).length > 0);
type Declared = typeof declared extends fc.Arbitrary<infer Value> ? Value : never;

function toFile({ multiplier, models: some }: Declared): string {
  const lines = [
    ...(Object.keys(multiplier).length === 0 ? [] : ['multiplier:']),
    ...Object.entries(multiplier).map(([name, value]) => `  ${name}: ${value ?? 'none'}`),
    ...(Object.keys(some).length === 0 ? [] : ['models:']),
    ...Object.entries(some).flatMap(([name, value]) =>
      value === null
        ? [`  ${name}: none`]
        : [`  ${name}:`, ...Object.entries(value).map(([kind, text]) => `    ${kind}: $${text} per 1M tokens`)],
    ),
  ];
  const entry = `integrations:\n  openai-prod:\n    prices:\n${lines.map((line) => `      ${line}`).join('\n')}\n`;
  return orgFile(entry);
}

function load(
  adjusted: Json | null,
  configs: readonly (Json | null)[],
  quirks: { readonly mergingPuts: boolean },
): void {
  const offered = models.map((slug, index) => ({
    ...{ slug, name: slug, enabled: index !== 1, is_custom: index === 2, is_finetune: false, base_model_slug: null },
    ...{ configurations: null, pricing_config: (configs[index] ?? null) as never },
  }));
  const row = integrationRow('openai-prod', uuid(31), [teamA], {
    pricing_adjustments: adjusted as never,
    models: offered,
  });
  world.emulator.store.loadState(smallState({ integrations: [row] }));
  world.record = null;
  world.emulator.setQuirks(quirks);
}

const live = () => world.emulator.store.state.integrations[0];
const without = (object: unknown, names: readonly string[]): string =>
  JSON.stringify(
    Object.entries((object ?? {}) as Json).filter(([name, value]) => !names.includes(name) && value !== null),
  );
const partsOf = (of: unknown): Json => ((of as { pay_as_you_go?: Json } | null)?.pay_as_you_go ?? {}) as Json;

it.each([
  ['replaces', false],
  ['merges', true],
])('holds where the service %s nested values', async (_, mergingPuts) => {
  const property = fc.asyncProperty(
    fc.option(adjustments, { nil: null }),
    fc.array(fc.option(config, { nil: null }), { minLength: 3, maxLength: 3 }),
    declared,
    async (adjusted, configs, said) => {
      load(adjusted, configs, { mergingPuts });
      const before = structuredClone(live());
      const file = { 'policies/org.yaml': toFile(said) };
      for (const { status, detail } of await world.apply(file)) expect([status, detail]).toEqual(['applied', null]);
      const after = live();
      expect(without(after?.pricing_adjustments, ['multiplier'])).toBe(
        without(before?.pricing_adjustments, ['multiplier']),
      );
      const [factorsWere, factorsAre] = [before, after].map(
        (row) => ((row?.pricing_adjustments as { multiplier?: Json } | null)?.multiplier ?? {}) as Json,
      );
      const wire = (name: string): string => (name === 'default' ? name : tokenKinds[name as keyof typeof tokenKinds]);
      const moved = Object.keys(said.multiplier).map(wire);
      expect(without(factorsAre, moved)).toBe(without(factorsWere, moved));
      for (const [name, text] of Object.entries(said.multiplier)) {
        const value = factorsAre?.[wire(name)] ?? null;
        // The same digits: no binary fraction in between.
        expect(value === null ? null : JSON.stringify(value)).toBe(text === null ? null : JSON.stringify(Number(text)));
      }
      for (const [index, slug] of models.entries()) {
        const [was, is] = [before?.models[index], after?.models[index]];
        const wanted = said.models[slug];
        if (wanted === undefined) {
          expect(JSON.stringify(is)).toBe(JSON.stringify(was));
          continue;
        }
        expect(without(is, ['pricing_config'])).toBe(without(was, ['pricing_config']));
        if (wanted === null) {
          expect(is?.pricing_config).toBeNull();
          continue;
        }
        expect(without(is?.pricing_config, ['type', 'pay_as_you_go'])).toBe(
          without(was?.pricing_config, ['type', 'pay_as_you_go']),
        );
        expect(without(partsOf(is?.pricing_config), ownWords)).toBe(without(partsOf(was?.pricing_config), ownWords));
        for (const kind of tokenKindNames) {
          const [old, part] = [was, is].map((one) => partsOf(one?.pricing_config)[tokenKinds[kind]]) as (
            | Json
            | undefined
          )[];
          expect(without(part, ['price'])).toBe(without(old, ['price']));
          expect(part?.price ?? 0).toBe(Number(wanted[kind] ?? '0'));
        }
      }
      const again = await world.planOk(file);
      expect([again.changes, again.recordLines]).toEqual([[], []]);
    },
  );
  await fc.assert(property, { numRuns: cases });
});
