/** The impact of a plan as saved plans hold it, with whole cents beside the exact text. */

import { z } from 'zod';
import {
  budgetImpactSchema,
  committedImpactSchema,
  impactSchema,
  limitImpactSchema,
  sumImpactSchema,
} from '../../impact/document.ts';
import { type Written, whole } from './parts.ts';

const cents = whole.nullable().describe('US cents, to the nearest; null: as the exact text beside it');
const budget = budgetImpactSchema.extend({ per_30_days_cents: cents }).nullable().describe('null: no limit');
const committed = committedImpactSchema.extend({ per_30_days_cents: cents });
const sum = sumImpactSchema.extend({
  per_30_days_cents: whole.describe('US cents, to the nearest'),
  at_most_cents: whole.describe('US cents, to the nearest'),
});

const { changes, workspaces, organisation } = impactSchema.shape;

export const impact = impactSchema.extend({
  changes: z
    .array(
      changes.element.extend({
        limits: z.array(limitImpactSchema.extend({ before: budget, after: budget, delta_per_30_days_cents: cents })),
      }),
    )
    .describe(changes.description ?? ''),
  workspaces: z
    .array(workspaces.element.extend({ before: committed, after: committed, delta_cents: cents }))
    .describe(workspaces.description ?? ''),
  organisation: organisation
    .unwrap()
    .extend({ before: sum, after: sum, delta_cents: cents })
    .nullable()
    .describe(organisation.description ?? ''),
});

export type ImpactDocument = Written<typeof impact>;
