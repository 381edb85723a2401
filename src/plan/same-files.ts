/** Whether policy files are those that were applied. Line ends are not content: one clone has CRLF where another has LF. */

import type { AppliedRecord } from './applied-record.ts';

type Files = AppliedRecord['files'];

export function hasSameFiles(a: Files, b: Files): boolean {
  const paths = Object.keys(a);
  return (
    paths.length === Object.keys(b).length &&
    paths.every((path) => b[path] !== undefined && withoutCarriage(a[path]) === withoutCarriage(b[path]))
  );
}

function withoutCarriage(text: string | undefined): string | undefined {
  return text?.replaceAll('\r\n', '\n');
}

/** Files as the record holds them. */
export function toRecordedFiles(files: readonly { readonly relative: string; readonly text: string }[]): Files {
  return Object.fromEntries(files.map(({ relative, text }) => [relative, text]));
}
