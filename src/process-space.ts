/** Which processes this one can tell from each other: process ids mean nothing elsewhere. */

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names this boot of this kernel and this namespace of process ids. A host's name does not: two containers may share it, and the
 * id that is gone in one is alive in the other. Null where the system shows neither.
 */
export function readProcessSpace(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = readlinkSync('/proc/self/ns/pid');
    if (!/^[0-9a-f-]{36}$/.test(boot) || !/^pid:\[\d+\]$/.test(namespace)) return null;
    return createHash('sha256').update(`${boot} ${namespace}`).digest('hex').slice(0, 16);
  } catch {
    return null;
  }
}

/** When a process of this space began, as the kernel counts; null where the system does not show it. */
export function readProcessStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything: the 22nd of all, the third being the first behind it.
    return /^\d+$/.exec(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '')?.[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * By its id, in this space; with its start, whether it is that process and not one that has been given its id since. Whatever is
 * not certainly gone is alive.
 */
export function isProcessAlive(pid: number, start: string | null = null): boolean {
  try {
    process.kill(pid, 0);
    const now = start === null ? null : readProcessStart(pid);
    return now === null || now === start;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
