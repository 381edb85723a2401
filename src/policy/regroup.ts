/** Fields that stand level with what they belong below: `budget:` in the column of its policy's name. */

import { nearestName } from '../nearest-name.ts';
import { type Form, type Keys, keyNamed } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './report.ts';

type Belongs = (field: FieldNode) => boolean;
type FormOf = (field: FieldNode) => Form | null;

/** The fields of a map with known keys, each below the section that it belongs to. One report for all that moves together. */
export function regroupFields(fields: readonly FieldNode[], keys: Keys, report: Report): readonly FieldNode[] {
  const known = Object.keys(keys);
  const isStray: Belongs = ({ key }) => !known.includes(key) && nearestName(key, known) === undefined;
  const formOf: FormOf = ({ key }) => keyNamed(keys, key);
  return regroup(fields, report, formOf, isStray, (parent, field, isEmpty) => {
    return isEmpty && isStray(field) && isBelow(formOf(parent), field);
  });
}

function isBelow(form: Form | null, field: FieldNode): boolean {
  return (form?.below?.(field) ?? null) !== null;
}

/** An entry may have the name of a field; what is not a map cannot be one. */
const isValue: Belongs = ({ node }) =>
  node.type === 'list' || (node.type === 'scalar' && node.value !== 'none' && node.value !== null);

/** A condition as a map is not an entry either. */
const isStrayEntry: Belongs = (field) =>
  isValue(field) ||
  (field.node.type === 'map' && field.node.fields.some(({ key }) => key === 'any' || key === 'except'));

/** The first of the fields of an entry that stand where its name belongs, and the entries without them. */
export function splitNameless(
  fields: readonly FieldNode[],
  keys: Keys,
): { readonly nameless: FieldNode | undefined; readonly entries: readonly FieldNode[] } {
  const isField: Belongs = (field) => Object.hasOwn(keys, field.key) && isValue(field);
  const nameless = fields.find(isField);
  if (nameless === undefined) return { nameless, entries: fields };
  // Beside them a map that is called like one, such as `match`, is one.
  return { nameless, entries: fields.filter(({ key }) => !Object.hasOwn(keys, key)) };
}

/** The entries of a map of names, with the fields that an entry of that kind has below their entry. */
export function regroupEntries(fields: readonly FieldNode[], keys: Keys, report: Report): readonly FieldNode[] {
  const entry: Form = { schema: {}, below: ({ key }) => keyNamed(keys, key) };
  return regroup(
    fields,
    report,
    () => entry,
    isStrayEntry,
    (_, field, isEmpty) => {
      return Object.hasOwn(keys, field.key) && (isValue(field) || (isEmpty && field.node.type === 'map'));
    },
  );
}

function regroup(
  fields: readonly FieldNode[],
  report: Report,
  formOf: FormOf,
  isStray: Belongs,
  belongs: (parent: FieldNode, field: FieldNode, isEmpty: boolean) => boolean,
): readonly FieldNode[] {
  const kept: FieldNode[] = [];
  let moving: FieldNode | null = null;
  let outer: Open | null = null;
  for (const field of fields) {
    const parent: FieldNode | undefined = kept.at(-1);
    // Further left than its key, which ends what stands before it.
    const open: Open | null = outer ?? (parent?.node.type === 'map' ? findOpen(parent, formOf(parent)) : null);
    if (parent !== undefined && open !== null && isStray(field) && isBelow(open.form, field)) {
      if (outer === null) {
        const [name, key] = [quote(field.key), quote(open.field.key)];
        const said = `${name} stands left of ${key}, which has nothing below it: indent it, and what belongs to it, below ${key}`;
        report('level-with-parent', field.at, said);
      }
      outer = open;
      kept[kept.length - 1] = putBelow(parent, open.field, field);
      continue;
    }
    outer = null;
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
      const said = `${name} stands level with ${below}: indent it, and what belongs to it, below ${below}`;
      report('level-with-parent', field.at, said);
      if (isEmpty) moving = parent;
    }
    kept[kept.length - 1] = { ...parent, node: { type: 'map', at: parent.node.at, fields: [...inner, field] } };
  }
  return kept;
}

interface Open {
  readonly field: FieldNode;
  readonly form: Form;
}

/** The empty key that a field ends with. */
function findOpen({ node }: FieldNode, form: Form | null): Open | null {
  const last = node.type === 'map' ? node.fields.at(-1) : undefined;
  const inner = last === undefined ? null : (form?.below?.(last) ?? null);
  if (last === undefined || inner === null) return null;
  const isOpen = last.node.type === 'scalar' && last.node.value === null && last.node.text === '';
  return isOpen ? { field: last, form: inner } : findOpen(last, inner);
}

function putBelow(field: FieldNode, open: FieldNode, inner: FieldNode): FieldNode {
  const { node } = field;
  const fields = node.type === 'map' ? node.fields : [];
  if (field.at === open.at) return { ...field, node: { type: 'map', at: node.at, fields: [...fields, inner] } };
  const last = fields.at(-1);
  return last === undefined
    ? field
    : { ...field, node: { type: 'map', at: node.at, fields: [...fields.slice(0, -1), putBelow(last, open, inner)] } };
}
