type Close = () => unknown;

let closers: Close[] = [];

/** Called at the end of the test file. */
export function closeWithFile(close: Close): void {
  closers.push(close);
}

export function takeShared(): readonly Close[] {
  const all = closers;
  closers = [];
  return all;
}
