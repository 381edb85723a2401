/** What the last part of a path in `forget:`, such as `rate` in `keys/ci/rate`, stands for. */

import { isBudgetField, isRateField, pickFields } from './kind.ts';
import { isPolicyKind, specOf } from './registry.ts';
import type { Fields, Forget, Kind } from './types.ts';

/** A budget is written in several lines and is one limit: its period is not forgotten without it, and its alert goes along. */
export function isForgottenField(kind: Kind, word: string, field: string): boolean {
  switch (word) {
    case 'budget':
    case 'budgets':
    case 'reset':
      return kind === 'usage-policy' ? ['unit', 'amount', 'reset', 'alert'].includes(field) : isBudgetField(field);
    case 'rate':
    case 'rates':
      return kind === 'rate-policy' ? ['unit', 'value', 'window'].includes(field) : isRateField(field);
    case 'api':
      return field.startsWith('api.');
    default:
      return field === word || field.startsWith(`${word}[`);
  }
}

/** Whether entries of a kind have such a field at all: policies of both kinds stand in one section. */
export function hasForgettableField(kind: Kind, word: string): boolean {
  if (!isPolicyKind(kind)) return true;
  const ofBudgets = ['budget', 'reset', 'alert'].includes(word);
  return kind === 'usage-policy' ? word !== 'rate' : !ofBudgets;
}

/** What `"*"` gives to a key of which `forget:` names something; null: nothing, all of it is forgotten. */
export function withoutForgotten(
  fields: Fields,
  forget: readonly Forget[],
  { kind, workspace, name }: { readonly kind: Kind; readonly workspace: string | null; readonly name: string | null },
): Fields | null {
  if (forget.length === 0) return fields;
  const { section } = specOf(kind);
  const items = forget.filter(
    (item) => item.section === section && item.workspace === workspace && item.name === name && name !== null,
  );
  if (items.some(({ field }) => field === undefined)) return null;
  const isForgotten = (field: string): boolean =>
    items.some((item) => item.field !== undefined && isForgottenField(kind, item.field, field));
  return items.length === 0 ? fields : pickFields(fields, (field) => !isForgotten(field));
}
