/**
 * What a run asks of the control plane: a question once, whoever asks it, and a family of questions no longer once a refusal
 * has spoken for all of it.
 */

import { ServiceError } from '../errors.ts';
import type { Backend } from '../live/backend.ts';
import { canonicalJson } from '../stable-json.ts';

/** A value, or one sentence on why there is none. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

const questions = [
  'listWorkspaces',
  'readWorkspace',
  'listMembers',
  'listUsagePolicies',
  'listRatePolicies',
  'readUsagePolicy',
  'readRatePolicy',
  'listKeys',
  'readKey',
  'listProviders',
  'readProvider',
  'listIntegrationSlugs',
  'listIntegrationWorkspaces',
  'readGlobalAccess',
  'readIntegrationPrices',
  'listConfigs',
  'readConfig',
  'readCounters',
  'readAnalytics',
  'listAuditRecords',
  'listModels',
] as const satisfies readonly (keyof Backend)[];

/** A read of the port; with its arguments it is one question. */
export type Question = (typeof questions)[number];
type Answer<Name extends Question> = Awaited<ReturnType<Backend[Name]>>;

/** What was read of one control plane, and what it refused. One look: whoever has written makes another. */
export interface Reads {
  /**
   * The port. Whoever asks the same again, also before the first answer is there, gets the first answer. Refusals are thrown;
   * writes go through.
   */
  readonly backend: Backend;
  /** A question that may be refused. @throws what is not a ServiceError */
  ask<Name extends Question>(name: Name, ...question: Parameters<Backend[Name]>): Promise<Known<Answer<Name>>>;
  /** What is read with questions of one kind. @throws what is not a ServiceError */
  attempt<T>(family: Question, read: () => Promise<T>): Promise<Known<T>>;
}

export function createReads(backend: Backend): Reads {
  const gate = createGate();
  const answers = new Map<string, Promise<unknown>>();
  /** A question with its key, which is written once. */
  const prepare = (name: Question, question: readonly unknown[]) => {
    const key = canonicalJson([name, ...question]);
    const read = (): Promise<unknown> => {
      const answer =
        answers.get(key) ?? (backend[name] as (...all: readonly unknown[]) => Promise<unknown>)(...question);
      answers.set(key, answer);
      return answer;
    };
    return { isKnown: answers.has(key), read };
  };
  const remembering = Object.fromEntries(
    questions.map((name) => [name, (...question: readonly unknown[]) => prepare(name, question).read()]),
  ) as Pick<Backend, Question>;
  return {
    backend: { ...backend, ...remembering },
    ask<Name extends Question>(name: Name, ...question: Parameters<Backend[Name]>) {
      const { isKnown, read } = prepare(name, question);
      const reading = () => read() as Promise<Answer<Name>>;
      // What was read already needs no leave.
      return isKnown ? settle(reading) : gate(familyOf(name, question), reading);
    },
    attempt: (family, reading) => gate({ name: family, isOfOne: namesOne.has(family) }, reading),
  };
}

/** Questions that are refused together. */
interface Family {
  readonly name: string;
  /** Each is about an object of its own. */
  readonly isOfOne: boolean;
}

/** Each path of analytics came with a version of its own. */
function familyOf(name: Question, [first]: readonly unknown[]): Family {
  return { name: name === 'readAnalytics' ? `${name} ${String(first)}` : name, isOfOne: namesOne.has(name) };
}

const namesOne: ReadonlySet<Question> = new Set<Question>([
  'readWorkspace',
  'readUsagePolicy',
  'readRatePolicy',
  'readKey',
  'readProvider',
  'readGlobalAccess',
  'readIntegrationPrices',
  'readConfig',
  'readCounters',
]);

/**
 * The first question of a family goes ahead of the others, which would all be under way before it is answered. If it is
 * refused, or fails for good after its tries, the others are not asked: a thousand refusals say no more than one. Once a
 * family has been answered, a refusal is about the one object.
 */
function createGate(): <T>(family: Family, read: () => Promise<T>) => Promise<Known<T>> {
  const first = new Map<string, Promise<unknown>>();
  const answered = new Set<string>();
  const closed = new Map<string, string>();

  async function pass<T>({ name, isOfOne }: Family, read: () => Promise<T>): Promise<Known<T>> {
    const why = closed.get(name);
    if (why !== undefined) return { unknown: why };
    return settle(read, {
      answered: () => answered.add(name),
      refused: ({ status }, refusal) => {
        if (isNobodyThere(status) || (!answered.has(name) && speaksForAll(status, isOfOne))) closed.set(name, refusal);
      },
    });
  }

  return async (family, read) => {
    const ahead = first.get(family.name);
    if (ahead !== undefined) {
      await ahead;
      return pass(family, read);
    }
    const asking = pass(family, read);
    // A cancelled one ends the run through its own promise.
    first.set(
      family.name,
      asking.catch(() => undefined),
    );
    return asking;
  };
}

interface Told {
  readonly answered: () => void;
  readonly refused: (error: ServiceError, refusal: string) => void;
}

async function settle<T>(read: () => Promise<T>, told?: Told): Promise<Known<T>> {
  try {
    const value = await read();
    told?.answered();
    return { value };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const refusal = describeRefusal(error);
    told?.refused(error, refusal);
    return { unknown: refusal };
  }
}

/** Each other question would end so too, after as many tries. */
function isNobodyThere(status: number | undefined): boolean {
  return status === undefined || (status >= 502 && status <= 504);
}

/**
 * | status | is about |
 * |---|---|
 * | no answer, 401, 402, 403, 405, 429, 5xx | all: no right, no plan for it, no such route, or nobody there |
 * | 404 | all, or the object that the question names: somebody may have deleted it |
 * | 409 and the like | all, or the object that the question names |
 * | 400, an answer that makes no sense | one question |
 */
function speaksForAll(status: number | undefined, isOfOne: boolean): boolean {
  if (status === undefined || status >= 500) return true;
  return [401, 402, 403, 405, 429].includes(status) || (status > 400 && !isOfOne);
}

/** `GET /policies/usage-limits/… answered 403 AB03`: short and without ids, since it may stand for many objects. */
function describeRefusal({ method, path, status, code, detail }: ServiceError): string {
  const asked = `${method} ${(path.split('?')[0] ?? '').replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '…')}`;
  if (status === undefined) return `${asked}: no answer`;
  if (status < 300) return `${asked}: ${detail ?? 'an answer that cannot be read'}`;
  return `${asked} answered ${status}${code === undefined ? '' : ` ${code}`}`;
}
