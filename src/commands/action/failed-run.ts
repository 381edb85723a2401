/** A run that ended before it did anything: the user's failure or the service's, as a result. Ours go to the entry file. */

import { CancelledError, ServiceError, UserError } from '../../errors.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { renderFailure } from '../../render/failure.ts';
import type { ActionResult } from './types.ts';

export type KnownFailure = UserError | ServiceError | CancelledError;

export function isKnownFailure(error: unknown): error is KnownFailure {
  return error instanceof UserError || error instanceof ServiceError || error instanceof CancelledError;
}

/** What is wrong and what to do about it, in the words of the log. */
export function reasonOfFailure(error: KnownFailure): string {
  return renderFailure(error, 'text').reason;
}

export function exitOf(error: unknown): ExitCode {
  if (error instanceof UserError) return exitCodes[error.exit];
  return error instanceof ServiceError ? exitCodes.unreachable : exitCodes.invalid;
}

/** @param told markdown: whom it concerns */
export function resultOfFailure(error: KnownFailure, warnings: readonly string[], told = ''): ActionResult {
  const reason = reasonOfFailure(error);
  const lines = reason.split('\n').map(escapeMarkdown);
  return {
    exit: exitOf(error),
    outputs: {},
    summary: ['### tollgate failed', lines.join('<br>\n'), ...(told === '' ? [] : [told])].join('\n\n'),
    annotations: [],
    failure: reason,
    warnings,
  };
}
