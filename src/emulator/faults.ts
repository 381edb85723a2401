/**
 * Failures on demand. A rule is data: which requests, how often, what happens; a flag or a file can carry it. Choosing is
 * pure and seeded, so a run repeats; server.ts makes the failure happen.
 */

import { parseQuirk, type Quirks } from './quirks.ts';
import { createRandom, type Random } from './random.ts';
import { type RivalDeed, rivalDeeds } from './rival.ts';

export type FaultBody = 'json' | 'html' | 'empty';

/** `before`: the request changes nothing. `after`: it takes effect, and the caller does not learn of it. */
export type FaultMoment = 'before' | 'after';

export type Fault =
  /** Answers late. Other rules still apply. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Answers this status. `retryAfter` becomes the header of that name, as it stands. `body` defaults to json. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly body?: FaultBody;
      readonly when?: FaultMoment;
    }
  /** Resets the connection without an answer. */
  | { readonly kind: 'reset'; readonly when: FaultMoment }
  /** Takes effect; the status is right, the JSON ends halfway. */
  | { readonly kind: 'truncated' }
  /** Takes effect; announces the whole answer, sends half of it and resets the connection. */
  | { readonly kind: 'cut' }
  /** Takes effect; answers 200 with text that is no JSON. */
  | { readonly kind: 'malformed' }
  /** Never answers; ends when the caller gives up or the emulator closes. */
  | { readonly kind: 'hang'; readonly when?: FaultMoment }
  /** The quirks hold for this one request. Other rules still apply. */
  | { readonly kind: 'quirk'; readonly quirks: Partial<Quirks> }
  /**
   * Somebody else changes the object that the request is about, right before (default) or right after it; `raise` (default),
   * `rename` or `archive`. Other rules still apply.
   */
  | { readonly kind: 'rival'; readonly when?: FaultMoment; readonly does?: RivalDeed };

/** Ends the request otherwise than it would have ended. */
export type BreakingFault = Exclude<Fault, { kind: 'latency' | 'quirk' | 'rival' }>;

export interface FaultRule {
  /** Default: every method. */
  readonly method?: string;
  /**
   * The path below `/v1`, without the query: a glob (`*` within a segment, `**` across segments), or a regular
   * expression between slashes (`/^\/policies\/[^/]+$/`). Default: every path. `/policies/**` matches `/policies` too.
   */
  readonly path?: string;
  /** Chance of each matching request, 0 to 1. Default 1. */
  readonly probability?: number;
  /** How often it happens at most. Default: no end. */
  readonly times?: number;
  /** Matching requests let through first. Default 0. */
  readonly after?: number;
  readonly fault: Fault;
}

export interface ChosenFault {
  /** Milliseconds, all latency rules added up. */
  readonly latency: number;
  /** Of all quirk rules; of two that name the same one, the later. */
  readonly quirks?: Partial<Quirks>;
  readonly rivals?: readonly Extract<Fault, { kind: 'rival' }>[];
  /** The first other rule that struck. */
  readonly fault: BreakingFault | undefined;
}

export interface FaultSwitch {
  readonly rules: readonly FaultRule[];
  /** Replaces all rules, and starts counting and chance anew. */
  set(rules: readonly FaultRule[]): void;
  /** What happens to this request; counts it. */
  choose(method: string, path: string): ChosenFault;
}

interface RuleState {
  readonly rule: FaultRule;
  readonly matches: (path: string) => boolean;
  seen: number;
  struck: number;
}

export function createFaultSwitch(initial: readonly FaultRule[] = [], seed = 1): FaultSwitch {
  let states: RuleState[] = [];
  let random: Random = createRandom(seed);
  const set = (rules: readonly FaultRule[]): void => {
    states = rules.map((rule) => ({ rule, matches: buildPathMatcher(rule.path), seen: 0, struck: 0 }));
    random = createRandom(seed);
  };
  set(initial);

  const strikes = (state: RuleState, method: string, path: string): boolean => {
    const { rule } = state;
    if (rule.method !== undefined && rule.method.toUpperCase() !== method.toUpperCase()) return false;
    if (!state.matches(path)) return false;
    state.seen += 1;
    if (state.seen <= (rule.after ?? 0)) return false;
    if (rule.times !== undefined && state.struck >= rule.times) return false;
    if (rule.probability !== undefined && random() >= rule.probability) return false;
    state.struck += 1;
    return true;
  };

  return {
    get rules() {
      return states.map((state) => state.rule);
    },
    set,
    choose(method, path) {
      let latency = 0;
      let quirks: Partial<Quirks> | undefined;
      const rivals: Extract<Fault, { kind: 'rival' }>[] = [];
      const chosen = (fault: BreakingFault | undefined): ChosenFault => ({
        latency,
        ...(quirks !== undefined && { quirks }),
        ...(rivals.length > 0 && { rivals }),
        fault,
      });
      for (const state of states) {
        if (!strikes(state, method, path)) continue;
        const { fault } = state.rule;
        if (fault.kind === 'latency') latency += fault.ms;
        else if (fault.kind === 'quirk') quirks = { ...quirks, ...fault.quirks };
        else if (fault.kind === 'rival') rivals.push(fault);
        else return chosen(fault);
      }
      return chosen(undefined);
    },
  };
}

export function buildPathMatcher(path: string | undefined): (path: string) => boolean {
  if (path === undefined || path === '**' || path === '/**') return () => true;
  const pattern = /^\/(.*)\/$/.exec(path);
  // A trailing slash after a leading one also fits a plain path such as `/policies/`; no route ends in a slash.
  if (pattern?.[1] !== undefined) {
    const expression = new RegExp(pattern[1]);
    return (text) => expression.test(text);
  }
  const expression = new RegExp(`^${buildGlob(path.startsWith('/') ? path : `/${path}`)}$`);
  return (text) => expression.test(text);
}

function buildGlob(glob: string): string {
  return glob
    .split(/(\/\*\*|\*\*|\*)/)
    .map((part) => {
      if (part === '/**') return '(?:/.*)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
}

/**
 * A rule as a flag writes it: METHOD PATH FAULT, then options. The method may be `*`.
 *
 * | text | does |
 * |---|---|
 * | `PUT /policies/** 429 p=0.2 retry-after=1` | every fifth PUT, by chance, is told to wait a second |
 * | `GET /** 502 body=html times=3` | the first three reads meet a proxy's page |
 * | `POST /policies/* reset when=after after=1` | from the second on, creates happen and the answer is lost |
 * | `* /** latency ms=250` | slow |
 * | `GET /api-keys truncated`, `cut`, `malformed`, `hang` | broken answers |
 * | `* /** 401 after=40` | the key is revoked after forty requests |
 * | `PUT /policies/** quirk conditionsOnPut=ignore p=0.5` | a quirk for some requests alone |
 * | `PUT /policies/** rival does=raise when=before` | somebody else changes the same object |
 */
export function parseFault(text: string): FaultRule {
  const [method, path, name, ...options] = text.trim().split(/\s+/);
  if (method === undefined || path === undefined || name === undefined) {
    throw new RangeError(`fault "${text}": write METHOD PATH FAULT, for instance PUT /policies/** 429 p=0.2`);
  }
  const given = new Map<string, string>();
  for (const option of options) {
    const at = option.indexOf('=');
    if (at < 1) throw new RangeError(`fault "${text}": option "${option}" has no value; write ${option}=…`);
    given.set(option.slice(0, at), option.slice(at + 1));
  }
  const take = (key: string): string | undefined => {
    const value = given.get(key);
    given.delete(key);
    return value;
  };
  const takeNumber = (key: string): number | undefined => {
    const value = take(key);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (value === '' || !Number.isFinite(number) || number < 0) {
      throw new RangeError(`fault "${text}": ${key} cannot be "${value}"`);
    }
    return number;
  };
  const probability = takeNumber('p');
  if (probability !== undefined && probability > 1) throw new RangeError(`fault "${text}": p is between 0 and 1`);
  const times = takeNumber('times');
  const after = takeNumber('after');
  const fault = name === 'quirk' ? parseQuirks(text, given) : parseKind(text, name, take, takeNumber);
  const unknown = given.keys().next().value;
  if (unknown !== undefined) throw new RangeError(`fault "${text}": unknown option "${unknown}" for ${name}`);
  return {
    ...(method !== '*' && { method: method.toUpperCase() }),
    path,
    ...(probability !== undefined && { probability }),
    ...(times !== undefined && { times }),
    ...(after !== undefined && { after }),
    fault,
  };
}

/** All options that are left are quirks. */
function parseQuirks(text: string, given: Map<string, string>): Fault {
  if (given.size === 0) throw new RangeError(`fault "${text}": name a quirk, for instance goneAs403=true`);
  const quirks = [...given].map(([quirk, value]) => parseQuirk(`${quirk}=${value}`));
  given.clear();
  return { kind: 'quirk', quirks: Object.assign({}, ...quirks) as Partial<Quirks> };
}

function parseKind(
  text: string,
  name: string,
  take: (key: string) => string | undefined,
  takeNumber: (key: string) => number | undefined,
): Fault {
  const takeChoice = <Choice extends string>(key: string, allowed: readonly Choice[]): Choice | undefined => {
    const value = take(key);
    if (value === undefined) return undefined;
    const found = allowed.find((choice) => choice === value);
    if (found === undefined) throw new RangeError(`fault "${text}": ${key} is one of ${allowed.join(', ')}`);
    return found;
  };
  if (/^[1-5]\d\d$/.test(name)) {
    const retryAfter = take('retry-after');
    const body = takeChoice('body', ['json', 'html', 'empty'] as const);
    const when = takeChoice('when', ['before', 'after'] as const);
    return {
      kind: 'status',
      status: Number(name),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(body !== undefined && { body }),
      ...(when !== undefined && { when }),
    };
  }
  switch (name) {
    case 'latency':
      return { kind: 'latency', ms: takeNumber('ms') ?? 1000 };
    case 'reset':
      return { kind: 'reset', when: takeChoice('when', ['before', 'after'] as const) ?? 'before' };
    case 'hang': {
      const when = takeChoice('when', ['before', 'after'] as const);
      return { kind: 'hang', ...(when !== undefined && { when }) };
    }
    case 'rival': {
      const when = takeChoice('when', ['before', 'after'] as const);
      const does = takeChoice('does', rivalDeeds);
      return { kind: 'rival', ...(when !== undefined && { when }), ...(does !== undefined && { does }) };
    }
    case 'truncated':
    case 'cut':
    case 'malformed':
      return { kind: name };
    default:
      throw new RangeError(
        `fault "${text}": unknown fault "${name}"; a status, latency, reset, truncated, cut, malformed, hang, quirk or rival`,
      );
  }
}
