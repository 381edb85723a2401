import { CancelledError, refusedByDisk, ServiceError, UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import type { FailureDocument } from './documents/parts.ts';
import { jsonVersion, renderJson } from './json.ts';

export interface RenderedFailure {
  /** For stderr. */
  readonly message: string;
  /** The same where something else says that it is an error. */
  readonly reason: string;
  /** For stdout: a document where one was asked for, so that a program never reads nothing. */
  readonly output: string;
}

/** One clear message; a stack only where the fault is ours. */
export function renderFailure(error: unknown, format: 'text' | 'json' | 'markdown'): RenderedFailure {
  const { kind, message, hint: advice } = describeFailure(error);
  // Advice quotes claims and names as messages do; its own lines stay lines.
  const hint = advice?.split('\n').map(escapeInvisible).join('\n');
  const reason = [message, ...(hint === undefined ? [] : [hint])].join('\n');
  return {
    message: `error: ${reason}\n`,
    reason,
    output:
      format === 'json'
        ? renderJson<FailureDocument>({ version: jsonVersion, ok: false, error: { kind, message, hint: hint ?? null } })
        : '',
  };
}

function describeFailure(thrown: unknown): {
  kind: FailureDocument['error']['kind'];
  message: string;
  hint: string | undefined;
} {
  const error = refusedByDisk(thrown) ?? thrown;
  if (error instanceof UserError) return { kind: 'user', message: oneLine(error.message), hint: error.hint };
  if (error instanceof ServiceError) return { kind: 'service', message: oneLine(error.message), hint: undefined };
  if (error instanceof CancelledError) {
    return { kind: 'cancelled', message: 'cancelled before anything was changed', hint: undefined };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'internal',
    message: stack,
    hint: 'This is a fault in tollgate; please report it with the lines above.',
  };
}

function oneLine(text: string): string {
  return text.split('\n').map(escapeInvisible).join(' ');
}

/** Of a command line that is not understood; commander has said it to people already. */
export function renderUsageError(text: string): string {
  const [first = '', ...rest] = text
    .replace(/^error: /, '')
    .split('\n')
    .map(escapeInvisible);
  const hint = rest.length === 0 ? null : rest.join('\n');
  return renderJson<FailureDocument>({
    version: jsonVersion,
    ok: false,
    error: { kind: 'user', message: first, hint },
  });
}
