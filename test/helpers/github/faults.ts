/** Failures on demand, as the emulator has them: a rule is data, which requests and how often. */

import { buildPathMatcher } from '../../../src/emulator/faults.ts';
import { type Answer, buildErrorBody } from './call.ts';
import type { Json } from './state.ts';

export type GitHubFault =
  /** Any error, as GitHub words it. `html` is the page of a proxy. */
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly body?: 'json' | 'html' }
  /** 403 with Retry-After, in seconds. */
  | { readonly kind: 'secondary-rate-limit'; readonly retryAfter: number }
  /** 403 with nothing left until `reset`, seconds since the epoch. */
  | { readonly kind: 'rate-limit'; readonly reset: number }
  /** Answers late. Other rules still apply. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Resets the connection: the request did nothing, or it did and the caller does not learn of it. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** Never answers; ends when the caller gives up or the stand-in closes. */
  | { readonly kind: 'hang' }
  /** Somebody else is faster: happens right before the request. Other rules still apply. */
  | { readonly kind: 'meanwhile'; readonly does: () => void }
  /** GraphQL's way to fail, with 200: errors beside what could be read, or beside nothing. */
  | {
      readonly kind: 'graphql-errors';
      readonly errors: readonly { readonly type?: string; readonly message: string }[];
      /** Default false: `data` is null. */
      readonly keepsData?: boolean;
    }
  /** Says this instead, and is judged by the description like any answer of the stand-in. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: Json };

export interface GitHubFaultRule {
  /** Default: every method. */
  readonly method?: string;
  /** A glob over the path or a regular expression between slashes, as in the emulator's rules. Default: every path. */
  readonly path?: string;
  /** Name of a GraphQL query. Default: whatever is asked. */
  readonly operation?: string;
  /** How often at most. Default: no end. */
  readonly times?: number;
  /** Matching requests let through first. Default 0. */
  readonly after?: number;
  readonly fault: GitHubFault;
}

/** What somebody who plays all faults has to say of the moment. */
export interface FaultMoment {
  /** Milliseconds after which the caller gives up. */
  readonly patience: number;
  /** What somebody else does in between. */
  readonly deeds: Readonly<Record<string, () => void>>;
}

/** Each kind in the forms that differ to a caller: a new kind that is not here does not compile. */
const examples: {
  readonly [K in GitHubFault['kind']]: (
    moment: FaultMoment,
  ) => Readonly<Record<string, Extract<GitHubFault, { kind: K }>>>;
} = {
  status: () => ({
    '401': { kind: 'status', status: 401 },
    '403': { kind: 'status', status: 403 },
    '404': { kind: 'status', status: 404 },
    '409': { kind: 'status', status: 409 },
    '422': { kind: 'status', status: 422 },
    '500': { kind: 'status', status: 500 },
    'the page of a proxy': { kind: 'status', status: 502, body: 'html' },
    '503 in its own words': { kind: 'status', status: 503, message: 'Unicorn!\nTry again.' },
  }),
  'secondary-rate-limit': () => ({ 'a secondary limit': { kind: 'secondary-rate-limit', retryAfter: 3_600 } }),
  'rate-limit': () => ({ 'a limit': { kind: 'rate-limit', reset: 4_000_000_000 } }),
  slow: ({ patience }) => ({
    'late, and in time': { kind: 'slow', ms: Math.floor(patience / 20) },
    'too late': { kind: 'slow', ms: patience + 50 },
  }),
  reset: () => ({
    'a broken connection': { kind: 'reset', when: 'before' },
    'a lost answer': { kind: 'reset', when: 'after' },
  }),
  hang: () => ({ 'no answer at all': { kind: 'hang' } }),
  meanwhile: ({ deeds }) =>
    Object.fromEntries(Object.entries(deeds).map(([name, does]) => [name, { kind: 'meanwhile', does }])),
  'graphql-errors': () => ({
    'an error of GraphQL': { kind: 'graphql-errors', errors: [{ message: 'Something went wrong.\nSorry.' }] },
    'an error of GraphQL beside the data': {
      kind: 'graphql-errors',
      keepsData: true,
      errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }],
    },
  }),
  answer: () => ({
    'an answer of another form': { kind: 'answer', status: 200, body: { message: 'ok' } },
    'an answer of nothing': { kind: 'answer', status: 200, body: null },
  }),
};

/** Every fault that is known here, by a name for people. */
export function everyFault(moment: FaultMoment): readonly (readonly [name: string, fault: GitHubFault])[] {
  return Object.values(examples).flatMap((make) => Object.entries<GitHubFault>(make(moment)));
}

export type EndingFault = Exclude<GitHubFault, { kind: 'slow' | 'meanwhile' }>;

export interface ChosenFaults {
  /** Milliseconds. */
  readonly delay: number;
  readonly meanwhile: readonly (() => void)[];
  readonly fault: EndingFault | undefined;
}

export interface FaultSwitch {
  set(rules: readonly GitHubFaultRule[]): void;
  choose(method: string, path: string, operation: string | null): ChosenFaults;
}

export function createFaultSwitch(): FaultSwitch {
  let states: { rule: GitHubFaultRule; matches: (path: string) => boolean; seen: number }[] = [];
  return {
    set(rules) {
      states = rules.map((rule) => ({ rule, matches: buildPathMatcher(rule.path), seen: 0 }));
    },
    choose(method, path, operation) {
      let delay = 0;
      const meanwhile: (() => void)[] = [];
      for (const state of states) {
        const { rule } = state;
        if ((rule.method ?? method).toUpperCase() !== method || !state.matches(path)) continue;
        if (rule.operation !== undefined && rule.operation !== operation) continue;
        state.seen += 1;
        const turn = state.seen - (rule.after ?? 0);
        if (turn < 1 || turn > (rule.times ?? Number.POSITIVE_INFINITY)) continue;
        if (rule.fault.kind === 'slow') delay += rule.fault.ms;
        else if (rule.fault.kind === 'meanwhile') meanwhile.push(rule.fault.does);
        else return { delay, meanwhile, fault: rule.fault };
      }
      return { delay, meanwhile, fault: undefined };
    },
  };
}

const messages: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Validation Failed',
  500: 'Server Error',
  502: 'Server Error',
  503: 'Service unavailable',
};

/** Null: not an answer but a broken connection. */
export function answerFault(fault: Exclude<EndingFault, { kind: 'graphql-errors' }>): Answer | null {
  switch (fault.kind) {
    case 'status':
      if (fault.body === 'html') return { status: fault.status, headers: { 'content-type': 'text/html' } };
      return {
        status: fault.status,
        body: buildErrorBody(fault.status, fault.message ?? messages[fault.status] ?? 'Server Error'),
      };
    case 'secondary-rate-limit':
      return {
        status: 403,
        headers: { 'retry-after': String(fault.retryAfter) },
        body: buildErrorBody(
          403,
          'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        ),
      };
    case 'rate-limit':
      return {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(fault.reset) },
        body: buildErrorBody(403, 'API rate limit exceeded for installation.'),
      };
    case 'answer':
      return { status: fault.status, body: fault.body };
    case 'reset':
    case 'hang':
      return null;
  }
}
