import type { z } from 'zod';

/** The member, never its value. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const member = issue?.path.join('.') ?? '';
  return `${member === '' ? 'the answer' : `member ${member}`} cannot be read (${issue?.message ?? 'unknown'})`;
}
