/** What import wrote into files that were there, and what it left. */

import { compareText } from '../diagnostics.ts';
import type { UnreadableObject } from '../live/live.ts';
import type { Change } from '../plan/types.ts';
import { describeUnreadable } from '../plan/unreadable.ts';
import { escapeInvisible } from '../printable.ts';
import type { Kind, ResourceKey } from '../resources/types.ts';
import { describeChange, describeKey, type Names } from './describe-change.ts';
import type { AcceptanceDocument, AddedDocument, LeftOutDocument, UnreadableDocument } from './documents/import.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { jsonVersion, renderJson } from './json.ts';

type Format = 'text' | 'json' | 'markdown';

export interface AddedReport {
  readonly additions: readonly {
    readonly file: string;
    readonly isNew: boolean;
    readonly key: ResourceKey;
    readonly id: string;
  }[];
  readonly leftOut: readonly ShownLeftOut[];
  /** Default: none. */
  readonly unreadable?: readonly UnreadableObject[];
  /** Workspaces that got a file without entries. Default: none. */
  readonly declared?: readonly { readonly file: string; readonly workspace: string }[];
  /** Those that no file could be made for. Default: none. */
  readonly undeclared?: readonly { readonly workspace: string; readonly why: string }[];
  /** Of declared entries: what is live beside what they say. */
  readonly further: readonly {
    readonly key: ResourceKey;
    readonly id: string;
    readonly fields: readonly string[];
  }[];
}

/** A live object that no entry was written for. */
export interface ShownLeftOut {
  readonly object: { readonly kind: Kind; readonly id: string; readonly name: string | null };
  readonly why: string;
  /** Alone left out of an entry that was written. */
  readonly field?: string | undefined;
  /** Of its workspace; null for the organisation's own. */
  readonly slug: string | null;
}

export function leftOutDocument({ object, field, why, slug }: ShownLeftOut): LeftOutDocument {
  return {
    kind: object.kind,
    workspace: slug,
    id: object.id,
    name: object.name,
    ...(field === undefined ? {} : { field }),
    why,
  };
}

export function renderAdded(
  { additions, leftOut, further, unreadable = [], declared = [], undeclared = [] }: AddedReport,
  format: Format,
): string {
  if (format === 'json') {
    return renderJson<AddedDocument>({
      version: jsonVersion,
      ok: true,
      files: [...new Set([...additions, ...declared].map(({ file }) => file))],
      entries: additions.length,
      declared,
      undeclared,
      added: additions.map(({ file, isNew, key, id }) => ({ file, new_file: isNew, ...key, id })),
      left_out: leftOut.map(leftOutDocument),
      unreadable: unreadable.map(unreadableDocument),
      further: further.map(({ key, id, fields }) => ({ ...key, id, fields })),
    });
  }
  const show = format === 'markdown' ? escapeMarkdown : escapeInvisible;
  const bullet = format === 'markdown' ? '- ' : '  ';
  const lines: string[] = [];
  const files = [...new Set(additions.map(({ file }) => file))];
  lines.push(
    additions.length > 0
      ? `Added ${count(additions.length, 'entry', 'entries')} to ${count(files.length, 'file', 'files')}:`
      : declared.length > 0
        ? 'Added no entry: every live object that can be written is declared.'
        : `Nothing to add: every live object that can be written is declared${further.length > 0 ? ', though not all of it' : ''}.`,
  );
  for (const file of files) {
    const mine = additions.filter((addition) => addition.file === file);
    const names = mine.map(({ key }) => show(describeKey(key))).join(', ');
    lines.push(`${bullet}${show(file)}${mine[0]?.isNew === true ? ' (new)' : ''}: ${names}`);
  }
  if (declared.length > 0) {
    const what = count(declared.length, 'workspace', 'workspaces');
    lines.push('', `Declared ${what} in which nothing more can be declared, without the organisation's defaults:`);
    for (const { file } of declared) lines.push(`${bullet}${show(file)} (new)`);
  }
  if (undeclared.length > 0) {
    lines.push('', `${count(undeclared.length, 'workspace has', 'workspaces have')} no file still: write one by hand.`);
    for (const { workspace, why } of undeclared) lines.push(`${bullet}${show(`${workspace}: ${why}`)}`);
  }
  lines.push(...leftOutLines(leftOut, show, bullet), ...unreadableLines(unreadable, show, bullet));
  if (further.length > 0) {
    const what = count(further.length, 'declared entry has', 'declared entries have');
    lines.push('', `${what} more live than the files say. It stays as it is; to manage it, write it there:`);
    for (const { key, fields } of further) lines.push(`${bullet}${show(`${placed(key)}: ${fields.join(', ')}`)}`);
  }
  if (additions.length > 0) lines.push('', 'Next: tollgate plan. It shows adoptions and no further change to live.');
  else if (declared.length > 0) lines.push('', 'Next: tollgate plan. It shows no change to live.');
  return `${lines.join('\n')}\n`;
}

export interface ImportedReport {
  readonly count: number;
  readonly files: readonly string[];
  /** Entries that had to be called something else than the live object. */
  readonly renamed: readonly {
    readonly name: string;
    readonly object: ShownLeftOut['object'];
    readonly slug: string | null;
  }[];
  readonly leftOut: readonly ShownLeftOut[];
  readonly unreadable: readonly UnreadableObject[];
  readonly notes: readonly string[];
}

/** What import wrote into an empty directory. */
export function renderImported(report: ImportedReport, format: Format): string {
  const { count: entries, files, renamed, leftOut, unreadable, notes } = report;
  const show = format === 'markdown' ? escapeMarkdown : escapeInvisible;
  const bullet = format === 'markdown' ? '- ' : '  ';
  const lines = [
    `${count(entries, 'entry', 'entries')} in ${count(files.length, 'file', 'files')}:`,
    ...(format === 'markdown' ? [''] : []),
    ...[...files].sort(compareText).map((file) => bullet + show(file)),
  ];
  if (renamed.length > 0) {
    const one = 'live object shares its name or has none, and is called something else here';
    const many = 'live objects share a name or have none, and are called something else here';
    lines.push('', `${count(renamed.length, one, many)}:`);
    lines.push(...renamed.map((one) => `${bullet}${show(`${placeOf(one)}: written as ${one.name}`)}`));
  }
  lines.push(...leftOutLines(leftOut, show, bullet), ...unreadableLines(unreadable, show, bullet));
  if (notes.length > 0)
    lines.push('', ...notes.map((note) => `${format === 'markdown' ? bullet : ''}note: ${show(note)}`));
  lines.push('', `${show(invented)}`, '', 'Next: tollgate plan. It shows adoptions and no change to live.');
  return `${lines.join('\n')}\n`;
}

/** What stands in the files and in nobody's dashboard. */
const invented =
  'Only the name of the environment and the names above are not live. Owners, protection, review and defaults are for you to write.';

export interface AcceptanceReport {
  readonly accepted: readonly {
    readonly change: Change;
    readonly fields: readonly string[];
    readonly file: string;
    readonly how: 'rewritten' | 'added' | 'removed' | 'default-skipped';
  }[];
  readonly refused: readonly { readonly change: Change; readonly why: string }[];
}

const words = {
  rewritten: '',
  added: ' (an entry of its own, over what is inherited)',
  removed: ': entry removed, since it was deleted by hand',
  'default-skipped': ': default left out here, since it was deleted by hand',
} as const;

export function renderAcceptance({ accepted, refused }: AcceptanceReport, names: Names, format: Format): string {
  if (format === 'json') {
    return renderJson<AcceptanceDocument>({
      version: jsonVersion,
      ok: refused.length === 0,
      files: [...new Set(accepted.map(({ file }) => file))],
      accepted: accepted.map(({ change, fields, file, how }) => ({
        id: change.id,
        ...change.key,
        file,
        how,
        fields: fields.map((field) => ({
          field,
          before: change.after?.[field] ?? null,
          after: change.before?.[field] ?? null,
        })),
      })),
      refused: refused.map(({ change, why }) => ({ id: change.id, ...change.key, why })),
    });
  }
  const show = format === 'markdown' ? escapeMarkdown : escapeInvisible;
  const bullet = format === 'markdown' ? '- ' : '  ';
  const lines = [
    accepted.length === 0
      ? refused.length === 0
        ? 'No drift: the files say what is live.'
        : 'No drift was accepted.'
      : `Accepted drift of ${count(accepted.length, 'entry', 'entries')}:`,
    ...accepted.map(({ change, fields, file, how }) => {
      const what = fields.length === 0 ? '' : `: ${describeChange(reverse(change, fields), names)}`;
      return `${bullet}${show(file)}: ${show(placed(change.key))}${show(what)}${words[how]}`;
    }),
  ];
  if (refused.length > 0) {
    lines.push('', `${count(refused.length, 'drifted entry stays as it is', 'drifted entries stay as they are')}:`);
    lines.push(...refused.map(({ change, why }) => `${bullet}${show(`${placed(change.key)}: ${why}`)}`));
  }
  return `${lines.join('\n')}\n`;
}

function placed(key: ResourceKey): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${key.workspace})`}`;
}

/** What the file said → what it says now. */
function reverse(change: Change, fields: readonly string[]): Change {
  const fieldChanges = change.fieldChanges
    .filter(({ field }) => fields.includes(field))
    .map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before }));
  return { ...change, action: 'update', before: change.after, after: change.before, fieldChanges };
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function placeOf({ object, slug }: Pick<ShownLeftOut, 'object' | 'slug'>): string {
  const name = describeKey({ kind: object.kind, workspace: slug, name: object.name ?? '(no name)' });
  return `${slug ?? 'organisation'}: ${name} (${object.id})`;
}

/** What no file can say: whole objects first, then the fields of those that are imported without them. */
function leftOutLines(leftOut: AddedReport['leftOut'], show: (text: string) => string, bullet: string): string[] {
  const whole = leftOut.filter(({ field }) => field === undefined);
  const parts = leftOut.filter(({ field }) => field !== undefined);
  const lineOf = (one: ShownLeftOut): string => {
    const part = one.field === undefined ? '' : `, ${one.field}`;
    return `${bullet}${show(`${placeOf(one)}${part}: ${one.why}`)}`;
  };
  const section = (title: string, rows: AddedReport['leftOut']): string[] =>
    rows.length === 0 ? [] : ['', title, ...rows.map(lineOf)];
  return [
    ...section(`${count(whole.length, 'live object stays', 'live objects stay')} unmanaged:`, whole),
    ...section(`${count(parts.length, 'field stays', 'fields stay')} as live, beside what is declared:`, parts),
  ];
}

function unreadableLines(
  unreadable: readonly UnreadableObject[],
  show: (text: string) => string,
  bullet: string,
): string[] {
  if (unreadable.length === 0) return [];
  const title = `${count(unreadable.length, 'live row', 'live rows')} cannot be read, whatever they limit:`;
  return ['', title, ...unreadable.map((row) => `${bullet}${show(describeUnreadable(row))}`)];
}

export function unreadableDocument({ kind, workspaceId, id, name, why }: UnreadableObject): UnreadableDocument {
  return { kind, workspace_id: workspaceId, id, name, why };
}
