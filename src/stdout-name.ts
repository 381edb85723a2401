/** A name that stands for what the program prints. */
export function isStdout(name: string): boolean {
  return name === '-' || name === '/dev/stdout' || name === '/dev/fd/1';
}
