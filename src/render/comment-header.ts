/** The hidden header of a pull-request comment: finds it again, and tells an older one from a newer, and one that was edited. */

import { digestOf } from '../plan/digest.ts';
import type { FateState } from './pull-fate.ts';

/** What the hidden header says of a comment; read back to find it and to tell old from new. */
export interface CommentHeader {
  readonly environment: string;
  /** Commit that was planned: the head of the pull request. */
  readonly head: string;
  /** Of the plan that is shown: 64 hex digits; null when there is no plan. */
  readonly digest: string | null;
  /** Number of the workflow run and attempt that wrote it. */
  readonly run: number;
  readonly attempt: number;
  readonly state: CommentState;
  /** When the record that it rests on was applied; null: there is none. */
  readonly record: string | null;
  /** When the run had read what it tells of. */
  readonly at: string;
  /** Hash of what is told, see `contentOf`. */
  readonly content: string;
  /** Hash of all below the header, as it was written: somebody may have edited it since. */
  readonly text: string;
}

/** `applying` passes: it is there between the first write and the last. */
export type CommentState = FateState | 'applying';

/** Who writes, about what. */
export type CommentFacts = Pick<CommentHeader, 'environment' | 'head' | 'run' | 'attempt' | 'record' | 'at'>;

function commentMarker(environment: string): string {
  return `<!-- tollgate:${encodeURIComponent(environment)} -->`;
}

/** Marker and header: nothing of them shows. `--` may not stand in an HTML comment, so the JSON is percent-encoded. */
export function renderHeader(header: CommentHeader): string {
  const json = JSON.stringify(header).replace(/[%<>-]/g, (character) =>
    encodeURIComponent(character).replace('-', '%2D'),
  );
  return `${commentMarker(header.environment)}\n<!-- ${json} -->`;
}

/** Null when the body is not a comment of this environment. */
export function parseHeader(body: string, environment: string): CommentHeader | null {
  const [first, second] = body.split('\n', 2);
  if (first?.trim() !== commentMarker(environment)) return null;
  const json = /^<!-- (\{.*\}) -->\s*$/.exec(second ?? '')?.[1];
  if (json === undefined) return null;
  try {
    const header = JSON.parse(decodeURIComponent(json)) as Partial<CommentHeader>;
    const isWhole =
      typeof header.head === 'string' && typeof header.run === 'number' && typeof header.attempt === 'number';
    // Those of earlier versions say less.
    const missing = { record: null, at: '', content: '', text: '' };
    return isWhole && header.environment === environment ? ({ ...missing, ...header } as CommentHeader) : null;
  } catch {
    return null;
  }
}

/** Header and text to one body. */
export function joinComment(header: Omit<CommentHeader, 'text'>, text: string): string {
  return `${renderHeader({ ...header, text: textHash(text) })}\n\n${text}`;
}

export function textBelow(body: string): string {
  return body.split('\n').slice(3).join('\n');
}

/** Line ends are those of whoever saved it last. */
function textHash(text: string): string {
  return digestOf(text.replace(/\r/g, '').trimEnd()).slice(0, 32);
}

/** Whether a comment tells what another one does, and stands there as it was written. */
export function tellsTheSame(there: string, wanted: string, environment: string): boolean {
  const [old, next] = [parseHeader(there, environment), parseHeader(wanted, environment)];
  if (old === null || next === null) return false;
  return old.content === next.content && old.state === next.state && old.text === textHash(textBelow(there));
}

/**
 * Whether what stands in a comment is newer than what is to be written there, whichever run is the later one: after the merge
 * an outcome, of outcomes that on the later record, of plans for one head that which was read later.
 */
export function isNewerComment(there: string, wanted: string, environment: string): boolean {
  const [old, next] = [parseHeader(there, environment), parseHeader(wanted, environment)];
  if (old === null || next === null) return false;
  if (isPlan(old) !== isPlan(next)) return isPlan(next);
  if (isPlan(old)) return old.head === next.head && old.at > next.at;
  const isOnOneRecord = old.record === null || next.record === null || old.record === next.record;
  return isOnOneRecord ? old.at > next.at : old.record > next.record;
}

function isPlan({ state }: CommentHeader): boolean {
  return state === 'planned' || state === 'invalid' || state === 'unplanned' || state === 'untouched';
}
