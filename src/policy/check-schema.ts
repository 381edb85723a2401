/**
 * The strict schema, over a file in which reading found nothing wrong: what `validate` accepts, editors accept too. Reading
 * has the better words, so an objection here means that the two have grown apart; it is reported, not hidden.
 */

import type { z } from 'zod';
import type { Json } from '../resources/types.ts';
import type { Node } from './nodes.ts';
import type { Report } from './reader.ts';
import { isAbsent } from './reader.ts';

export function checkSchema(root: Node, shape: z.ZodType, report: Report): void {
  const result = shape.safeParse(toWritten(root));
  for (const issue of result.success ? [] : result.error.issues) {
    report('schema', nodeAt(root, issue.path).at, `not what the schema of this file allows: ${issue.message}`);
  }
}

/** Plain data without empty maps, which count as absent. */
function toWritten(node: Node): Json {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'list') return node.items.map(toWritten);
  const fields = node.fields.filter((field) => !isAbsent(field.node));
  return Object.fromEntries(fields.map((field) => [field.key, toWritten(field.node)]));
}

function nodeAt(root: Node, path: readonly PropertyKey[]): Node {
  let node = root;
  for (const step of path) {
    const next =
      node.type === 'map'
        ? node.fields.find((field) => field.key === step)?.node
        : node.type === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}
