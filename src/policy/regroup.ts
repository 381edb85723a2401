/** Fields that stand level with what they belong below: `budget:` in the column of its policy's name. */

import { nearestName } from '../nearest-name.ts';
import type { FieldNode, Place } from './nodes.ts';
import { quote } from './quote.ts';
import {
  defaultsShape,
  gatewayShape,
  guardsShape,
  limitsShape,
  patterns,
  pricingShape,
  recordShape,
  reviewShape,
} from './schema.ts';

type Belongs = (field: FieldNode) => boolean;

const oneOf =
  (words: readonly string[]): Belongs =>
  ({ key }) =>
    words.includes(key);
const keysOf = ({ shape }: { readonly shape: object }): Belongs => oneOf(Object.keys(shape));
const isEntry: Belongs = ({ node }) => node.type === 'map';

/** What belongs below a key, told from what else may follow it. */
const below: Readonly<Record<string, Belongs>> = {
  policies: isEntry,
  keys: isEntry,
  providers: isEntry,
  integrations: isEntry,
  limits: keysOf(limitsShape),
  match: ({ key }) => patterns.conditionKey.test(key),
  reset: oneOf(['every', 'starting']),
  alerts: oneOf(['recipients']),
  gateway: keysOf(gatewayShape),
  pricing: keysOf(pricingShape),
  record: keysOf(recordShape),
  review: keysOf(reviewShape),
  guards: keysOf(guardsShape),
  defaults: keysOf(defaultsShape),
};

type Report = (code: string, at: Place, message: string) => void;

/** The fields of a map with known keys, each below the section that it belongs to. One report for all that moves together. */
export function regroupFields(
  fields: readonly FieldNode[],
  known: readonly string[],
  report: Report,
): readonly FieldNode[] {
  return regroup(fields, report, (parent, field, isEmpty) => {
    const isMisspelt = nearestName(field.key, known) !== undefined;
    return isEmpty && !known.includes(field.key) && !isMisspelt && (below[parent.key]?.(field) ?? false);
  });
}

/** The entries of a map of names, with the fields that an entry of that kind has below their entry. */
export function regroupEntries(
  fields: readonly FieldNode[],
  words: readonly string[],
  report: Report,
): readonly FieldNode[] {
  return regroup(fields, report, (_, { key, node }, isEmpty) => {
    // An entry may have the name of a field; what is no map cannot be one.
    const isValue = node.type === 'list' || (node.type === 'scalar' && node.value !== 'none' && node.value !== null);
    return words.includes(key) && (isValue || (isEmpty && node.type === 'map'));
  });
}

function regroup(
  fields: readonly FieldNode[],
  report: Report,
  belongs: (parent: FieldNode, field: FieldNode, isEmpty: boolean) => boolean,
): readonly FieldNode[] {
  const kept: FieldNode[] = [];
  let moving: FieldNode | null = null;
  for (const field of fields) {
    const parent: FieldNode | undefined = kept.at(-1);
    const isEmpty = moving !== null || (parent?.node.type === 'scalar' && parent.node.text === '');
    const inner: readonly FieldNode[] | null = parent?.node.type === 'map' ? parent.node.fields : isEmpty ? [] : null;
    const hasOne = inner?.some(({ key }) => key === field.key) ?? true;
    if (parent === undefined || inner === null || hasOne || !belongs(moving ?? parent, field, isEmpty)) {
      moving = null;
      kept.push(field);
      continue;
    }
    if (moving === null) {
      const [name, below] = [quote(field.key), quote(parent.key)];
      report(
        'level-with-parent',
        field.at,
        `${name} stands level with ${below}: indent it, and what belongs to it, below ${below}`,
      );
      if (isEmpty) moving = parent;
    }
    kept[kept.length - 1] = { ...parent, node: { type: 'map', at: parent.node.at, fields: [...inner, field] } };
  }
  return kept;
}
