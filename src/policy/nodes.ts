/** A YAML document as plain data that remembers positions: aliases resolved, keys as text, no prototypes. */

import type { Source } from '../diagnostics.ts';
import type { Json } from '../resources/types.ts';

export interface SourceRange {
  readonly source: Source;
  /** Exclusive. */
  readonly end: { readonly line: number; readonly column: number };
}

export interface ScalarNode {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it stands in the file, without quotes: `1.20` stays `1.20`. */
  readonly text: string;
  /** Written without quotes. */
  readonly plain: boolean;
  readonly at: SourceRange;
}

export interface ListNode {
  readonly type: 'list';
  readonly items: readonly Node[];
  readonly at: SourceRange;
}

export interface MapNode {
  readonly type: 'map';
  readonly fields: readonly FieldNode[];
  readonly at: SourceRange;
}

export type Node = ScalarNode | ListNode | MapNode;

/** A key of a map with its value. */
export interface FieldNode {
  readonly key: string;
  /** Where the key stands. */
  readonly at: SourceRange;
  readonly node: Node;
}

/** Plain JavaScript data. Keys become own properties whatever they are called. */
export function toJson(node: Node): Json {
  switch (node.type) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toJson);
    case 'map':
      return Object.fromEntries(node.fields.map((field) => [field.key, toJson(field.node)]));
  }
}

export function isEmpty(node: Node): boolean {
  return node.type === 'scalar' && node.value === null;
}
