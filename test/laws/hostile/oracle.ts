/**
 * What may reach the control plane in a story, from what people did in it: who wrote, pushed, reviewed and merged what. Knows
 * nothing of files, Git, plans or windows as the product computes them.
 */

import { type Cap, type CapName, capNames, type Model } from './model.ts';
import type { LivePolicy, LiveState, Ran, Run } from './stage.ts';

export interface Word {
  readonly guard: string;
  readonly number: number;
}

export interface ReviewFact {
  readonly by: string;
  readonly state: string;
  /** Index of the head that it is of. */
  readonly head: number;
  readonly at: number;
  /** Words in it that count if the review does. */
  readonly words: readonly Word[];
}

export interface PullFact {
  readonly number: number;
  /** What it was at each head, and what it was to be put on. */
  readonly heads: { readonly base: Model; readonly model: Model }[];
  readonly reviews: ReviewFact[];
  readonly part: Set<string>;
  isDoubtful: boolean;
  baseMovedAt: number;
  hasLostHeads: boolean;
  state: 'open' | 'merged' | 'pushed';
}

interface Step {
  /** Null: by hand. */
  readonly pull: PullFact | null;
  readonly by: string;
}

type Verdict = 'ok' | 'bad' | 'maybe';
interface Judged {
  readonly verdict: Verdict;
  readonly faults: readonly Step[];
  readonly moved: readonly Step[];
}

interface Memory {
  /** By entry: numbers of states, one of which is what the record says was applied. */
  readonly starts: ReadonlyMap<string, readonly number[]>;
  readonly settings: readonly number[];
}

const entries = [...capNames.map((name) => `a/${name}`), 'a/floor', 'b/floor', 'b/solo', 'key/app', 'key/batch'];
const settingsEntry = 'settings';
type Parts = Readonly<Record<string, unknown>>;

function partsOf(model: Model, entry: string): Parts {
  const [where, name] = entry.split('/');
  if (entry === settingsEntry) {
    const silences = capNames.map((cap) => [`silence.${cap}`, model.caps[cap]?.silenced === true]);
    const { environment, organisation, ref } = model;
    return { ...model.settings, ...Object.fromEntries(silences), environment, organisation, ref };
  }
  if (where === 'key') return { star: model.star };
  if (entry === 'b/solo') return { limit: model.solo };
  if (name === 'floor') return { limit: model.floor, ...(where === 'a' ? { skip: model.skips } : {}) };
  const cap = model.caps[name as CapName];
  const forget = model.forgets === name;
  if (cap === null) return { forget };
  const { budget, key, id, note, protect } = cap;
  return { limit: { budget, key, id }, note, protect, alert: alertOf(cap), forget };
}

function alertOf({ budget, late }: Cap): number {
  return Math.floor((budget * (late ? 99 : 50)) / 100);
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is live once a state has been applied; null: nothing. */
function liveIn(model: Model, entry: string): LivePolicy | null {
  const [where, name] = entry.split('/');
  const plain = (budget: number): LivePolicy => ({ budget, key: 'all', note: null, alert: null });
  if (where === 'key') return model.star === null ? null : plain(model.star);
  if (entry === 'b/solo') return plain(model.solo);
  if (name === 'floor') return model.floor === null || (where === 'a' && model.skips) ? null : plain(model.floor);
  const cap = model.caps[name as CapName];
  return cap === null ? null : { budget: cap.budget, key: cap.key, note: cap.note, alert: alertOf(cap) };
}

export class Oracle {
  readonly pulls = new Map<number, PullFact>();
  readonly roles = new Map<string, 'admin' | 'write' | 'read'>();
  readonly #states: Model[];
  readonly #steps: (Step | null)[] = [null];
  readonly #memories = new Map<string, Memory>();
  #memory: Memory;
  #isSealed = true;
  #hasRecord = true;
  /** Runs by the moment they were asked for; the last that wrote. */
  readonly #asked = new Map<number, number>();
  #lastWrite: { readonly run: number; readonly at: number } | null = null;
  #time = 0;
  readonly byHand = new Set<string>();
  readonly liveness = { claimed: 0, reached: 0 };

  constructor(start: Model, version: string | null) {
    this.#states = [start];
    const all = new Map([...entries, settingsEntry].map((entry) => [entry, [0]] as const));
    this.#memory = { starts: all, settings: [0] };
    if (version !== null) this.#memories.set(version, this.#memory);
  }

  get tip(): Model {
    return this.#states.at(-1) as Model;
  }

  tick(): number {
    this.#time += 1;
    return this.#time;
  }

  /** The default branch moves. */
  move(after: Model, pull: PullFact | null, by: string): void {
    if (isEqual(after, this.tip)) return;
    this.#states.push(after);
    this.#steps.push({ pull, by });
  }

  recordIs(deed: 'delete' | 'forge' | 'restore', version: string | null, live: LiveState): void {
    if (!this.#hasRecord) return;
    if (deed === 'delete') this.#hasRecord = false;
    if (deed === 'forge') this.#isSealed = false;
    if (deed === 'restore') {
      this.#memory = this.#memories.get(version ?? '') ?? this.#memory;
      this.#isSealed = true;
      // An older word: what has been applied since is, to it, set by hand, and left where it is stricter.
      for (const entry of entries) {
        const isSo = this.#recorded(entry).every((model) => isEqual(live[entry] ?? null, liveIn(model, entry)));
        if (!isSo) this.byHand.add(entry);
      }
    }
  }

  /** What is wrong with what a run did; empty: nothing. */
  judge(run: Run, ran: Ran, before: LiveState, after: LiveState, version: { was: string | null; is: string | null }) {
    const problems: string[] = [];
    const claim = (isSo: boolean, problem: string): void => void (isSo || problems.push(problem));
    const tipIndex = this.#states.length - 1;
    const { tip } = this;
    const at = this.tick();
    if (!this.#asked.has(ran.id)) this.#asked.set(ran.id, at);
    const recorded = this.#recorded(settingsEntry);
    const isMoved =
      this.#hasRecord &&
      recorded.some(
        (model) =>
          model.environment !== tip.environment || model.organisation !== tip.organisation || model.ref !== tip.ref,
      );
    const judged = new Map([...entries, settingsEntry].map((entry) => [entry, this.#judgeEntry(entry)] as const));
    const isByHand = run.event === 'dispatch' && run.approve !== null;
    const isPermitted = isByHand && this.#isPermitted(run, ran, [...judged.values()]);
    const isFree = isByHand ? isPermitted : false;
    const isAlone = (every: boolean): boolean => {
      const models = [...recorded, ...(every ? [tip] : [])];
      const says = ({ settings }: Model): boolean => settings.alone || !settings.reviewed;
      return this.#hasRecord && (every ? models.every(says) : models.some(says));
    };
    const verdictOf = (entry: string): Verdict => {
      const verdict = judged.get(entry)?.verdict ?? 'bad';
      if (isFree || (!isByHand && isAlone(true))) return 'ok';
      return !isByHand && isAlone(false) && verdict === 'bad' ? 'maybe' : verdict;
    };

    const isShut = isMoved || (isByHand ? !isPermitted : !this.#hasRecord);
    if (isShut || ran.exit === null || ran.exit === 3) {
      const why = isMoved ? 'the record moved' : !this.#hasRecord ? 'there is no record' : `it ended with ${ran.exit}`;
      claim(ran.writes.length === 0, `${why}, and it wrote: ${ran.writes.join(', ')}`);
    }

    const isIdMoved = [tip, ...recorded].some(({ caps }) => capNames.some((name) => caps[name]?.id != null));
    if (!isIdMoved) claim(isEqual(before.foreign, after.foreign), 'a policy that Git never declared was changed');
    const deleted: string[] = [];
    let created = 0;
    for (const entry of entries) {
      const [was, is] = [before[entry], after[entry]];
      if (isEqual(was, is)) continue;
      const wanted = liveIn(tip, entry);
      claim(verdictOf(entry) !== 'bad', `${entry} was changed without a word: ${show(was)} → ${show(is)}`);
      if (is === undefined) {
        claim(wanted === null || isIdMoved, `${entry} was deleted, and is declared`);
        claim(this.#hasRecord, `${entry} was deleted without a record`);
        deleted.push(entry);
      } else {
        if (was === undefined) created += 1;
        for (const field of ['budget', 'key', 'note', 'alert'] as const) {
          if (was !== undefined && isEqual(was[field], is[field])) continue;
          claim(
            wanted !== null && isEqual(is[field], wanted[field]),
            `${entry} became what nobody wrote: ${field} ${show(is)}`,
          );
        }
      }
      const [, name] = entry.split('/');
      const cap = tip.caps[name as CapName];
      // Where nothing remembers what was applied, the rules of the files judge, and of what they were put on.
      const ruling = this.#hasRecord ? recorded : this.#states.slice(-2);
      if (cap?.late === true && ruling.every(({ settings }) => settings.late)) {
        const isSilenced = ruling.some(({ caps }) => caps[name as CapName]?.silenced === true);
        claim(isSilenced, `${entry} offends a rule in force, and was changed`);
      }
      if (is === undefined && this.#recorded(entry).every(({ caps }) => caps[name as CapName]?.protect === true)) {
        claim(created > 0, `${entry} is protected, and was deleted`);
      }
    }
    const lifted = (guard: string, over: readonly string[]): boolean => {
      const own = run.allow.some((text) => {
        const [, name, number, digest = ''] = /^(\S+)=(\d+)@([0-9a-f]{32,})$/.exec(text) ?? [];
        return isByHand && name === guard && Number(number) >= over.length && ran.digest.startsWith(digest);
      });
      return own || over.every((entry) => this.#isLifted(guard, entry, over, judged));
    };
    const isCounted = recorded.every(({ settings }) => settings.deletes) && this.#hasRecord;
    if (isCounted && deleted.length > created) {
      claim(lifted('deletes', deleted), `deletes in force, and no word: ${deleted.join(', ')}`);
    }
    const [soloWas, soloIs] = [before['b/solo']?.budget ?? 0, after['b/solo']?.budget ?? 0];
    if (soloIs > soloWas * 1.25 && recorded.every(({ settings }) => settings.spendUp) && this.#hasRecord) {
      claim(lifted('spend-up', ['b/solo']), `spend rose from $${soloWas} to $${soloIs} without a word`);
    }

    if (this.#isSealed && this.#hasRecord && !isMoved && !isByHand) {
      problems.push(...this.#judgeLiveness(ran, after, verdictOf, judged, recorded, lifted));
    }
    this.#remember(ran, verdictOf, after, tipIndex, at, version);
    return problems;
  }

  #recorded(entry: string): readonly Model[] {
    const starts = this.#memory.starts.get(entry) ?? [0];
    return starts.map((index) => this.#states[index] as Model);
  }

  /** Over every state that the record may name as applied. */
  #judgeEntry(entry: string): Judged {
    const all = (this.#memory.starts.get(entry) ?? [0]).map((start) => this.#judgeFrom(entry, start));
    const [first] = all;
    const isOne = all.every(({ verdict }) => verdict === first?.verdict);
    return {
      verdict: isOne ? (first?.verdict ?? 'bad') : 'maybe',
      faults: [...new Set(all.flatMap(({ faults }) => faults))],
      moved: [...new Set(all.flatMap(({ moved }) => moved))],
    };
  }

  #judgeFrom(entry: string, start: number): Judged {
    const parts = (index: number): Parts => partsOf(this.#states[index] as Model, entry);
    const last = this.#states.length - 1;
    const names = new Set([...Array(last - start + 1).keys()].flatMap((offset) => Object.keys(parts(start + offset))));
    const [faults, moved] = [new Set<Step>(), new Set<Step>()];
    let isMaybe = false;
    for (const name of names) {
      if (isEqual(parts(start)[name], parts(last)[name])) continue;
      for (let index = start + 1; index <= last; index += 1) {
        const [was, is] = [parts(index - 1)[name], parts(index)[name]];
        const step = this.#steps[index];
        if (isEqual(was, is) || step == null) continue;
        moved.add(step);
        const verdict = this.#judgeStep(step, entry, name, was, is);
        if (verdict === 'bad') faults.add(step);
        if (verdict === 'maybe') isMaybe = true;
      }
    }
    return { verdict: faults.size > 0 ? 'bad' : isMaybe ? 'maybe' : 'ok', faults: [...faults], moved: [...moved] };
  }

  #judgeStep({ pull }: Step, entry: string, name: string, was: unknown, is: unknown): Verdict {
    const head = pull?.heads.at(-1);
    if (pull === null || pull.state === 'pushed' || head === undefined) return 'bad';
    const [from, to] = [partsOf(head.base, entry)[name], partsOf(head.model, entry)[name]];
    if (isEqual(from, to) || !isEqual(to, is) || !this.#isApproved(pull)) return 'bad';
    if (isEqual(from, was)) return 'ok';
    // Somebody else moved what it is put on: no looser counts, which is certain here for a limit alone.
    const [a, b] = [was, is] as readonly ({ readonly budget?: number; readonly key?: string } | undefined)[];
    if (name === 'limit' && a?.budget !== undefined && b?.budget !== undefined) {
      if (b.budget > a.budget) return 'bad';
      if (a.key === b.key) return 'maybe';
    }
    return name === 'limit' && typeof was === 'number' && typeof is === 'number' && is > was ? 'bad' : 'maybe';
  }

  /** Reviews of a pull request that count. */
  approvals(pull: PullFact): readonly ReviewFact[] {
    const latest = new Map<string, ReviewFact>();
    for (const review of pull.reviews) if (review.state !== 'COMMENTED') latest.set(review.by, review);
    const now = pull.heads.at(-1);
    return [...latest.values()].filter(({ by, state, head, at }) => {
      const reviewed = pull.heads[head];
      const isLast = head === pull.heads.length - 1;
      const isSame =
        isLast || (!pull.hasLostHeads && reviewed !== undefined && now !== undefined && asksSame(reviewed, now));
      return state === 'APPROVED' && at > pull.baseMovedAt && isSame && this.#mayWrite(by) && !pull.part.has(by);
    });
  }

  #isApproved(pull: PullFact): boolean {
    return this.approvals(pull).length >= (pull.isDoubtful ? 2 : 1);
  }

  #mayWrite(login: string): boolean {
    return !login.endsWith('[bot]') && this.roles.get(login) !== 'read';
  }

  #isLifted(guard: string, entry: string, over: readonly string[], judged: ReadonlyMap<string, Judged>): boolean {
    const pulls = (one: string): (PullFact | null)[] => (judged.get(one)?.moved ?? []).map(({ pull }) => pull);
    return pulls(entry).every((pull) => {
      if (pull === null || !this.#isApproved(pull)) return false;
      const words = this.approvals(pull).flatMap((review) => review.words.filter((word) => word.guard === guard));
      const alone = over.filter((one) => pulls(one).every((other) => other === pull)).length;
      // Of spend, a percentage that is far above or far below what it comes to.
      const needed = guard === 'spend-up' ? 200 : alone;
      return words.some(({ number }) => number >= needed);
    });
  }

  /** Whether a dispatch may do what its plan says. */
  #isPermitted({ actor, triggeringActor, approve }: Run, { id, digest }: Ran, judged: readonly Judged[]): boolean {
    const people = [actor, triggeringActor];
    if (approve === null || approve.length < 32 || !digest.startsWith(approve)) return false;
    if (!people.every((person) => this.#mayWrite(person))) return false;
    const asked = this.#asked.get(id) ?? 0;
    if (this.#lastWrite !== null && this.#lastWrite.at > asked && this.#lastWrite.run !== id) return false;
    if (!this.#hasRecord) return people.every((person) => this.roles.get(person) === 'admin');
    if (this.#recorded(settingsEntry).some(({ settings }) => settings.alone)) return true;
    return judged
      .flatMap(({ faults }) => faults)
      .every(({ pull, by }) => {
        if (pull === null || pull.state === 'pushed') return !people.includes(by);
        const others = this.approvals(pull).filter((review) => !people.includes(review.by));
        return people.every((person) => !pull.part.has(person)) && (!pull.isDoubtful || others.length > 0);
      });
  }

  #judgeLiveness(
    ran: Ran,
    after: LiveState,
    verdictOf: (entry: string) => Verdict,
    judged: ReadonlyMap<string, Judged>,
    recorded: readonly Model[],
    lifted: (guard: string, over: readonly string[]) => boolean,
  ): string[] {
    const { tip } = this;
    const caps = capNames.flatMap((name) => tip.caps[name] ?? []);
    // Another policy's id, or what a rule in force may object to: no promise.
    if (caps.some(({ id, late }) => id !== null || late)) return [];
    if (recorded.some(({ caps: old }) => capNames.some((name) => old[name]?.id != null || old[name]?.late === true)))
      return [];
    const ok = entries.filter((entry) => verdictOf(entry) === 'ok');
    const isDue = (entry: string): boolean => (judged.get(entry)?.moved.length ?? 0) > 0;
    const nameOf = (entry: string): CapName => (entry.split('/')[1] ?? '') as CapName;
    const goes = ok.filter((entry) => isDue(entry) && liveIn(tip, entry) === null && tip.forgets !== nameOf(entry));
    const comes = ok.filter(
      (entry) => isDue(entry) && this.#recorded(entry).some((model) => liveIn(model, entry) === null),
    );
    const isRenamed = goes.length > 0 && comes.length > 0;
    const isProtected = capNames.some(
      (name) =>
        tip.caps[name] === null && this.#recorded(`a/${name}`).some((model) => model.caps[name]?.protect === true),
    );
    const strict = [tip, ...recorded];
    const isHeld = strict.some(({ settings }) => settings.deletes) && goes.length > 0 && !lifted('deletes', goes);
    const rises = ok.includes('b/solo') && this.#recorded('b/solo').some(({ solo }) => tip.solo > solo * 1.25);
    const isHeldBySpend = strict.some(({ settings }) => settings.spendUp) && rises && !lifted('spend-up', ['b/solo']);
    if (isRenamed || isProtected || isHeld || isHeldBySpend) return [];
    const problems: string[] = [];
    for (const where of [['a/', 'key/'], ['b/']]) {
      const own = entries.filter((entry) => where.some((start) => entry.startsWith(start)));
      if (!own.every((entry) => ok.includes(entry))) continue;
      for (const entry of own) {
        const wanted = liveIn(tip, entry);
        if (this.byHand.has(entry) || tip.forgets === nameOf(entry)) continue;
        if (wanted === null && !isDue(entry)) continue;
        this.liveness.claimed += isDue(entry) ? 1 : 0;
        if (!isEqual(after[entry] ?? null, wanted)) {
          problems.push(
            `${entry} was approved and did not arrive: ${show(after[entry])}, not ${show(wanted)} (exit ${ran.exit})`,
          );
        } else this.liveness.reached += isDue(entry) ? 1 : 0;
      }
    }
    return problems;
  }

  #remember(
    ran: Ran,
    verdictOf: (entry: string) => Verdict,
    after: LiveState,
    tipIndex: number,
    at: number,
    { was, is }: { readonly was: string | null; readonly is: string | null },
  ): void {
    if (ran.writes.length > 0) this.#lastWrite = { run: ran.id, at };
    if (was === is) return;
    const isFirst = !this.#hasRecord;
    const starts = new Map(
      [...entries, settingsEntry].map((entry) => {
        const old = this.#memory.starts.get(entry) ?? [0];
        const verdict = verdictOf(entry);
        if (isFirst) return [entry, [tipIndex]] as const;
        const wanted = liveIn(this.tip, entry === settingsEntry ? 'b/solo' : entry);
        const isThere = entry === settingsEntry || isEqual(after[entry] ?? null, wanted);
        const isSame = old.every((start) =>
          isEqual(partsOf(this.#states[start] as Model, entry), partsOf(this.tip, entry)),
        );
        if (verdict === 'ok' && isThere && !isSame && !this.byHand.has(entry)) return [entry, [tipIndex]] as const;
        return [entry, verdict === 'bad' ? old : [...new Set([...old, tipIndex])]] as const;
      }),
    );
    this.#memory = { starts, settings: starts.get(settingsEntry) ?? [0] };
    this.#hasRecord = true;
    this.#isSealed = true;
    if (is !== null) this.#memories.set(is, this.#memory);
  }
}

function asksSame(a: PullFact['heads'][number], b: PullFact['heads'][number]): boolean {
  const moves = ({ base, model }: PullFact['heads'][number]): unknown =>
    [...entries, settingsEntry].map((entry) => {
      const [was, is] = [partsOf(base, entry), partsOf(model, entry)];
      return Object.keys({ ...was, ...is }).map((name) =>
        isEqual(was[name], is[name]) ? null : [name, was[name], is[name]],
      );
    });
  return isEqual(moves(a), moves(b));
}

function show(policy: LivePolicy | null | undefined): string {
  return policy == null ? 'nothing' : JSON.stringify(policy);
}
