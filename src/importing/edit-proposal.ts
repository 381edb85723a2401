/**
 * A proposal as a text edit of the file of its workspace. Pure. Each edit proves that the file says the same as before, but for the
 * value that was to change; comments, order and quotes stay.
 */

import type { PolicyFile } from '../policy/compile.ts';
import { pathOfEntry } from '../policy/edit.ts';
import { entryKeys } from '../policy/entry-keys.ts';
import { printEntry } from '../policy/print.ts';
import { isPlainMap, type Plain } from '../policy/yaml-plain.ts';
import { type EditedText, isRefused, readValue, setValue } from '../policy/yaml-splice.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import type { Desired } from '../resources/types.ts';
import { inheritedWords, toPrinted } from './accept-fields.ts';
import { freePath, newFile } from './add-unmanaged.ts';
import { alertWords, hasOwnList } from './alert-lists.ts';
import { findDeclared, isOfWorkspace, type NamedWorkspace, namesBeside } from './declared-entries.ts';
import { addressesOf } from './policy-texts.ts';
import {
  labelOfTarget,
  missing,
  type Proposal,
  ProposalRefusal,
  type ProposedField,
  type ProposedValues,
  pathOfTarget,
  proposedFields,
  type Target,
  type TargetKind,
  targetKinds,
} from './proposal.ts';

export interface EditInput {
  readonly proposal: Exclude<Proposal, { readonly action: 'import' }>;
  readonly workspace: NamedWorkspace;
  readonly desired: Desired;
  readonly files: readonly PolicyFile[];
  /** Directory of the policy files as it stands in their paths. */
  readonly directory: string;
}

export interface EditedFile {
  /** Path as in `files`. */
  readonly path: string;
  readonly text: string;
  readonly isNew: boolean;
}

/** @throws ProposalRefusal */
export function editProposal(input: EditInput): EditedFile {
  const { proposal, desired, files, workspace } = input;
  const found = desired.workspaces.find(({ ref }) => isOfWorkspace(ref, workspace));
  const path = found?.source.file ?? freePath(input, workspace.slug);
  const text = files.find((file) => file.path === path)?.text ?? newFile(input, workspace.slug);
  const edited = new ProposalEditor(input, text).edit(proposal);
  if (isRefused(edited)) {
    throw new ProposalRefusal('invalid_input', `${path}: ${edited.refusal}`, {
      hint: 'Such a place is edited by hand, in a pull request of your own.',
    });
  }
  return { path, text: edited.text, isNew: found === undefined };
}

class ProposalEditor {
  readonly #input: EditInput;
  readonly #text: string;

  constructor(input: EditInput, text: string) {
    this.#input = input;
    this.#text = text;
  }

  edit(proposal: EditInput['proposal']): EditedText {
    switch (proposal.action) {
      case 'create':
        return this.#create(proposal.target, proposal.fields);
      case 'set':
        return this.#set(proposal.target, proposal.fields);
      case 'delete':
        return this.#delete(proposal.target, proposal.skipDefaults);
      case 'recipients':
        return this.#sendTo(proposal.target, proposal.recipients);
    }
  }

  #create(target: Target, fields: ProposedValues): EditedText {
    const path = pathOfTarget(target);
    const there = readValue(this.#text, path);
    const isEmpty = there === undefined || (isPlainMap(there) && there.map.length === 0);
    // The same entry once more is not a quarrel: it is found out by what it means.
    if (isEmpty) requireBinding(target, fields);
    return setValue(this.#text, path, inOrder(target, fields));
  }

  #set(target: Target, fields: ProposedValues): EditedText {
    const path = pathOfTarget(target);
    const written = readValue(this.#text, path);
    if (written === undefined) return this.#setOverInherited(target, fields);
    if (!isPlainMap(written)) {
      return { refusal: `\`${path.join('/')}\` says ${JSON.stringify(written)} in place of an entry` };
    }
    requireFits(target, written, fields);
    let edited: EditedText = { text: this.#text };
    for (const [field, value] of withWhatFollows(inOrder(target, fields))) {
      const at = [...path, field];
      if (isRefused(edited)) break;
      const there = readValue(edited.text, at);
      if (value === undefined ? there === undefined : isWrittenSo(there, value)) continue;
      edited = setValue(edited.text, at, value);
    }
    return edited;
  }

  /** What the organisation's defaults, or `"*"`, say of it becomes an entry of its own. */
  #setOverInherited(target: Target, fields: ProposedValues): EditedText {
    const { desired, workspace } = this.#input;
    const inherited = findDeclared(desired, workspace, target);
    if (inherited?.fromDefaults === true) {
      const words = alertWords(desired, inherited);
      if (fields.has('alert') && words.thresholds !== undefined) throw hasThresholds(target);
      const whole = { ...toPrinted(inherited), ...inheritedWords(desired, inherited), ...words };
      const own = printEntry(whole) ?? new Map<string, PrintedValue>();
      const wished = new Map([...own, ...fields]);
      return setValue(this.#text, pathOfTarget(target), inOrder(target, wished));
    }
    const isReached =
      target.kind === 'key' && findDeclared(desired, workspace, { kind: 'key', name: '*' }) !== undefined;
    if (isReached) return setValue(this.#text, pathOfTarget(target), inOrder(target, fields));
    throw notDeclared(target, namesBeside(desired, workspace, target.kind));
  }

  #delete(target: Target, skipDefaults: boolean): EditedText {
    const { desired, workspace } = this.#input;
    const path = pathOfTarget(target);
    const isWritten = readValue(this.#text, path) !== undefined;
    const inherited = findDeclared(desired, workspace, target);
    const skipped = addressesOf(readValue(this.#text, ['skip_defaults']));
    if (!isWritten && skipDefaults && skipped.includes(target.name)) return { text: this.#text };
    if (!isWritten && inherited?.fromDefaults !== true) {
      throw notDeclared(target, namesBeside(desired, workspace, target.kind));
    }
    if (!isWritten && !skipDefaults) {
      throw new ProposalRefusal(
        'conflict',
        `${labelOfTarget(target)} comes from the organisation's defaults, so the file of this workspace has nothing to be deleted`,
        { hint: 'With skip_defaults the default is left out for this workspace.' },
      );
    }
    const removed = isWritten ? setValue(this.#text, path, undefined) : { text: this.#text };
    if (!skipDefaults || isRefused(removed)) return removed;
    return skipped.includes(target.name)
      ? removed
      : setValue(removed.text, ['skip_defaults'], [...skipped, target.name]);
  }

  #sendTo(target: Target | null, recipients: readonly string[]): EditedText {
    const isNone = recipients.length === 1 && recipients[0] === 'none';
    if (target === null) {
      const path = ['alerts', 'recipients'];
      if (isNone && readValue(this.#text, path) === undefined) return { text: this.#text };
      return setValue(this.#text, path, isNone ? undefined : [...recipients]);
    }
    const written = readValue(this.#text, pathOfTarget(target));
    const { desired, workspace } = this.#input;
    if (written === undefined) throw notDeclared(target, namesBeside(desired, workspace, target.kind));
    const path = [...pathOfEntry({ kind: targetKinds[target.kind], name: target.name }), 'recipients'];
    return setValue(this.#text, path, isNone ? 'none' : [...recipients]);
  }
}

function notDeclared(target: Target, names: readonly string[]): ProposalRefusal {
  return new ProposalRefusal('not_found', `the files declare no ${labelOfTarget(target)} in this workspace`, {
    hint:
      names.length === 0
        ? `They declare nothing of this kind there: create_policy proposes a new entry.`
        : `They declare: ${names.slice(0, 20).join(', ')}. create_policy proposes a new entry.`,
    details: { choices: names.slice(0, 20) },
  });
}

/** In the order in which entries are printed. */
function inOrder({ kind }: Target, fields: ReadonlyMap<string, PrintedValue>): ReadonlyMap<string, PrintedValue> {
  const known = Object.keys(entryKeys[targetKinds[kind]]);
  const odd = [...fields.keys()].find((field) => !known.includes(field));
  if (odd !== undefined) {
    throw new ProposalRefusal('invalid_input', `${odd} is nothing that ${articled(kind)} has`, {
      hint: `It has: ${known.filter((field) => proposable.includes(field)).join(', ')}.`,
    });
  }
  return new Map(known.flatMap((name) => (fields.has(name) ? [[name, fields.get(name) ?? null] as const] : [])));
}

const proposable: readonly string[] = proposedFields;

function articled(kind: TargetKind): string {
  return kind === 'integration' ? 'an integration' : `a ${kind}`;
}

const windows = ['monthly', 'weekly', 'every 14 days', 'never'];

/** Of a new entry: what nobody but the one who asks can know. */
function requireBinding({ kind }: Target, fields: ProposedValues): void {
  if (!fields.has('budget') && !fields.has('rate')) {
    throw missing('budget', 'how much, such as $500 or 2M tokens; or rate, such as 100 requests/minute', []);
  }
  if (fields.has('budget') && fields.get('budget') !== 'none' && !fields.has('reset')) {
    throw missing('reset', 'when the budget starts again', windows);
  }
  if (kind === 'policy' && !fields.has('per')) {
    throw missing('per', 'whom one counter is for: workspace_id is one for all, api_key one for each key', perChoices);
  }
}

const perChoices = ['workspace_id', 'api_key', 'virtual_key', 'model', 'provider', 'metadata._user'];

function requireFits(target: Target, written: Plain, fields: ProposedValues): void {
  const has = (field: string): boolean => isPlainMap(written) && written.map.some(([name]) => name === field);
  if (fields.has('alert') && hasOwnList(written)) throw hasThresholds(target);
  const isOfBudget = ['budget', 'reset', 'alert'].some((field) => fields.has(field as ProposedField));
  const list = has('budgets') && isOfBudget ? 'budgets' : has('rates') && fields.has('rate') ? 'rates' : null;
  if (list !== null) {
    throw new ProposalRefusal(
      'invalid_input',
      `${labelOfTarget(target)} has several ${list}, and a proposal sets one`,
      {
        hint: 'Edit the list by hand, in a pull request of your own.',
      },
    );
  }
  const isBudget = fields.has('budget') && fields.get('budget') !== 'none';
  if (isBudget && !has('reset') && !fields.has('reset')) {
    throw missing('reset', `when the budget of ${labelOfTarget(target)} starts again`, windows);
  }
}

function hasThresholds(target: Target): ProposalRefusal {
  const said = `\`alert\` of ${labelOfTarget(target)} is a list of thresholds, which one value would take the place of`;
  return new ProposalRefusal('invalid_input', said, {
    hint: 'Edit the list by hand, in a pull request of your own.',
  });
}

/**
 * Undefined: is taken out of the file. A budget that is `none` has no reset and no alert, and a text has no `none`: taken away it
 * is not there.
 */
function withWhatFollows(fields: ReadonlyMap<string, PrintedValue>): ReadonlyMap<string, PrintedValue | undefined> {
  const ofBudget = fields.get('budget') === 'none' ? (['reset', 'alert'] as const) : [];
  return new Map<string, PrintedValue | undefined>([
    ...[...fields].map(
      ([name, value]) => [name, name === 'description' && value === 'none' ? undefined : value] as const,
    ),
    ...ofBudget
      .filter((name) => !fields.has(name) || fields.get(name) === 'none')
      .map((name) => [name, undefined] as const),
  ]);
}

/** The very text: what means the same in other words is written as it was asked. */
function isWrittenSo(written: Plain | undefined, value: PrintedValue): boolean {
  return written !== undefined && typeof value === 'string' && written === value;
}
