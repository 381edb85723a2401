/** Reads that may be refused, and that are asked for many objects: one refusal speaks for all of them. */

import { ServiceError } from '../errors.ts';

/** A value, or one sentence on why there is none. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

/** A value, or why there is none. */
export type Answer<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

/**
 * @param family questions that are refused together, such as one kind of list
 * @throws what is no ServiceError
 */
export type Gate = <T>(family: string, read: () => Promise<T>) => Promise<Answer<T>>;

/**
 * The first question of a family goes ahead of the others, which would all be under way before it is answered. If it is
 * refused, or fails for good after its tries, the others are not asked: a thousand refusals say no more than one. Once a
 * family has been answered, a refusal is about the one object.
 */
export function createGate(): Gate {
  const first = new Map<string, Promise<unknown>>();
  const answered = new Set<string>();
  const closed = new Map<string, string>();

  async function ask<T>(family: string, read: () => Promise<T>): Promise<Answer<T>> {
    const why = closed.get(family);
    if (why !== undefined) return { known: false, why };
    try {
      const value = await read();
      answered.add(family);
      return { known: true, value };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const refusal = describeRefusal(error);
      if (!answered.has(family) && speaksForAll(error.status)) closed.set(family, refusal);
      return { known: false, why: refusal };
    }
  }

  return async (family, read) => {
    const ahead = first.get(family);
    if (ahead !== undefined) {
      await ahead;
      return ask(family, read);
    }
    const asking = ask(family, read);
    // A cancelled one ends the run through its own promise.
    first.set(
      family,
      asking.catch(() => undefined),
    );
    return asking;
  };
}

/** Not a request that the service does not take, and not an answer that makes no sense: they may be about one object. */
function speaksForAll(status: number | undefined): boolean {
  return status === undefined || status > 400;
}

/** `GET /policies/usage-limits/… answered 403 AB03`: short and without ids, since it may stand for many objects. */
function describeRefusal({ method, path, status, code, detail }: ServiceError): string {
  const asked = `${method} ${(path.split('?')[0] ?? '').replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '…')}`;
  if (status === undefined) return `${asked}: no answer`;
  if (status < 300) return `${asked}: ${detail ?? 'an answer that cannot be read'}`;
  return `${asked} answered ${status}${code === undefined ? '' : ` ${code}`}`;
}
