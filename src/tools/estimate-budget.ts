import { z } from 'zod';
import type { Figure } from '../prices/estimate.ts';
import { formatFigure } from '../render/estimate.ts';
import { moneyOf } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { readEstimate } from '../run/estimate.ts';
import { listOfTexts } from './names.ts';
import { refuseFiles } from './refuse-files.ts';
import { defineTool } from './tool.ts';
import { numberOfExact } from './values.ts';

const texts = () => z.union([z.array(z.string().max(200)).max(20), z.string().max(2_000)]);

const input = () =>
  z.strictObject({
    models: texts().describe('@provider/model'),
    budget: z.string().min(1).max(100).describe('$500, or 2M tokens'),
    mix: z.string().max(20).optional().describe('input to output, 3:1'),
    integrations: texts().optional(),
  });

const figureSchema = () =>
  z.object({
    bound: z.enum(['exact', 'at_least', 'at_most', 'unknown', 'unlimited']),
    money: moneySchema.nullable(),
    tokens: z.number().nullable(),
  });

const output = () =>
  z.object({
    answer: z.string(),
    estimates: z.array(
      z.object({
        model: z.string().nullable(),
        kind: z.string().nullable(),
        why: z.string().nullable(),
        lowest: figureSchema(),
        expected: figureSchema(),
        highest: figureSchema(),
        source: z.string().nullable(),
        as_of: z.string().nullable(),
      }),
    ),
    notes: z.array(z.string()),
  });

type EstimateData = z.infer<ReturnType<typeof output>>;

export const estimateBudgetTool = defineTool<z.infer<ReturnType<typeof input>>, EstimateData>({
  name: 'estimate_budget',
  twin: 'estimate',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Tells how many tokens of some models a budget in dollars buys, or what tokens cost, with source and age of prices.',
  hints: 'What was spent is in get_model_analytics_summary. Works without a key, but for prices of `integrations`.',
  input,
  output,
  async run({ models, budget, mix, integrations }, { options, session, open }) {
    const asked = {
      dir: options.dir,
      format: 'json' as const,
      backend: options.backend,
      state: options.state,
      quiet: true,
      offline: false,
    };
    const estimated = await readEstimate(
      { ...asked, model: listOfTexts(models), budget, mix, integration: listOfTexts(integrations) },
      session,
      open,
    );
    if ('diagnostics' in estimated) throw refuseFiles(estimated.diagnostics);
    const { view } = estimated;
    const figure = (one: Figure): EstimateData['estimates'][number]['lowest'] => {
      const isMoney = view.budget.unit !== 'cost';
      const value = 'value' in one ? one.value : null;
      return {
        bound: one.bound,
        money: value !== null && isMoney ? moneyOf(value) : null,
        tokens: value !== null && !isMoney ? Math.floor(numberOfExact(value)) : null,
      };
    };
    const rows = [
      ...view.models.map(({ price, range }) => ({ price, range })),
      ...(view.all === null ? [] : [{ price: null, range: view.all }]),
    ];
    const [first] = rows;
    const all = rows.at(-1) ?? first;
    const who = rows.length === 1 ? (first?.price?.model ?? '') : `${view.models.length} models in equal shares`;
    return {
      answer: `${budget.slice(0, 100)} of ${who}: ${all === undefined ? 'unknown' : formatFigure(all.range.expected, view)} expected, at ${view.mix.input} tokens of input to ${view.mix.output} of output${view.mix.isAssumed ? ' (assumed)' : ''}.`,
      estimates: rows.map(({ price, range }) => ({
        model: price?.model ?? null,
        kind: price?.kind ?? null,
        why: price?.why ?? null,
        lowest: figure(range.lowest),
        expected: figure(range.expected),
        highest: figure(range.highest),
        source: price?.provenance?.from ?? null,
        as_of: price?.provenance?.asOf ?? null,
      })),
      notes: [
        ...view.models.flatMap(({ price }) => price.notes.map((note) => `${price.model}: ${note}`)),
        ...view.notes,
        ...(view.ok ? [] : ['A price file could not be read: what is unknown may have a price.']),
      ],
    };
  },
  show: ({ answer }) => [{ text: answer }],
});
