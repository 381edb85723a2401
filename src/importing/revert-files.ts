/**
 * One apply taken back in the present files. What it changed is the difference between the files that were applied and those of the
 * apply before it; that difference is turned round over the files as they are now, value by value. Pure.
 *
 * | the file now | what is written |
 * |---|---|
 * | as it was applied | the file before it, to the byte; or it goes; or it comes back |
 * | as before the apply | nothing |
 * | another one | a text edit for each value that the apply changed and that still says what was applied |
 *
 * A value that says something else by now is a conflict, and so is a file that came or went since.
 */

import type { PolicyFile } from '../policy/compile.ts';
import { quote } from '../policy/quote.ts';
import { isPlainMap, type Plain } from '../policy/yaml-plain.ts';
import { type EditedText, findLines, isRefused, readValue, setValue } from '../policy/yaml-splice.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { restoreText } from './restore-text.ts';

type Files = Readonly<Record<string, string>>;

export interface RevertInput {
  /** Files of the apply before, by their path below the directory. */
  readonly before: Files;
  /** Those of the apply that is taken back. */
  readonly applied: Files;
  readonly present: readonly (PolicyFile & { readonly relative: string })[];
}

export interface RevertedFile {
  readonly relative: string;
  /** Null: the file goes. */
  readonly text: string | null;
  readonly isNew: boolean;
}

export interface RevertConflict {
  readonly relative: string;
  /** In the present file; 1 where there is none. */
  readonly line: number;
  readonly message: string;
}

export interface Reversal {
  readonly files: readonly RevertedFile[];
  readonly conflicts: readonly RevertConflict[];
}

export function revertFiles({ before, applied, present }: RevertInput): Reversal {
  const files: RevertedFile[] = [];
  const conflicts: RevertConflict[] = [];
  const paths = [...new Set([...Object.keys(before), ...Object.keys(applied)])].sort();
  for (const path of paths.filter((one) => !isSame(before[one], applied[one]))) {
    const [was, then] = [before[path], applied[path]];
    const found = present.find(({ relative }) => relative === path) ?? findMoved(then, applied, present);
    const now = found?.text;
    const relative = found?.relative ?? path;
    if (isSame(now, was)) continue;
    if (isSame(now, then)) {
      files.push({ relative, text: was === undefined ? null : likeLines(was, now), isNew: now === undefined });
    } else if (now === undefined || then === undefined) {
      const message =
        now === undefined
          ? 'the apply changed this file, and it is not there any more'
          : 'the apply took this file away, and there is one of this name again';
      conflicts.push({ relative, line: 1, message });
    } else {
      const merged = revertText({ was: was ?? headOf(then), then, now });
      conflicts.push(...merged.conflicts.map((one) => ({ relative, ...one })));
      if (merged.conflicts.length === 0 && merged.text !== now)
        files.push({ relative, text: merged.text, isNew: false });
    }
  }
  return { files, conflicts };
}

/** Line ends are not content: one clone has CRLF where another has LF. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  return a?.replaceAll('\r\n', '\n') === b?.replaceAll('\r\n', '\n');
}

function likeLines(text: string, other: string | undefined): string {
  const isCarried = other?.includes('\r\n') ?? false;
  return isCarried ? text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n') : text;
}

/** The file of the same workspace, or the organisation's, where it has another name by now. */
function findMoved(then: string | undefined, applied: Files, present: RevertInput['present']) {
  if (then === undefined) return undefined;
  return present.find(({ relative, text }) => !(relative in applied) && identityOf(text) === identityOf(then));
}

function identityOf(text: string): string {
  return JSON.stringify(['kind', 'workspace'].map((key) => readValue(text, [key]) ?? null));
}

/** A file that the apply made keeps what names it and its owner, where others have put something of their own into it since. */
function headOf(text: string): string {
  const whole = readValue(text, []);
  const words = isPlainMap(whole) ? whole.map.filter(([, value]) => typeof value !== 'object') : [];
  return words.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('');
}

interface Versions {
  readonly was: string;
  readonly then: string;
  readonly now: string;
}

interface ValueChange {
  readonly path: readonly string[];
  /** Undefined: it was not there. */
  readonly was: Plain | undefined;
  readonly then: Plain | undefined;
}

function revertText({ was, then, now }: Versions): {
  readonly text: string;
  readonly conflicts: readonly Omit<RevertConflict, 'relative'>[];
} {
  const [old, changed] = [readValue(was, []), readValue(then, [])];
  if (old === undefined || changed === undefined || readValue(now, []) === undefined) {
    return { text: now, conflicts: [{ line: 1, message: 'one of its versions is not a map that can be read' }] };
  }
  const conflicts: Omit<RevertConflict, 'relative'>[] = [];
  const changes = compareValues(old, changed, []).filter(({ path, was: to }) => !isEqual(readValue(now, path), to));
  for (const change of changes) {
    const there = readValue(now, change.path);
    if (!isEqual(there, change.then)) conflicts.push(describeConflict(change, there, now));
  }
  if (conflicts.length > 0) return { text: now, conflicts };
  let text = now;
  // What goes is taken out last, so that no entry is empty on the way.
  for (const change of [
    ...changes.filter((one) => one.was !== undefined),
    ...changes.filter((one) => one.was === undefined),
  ]) {
    const edited = revertValue(text, change, was);
    if (isRefused(edited)) conflicts.push({ line: lineOf(text, change.path), message: edited.refusal });
    else text = edited.text;
  }
  return { text, conflicts };
}

function revertValue(text: string, { path, was }: ValueChange, from: string): EditedText {
  const isNew = readValue(text, path) === undefined;
  const edited = setValue(text, path, was === undefined ? undefined : toPrinted(was));
  const isOneWord = was === undefined || (typeof was !== 'object' && !isNew);
  return isOneWord || isRefused(edited) ? edited : { text: restoreText(edited.text, path, from) };
}

/**
 * Each value that differs, as deep as both have maps. What only one of them has is one value, an entry as a whole, but for a section,
 * which others may have put entries of their own into.
 */
function compareValues(
  was: Plain | undefined,
  then: Plain | undefined,
  path: readonly string[],
): readonly ValueChange[] {
  if (isEqual(was, then)) return [];
  const [old, changed] = [entriesOf(was, then, path), entriesOf(then, was, path)];
  if (old === null || changed === null) return [{ path, was, then }];
  return [...new Set([...old.keys(), ...changed.keys()])].flatMap((key) =>
    compareValues(old.get(key), changed.get(key), [...path, key]),
  );
}

function entriesOf(plain: Plain | undefined, other: Plain | undefined, path: readonly string[]) {
  if (isPlainMap(plain)) return isPlainMap(other) || isSection(plain) || path.length === 0 ? new Map(plain.map) : null;
  return plain === undefined && isSection(other) ? new Map<string, Plain>() : null;
}

/** A map of maps alone, such as `keys`; an entry has words and numbers. */
function isSection(plain: Plain | undefined): boolean {
  return isPlainMap(plain) && plain.map.length > 0 && plain.map.every(([, value]) => isPlainMap(value));
}

/** Of maps the order does not count. */
function isEqual(a: Plain | undefined, b: Plain | undefined): boolean {
  return JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b));
}

function sortKeys(plain: Plain | undefined): unknown {
  if (Array.isArray(plain)) return plain.map((item) => sortKeys(item as Plain));
  if (!isPlainMap(plain)) return plain;
  return { map: [...plain.map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, sortKeys(value)]) };
}

function toPrinted(plain: Plain): PrintedValue {
  if (isPlainMap(plain)) return new Map(plain.map.map(([key, value]) => [key, toPrinted(value)]));
  return Array.isArray(plain) ? plain.map((item) => toPrinted(item as Plain)) : (plain as PrintedValue);
}

function describeConflict({ path, was, then }: ValueChange, now: Plain | undefined, text: string) {
  const deepest = isPlainMap(then) && isPlainMap(now) ? compareValues(then, now, path)[0] : undefined;
  const [at, applied, there] = deepest === undefined ? [path, then, now] : [deepest.path, deepest.was, deepest.then];
  const before = deepest === undefined ? `, before it ${show(was)}` : '';
  const message = `${quote(at.join('/'))} was ${show(applied)} with that apply${before}, and is ${show(there)} now`;
  return { line: lineOf(text, at), message };
}

function show(plain: Plain | undefined): string {
  if (plain === undefined) return 'not there';
  return isPlainMap(plain) ? 'an entry' : quote(plain);
}

/** Of the value, or of what it would stand in. */
function lineOf(text: string, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const lines = findLines(text, path.slice(0, length));
    if (lines !== null) return lines.first;
  }
  return 1;
}
