/**
 * What may reach the control plane in a story, from what people did in it: who wrote, pushed, reviewed and merged what. Knows
 * nothing of files, Git, plans or windows as the product computes them.
 */

import {
  agreedGroups,
  amountOn,
  type Dated,
  datedOf,
  exceeded,
  isOneOf,
  namedBy,
  spendOf,
  type Verdict,
} from './asked.ts';
import { newEnds, unsaidOf } from './dates.ts';
import { entries, isEqual, liveIn, type PullFact, partsOf, settingsEntry, show } from './facts.ts';
import { History, type Judged } from './history.ts';
import { type CapName, capNames, isOdd, type Model, ruleNames, teamsOf } from './model.ts';
import type { LivePolicy, LiveState, Ran, Run } from './stage.ts';
/** A run, and the day on which it was. */
export interface Happened {
  readonly run: Run;
  readonly ran: Ran;
  readonly day: string;
}

interface Memory {
  /** By entry: numbers of states, one of which is what the record says was applied. */
  readonly starts: ReadonlyMap<string, readonly number[]>;
  readonly settings: readonly number[];
}
export class Oracle extends History {
  readonly #memories = new Map<string, Memory>();
  #memory: Memory;
  #isSealed = true;
  #hasRecord = true;
  /** The record was lost, or somebody said words by hand: what a guard made of a date then, nobody knows any more. */
  #isFreed = false;
  /** Runs by the moment they were asked for; the last that wrote. */
  readonly #asked = new Map<number, number>();
  #lastWrite: { readonly run: number; readonly at: number } | null = null;
  #time = 0;
  readonly byHand = new Set<string>();
  readonly liveness = { claimed: 0, reached: 0 };

  constructor(start: Model, version: string | null) {
    super(start);
    const all = new Map([...entries, settingsEntry].map((entry) => [entry, [0]] as const));
    this.#memory = { starts: all, settings: [0] };
    if (version !== null) this.#memories.set(version, this.#memory);
  }

  tick(): number {
    this.#time += 1;
    return this.#time;
  }

  recordIs(deed: 'delete' | 'forge' | 'restore', version: string | null, live: LiveState, day: string): void {
    if (!this.#hasRecord) return;
    if (deed === 'delete') {
      this.#hasRecord = false;
      this.#isFreed = true;
    }
    if (deed === 'forge') this.#isSealed = false;
    if (deed === 'restore') {
      this.#memory = this.#memories.get(version ?? '') ?? this.#memory;
      this.#isSealed = true;
      // An older word: what has been applied since is, to it, set by hand, and left where it is stricter.
      for (const entry of entries) {
        const isSo = this.#recorded(entry).every((model) => isEqual(live[entry] ?? null, liveIn(model, entry, day)));
        if (!isSo) this.byHand.add(entry);
      }
    }
  }

  /** What is wrong with what a run did; empty: nothing. */
  judge(happened: Happened, before: LiveState, after: LiveState, version: { was: string | null; is: string | null }) {
    const { run, ran, day } = happened;
    if (run.command === 'returns') return this.#judgeReturns(happened, before, after, version);
    const problems: string[] = [];
    const claim = (isSo: boolean, problem: string): void => void (isSo || problems.push(problem));
    const tipIndex = this.states.length - 1;
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
    const people = run.event === 'dispatch' ? [run.actor, run.triggeringActor] : [];
    const judged = new Map(
      [...entries, settingsEntry].map(
        (entry) =>
          [entry, this.judgeEntry(entry, this.#memory.starts.get(entry) ?? [0], recorded, people, day)] as const,
      ),
    );
    const isByHand = run.event === 'dispatch' && run.approve !== null;
    this.#isFreed ||= isByHand && run.allow.length > 0;
    const reviewed = this.#reviewedFor(day, before);
    const isPermitted = isByHand && this.#isPermitted(run, ran, [...judged.values()]);
    const isFree = isByHand ? isPermitted : false;
    const isAlone = (every: boolean): boolean => {
      const models = [...recorded, ...(every ? [tip] : [])];
      const says = ({ settings }: Model): boolean => settings.alone || !settings.reviewed;
      return this.#hasRecord && (every ? models.every(says) : models.some(says));
    };
    const reviewOf = ({ verdict, asked }: Judged): Verdict => {
      if (isFree) return 'ok';
      const relaxed = asked === 'no' || verdict === 'ok' ? 'ok' : asked === 'yes' ? verdict : 'maybe';
      if (!isByHand && isAlone(true)) return relaxed;
      return !isByHand && isAlone(false) && verdict === 'bad' ? 'maybe' : verdict;
    };
    const verdictOf = (entry: string): Verdict => {
      const one = judged.get(entry);
      if (one === undefined || one.unmet === 'yes') return 'bad';
      const verdict = reviewOf(one);
      // Of dates that were withdrawn nobody is promised anything.
      if (verdict === 'ok' && one.withdrawn === 'bad' && one.moved.length === 0 && this.#isDated(entry, day))
        return 'maybe';
      return one.unmet === 'maybe' && verdict === 'ok' ? 'maybe' : verdict;
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
      const wanted = liveIn(tip, entry, day);
      claim(verdictOf(entry) !== 'bad', `${entry} was changed without a word: ${show(was)} → ${show(is)}`);
      if (!this.#hasRecord)
        claim(this.#isNamed(people, was, is), `${entry} was changed without those whom a rule names: ${show(is)}`);
      const isLooser = is === undefined || (was !== undefined && is.budget > was.budget);
      const isByDate = this.#hasRecord && judged.get(entry)?.moved.length === 0 && this.#isDated(entry, day);
      if (isLooser && isByDate && !isFree && !isAlone(false)) {
        claim(
          judged.get(entry)?.withdrawn !== 'bad',
          `${entry} was loosened by a date that was withdrawn: ${show(is)}`,
        );
        claim(...this.#isJudged(entry, this.#memory.starts.get(entry) ?? [0], after));
      }
      if (is === undefined) {
        claim(wanted === null || isIdMoved, `${entry} was deleted, and is declared`);
        claim(this.#hasRecord, `${entry} was deleted without a record`);
        if (reviewed[entry] !== undefined) deleted.push(entry);
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
      const ruling = this.#hasRecord ? recorded : this.states.slice(-2);
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
        const needed = guard === 'deletes' ? over.length : 5;
        return isByHand && name === guard && Number(number) >= needed && ran.digest.startsWith(digest);
      });
      return own || over.every((entry) => this.#isLifted(guard, entry, over, judged));
    };
    const isCounted = recorded.every(({ settings }) => settings.deletes) && this.#hasRecord;
    if (isCounted && deleted.length > created) {
      claim(lifted('deletes', deleted), `deletes in force, and no word: ${deleted.join(', ')}`);
    }
    const [soloWas, soloIs] = [reviewed['b/solo']?.budget ?? 0, after['b/solo']?.budget ?? 0];
    if (soloIs > soloWas * 1.25 && recorded.every(({ settings }) => settings.spendUp) && this.#hasRecord) {
      claim(lifted('spend-up', ['b/solo']), `spend rose from $${soloWas} to $${soloIs} without a word`);
    }

    const ceilings = this.#hasRecord ? [...agreedGroups([tip]), ...agreedGroups(recorded)] : [];
    const over = exceeded(ceilings, reviewed, after);
    if (over !== null) {
      const rise = `$${spendOf(reviewed, 'b')} → $${spendOf(after, 'b')}`;
      claim(
        lifted('ceiling', ['b/solo']),
        `a group rose above its ceiling of $${over.ceiling} without a word: ${rise}`,
      );
    }

    if (this.#isSealed && this.#hasRecord && !isMoved && !isByHand) {
      problems.push(...this.#judgeLiveness(happened, before, after, verdictOf, judged, recorded, lifted));
    }
    this.#remember(happened, verdictOf, after, tipIndex, at, version);
    return problems;
  }

  /** Hourly: what was applied with a date that has come, and nothing else. */
  #judgeReturns(
    { ran, day }: Happened,
    before: LiveState,
    after: LiveState,
    { was, is }: { readonly was: string | null; readonly is: string | null },
  ): string[] {
    const problems: string[] = [];
    const claim = (isSo: boolean, problem: string): void => void (isSo || problems.push(problem));
    const at = this.tick();
    if (!this.#hasRecord || !this.#isSealed) {
      claim(ran.writes.length === 0, `no record, or one of somebody else, and returns wrote: ${ran.writes.join(', ')}`);
    }
    for (const entry of [...new Set([...Object.keys(before), ...Object.keys(after)])]) {
      const [from, to] = [before[entry], after[entry]];
      if (isEqual(from, to)) continue;
      const starts = entries.includes(entry) ? (this.#memory.starts.get(entry) ?? []) : [];
      const due = starts.filter((start) => {
        const model = this.states[start] as Model;
        const until = datedOf(model, entry)?.until;
        return until != null && day >= until.date && isEqual(to ?? null, liveIn(model, entry, day));
      });
      const change = `${show(from)} → ${show(to)}`;
      claim(due.length > 0, `a return changed ${entry} into what no reviewed date says: ${change}`);
      const isLooser = to === undefined || from === undefined || to.budget > from.budget;
      if (!isLooser) continue;
      claim(!this.byHand.has(entry), `a return loosened ${entry}, which somebody set by hand: ${change}`);
      const isSaid = due.some((start) => {
        const said = this.states.slice(start).map((model) => JSON.stringify(datedOf(model, entry)));
        return new Set(said).size === 1;
      });
      claim(isSaid, `a return loosened ${entry} by a date that was withdrawn: ${change}`);
      claim(...this.#isJudged(entry, due, after));
    }
    if (this.#hasRecord && this.#isSealed) problems.push(...this.#findMissing(day, before, after, ran));
    if (ran.writes.length > 0) this.#lastWrite = { run: ran.id, at };
    if (is !== null && is !== was) this.#memories.set(is, this.#memory);
    return problems;
  }

  /** What guards judge a plan by: what a date has made due was judged when it was applied with it, and is no rise any more. */
  #reviewedFor(day: string, before: LiveState): LiveState {
    return Object.fromEntries(
      Object.entries(before).flatMap(([entry, was]): [string, LivePolicy][] => {
        const limits = entries.includes(entry) ? this.#recorded(entry).map((model) => datedOf(model, entry)) : [];
        const due = limits.filter((limit) => limit?.until != null && day >= limit.until.date);
        const amounts = due.map((limit) => amountOn(limit, day));
        if (amounts.includes(null)) return [];
        return [[entry, { ...was, budget: Math.max(was.budget, ...amounts.flatMap((one) => one ?? [])) }]];
      }),
    );
  }

  /** Of what a date gives more: that no guard has been passed by. */
  #isJudged(entry: string, starts: readonly number[], after: LiveState): [boolean, string] {
    const guards = starts.map((start) => unsaidOf(this, entry, start, spendOf(after, 'b')));
    const isSure = !this.#isFreed && guards.length > 0 && guards.every((guard) => guard !== null);
    return [!isSure, `${entry} was loosened by a date without a word for ${guards[0]}: ${show(after[entry])}`];
  }

  /** Returns that give less, and did not come. */
  #findMissing(day: string, before: LiveState, after: LiveState, ran: Ran): string[] {
    return entries.flatMap((entry) => {
      const models = this.#recorded(entry);
      const [first] = models;
      const limit: Dated | null = first === undefined ? null : datedOf(first, entry);
      const cap = first?.caps[entry.slice(2) as CapName];
      const isSure = models.every((model) => isEqual(partsOf(model, entry), partsOf(first as Model, entry)));
      if (limit?.until == null || !isSure || this.byHand.has(entry) || cap?.id != null || cap?.late === true) return [];
      const { later, date } = limit.until;
      const isDue = day >= date && later !== null && later < limit.budget && before[entry]?.budget === limit.budget;
      if (!isDue) return [];
      this.liveness.claimed += 1;
      this.liveness.reached += after[entry]?.budget === later ? 1 : 0;
      return after[entry]?.budget === later
        ? []
        : [`${entry} was to return to $${later}, and did not (exit ${ran.exit})`];
    });
  }

  #isDated(entry: string, day: string): boolean {
    return this.#recorded(entry).some((model) => {
      const until = datedOf(model, entry)?.until;
      return until != null && day >= until.date;
    });
  }

  /** The first apply: whoever starts it has to be one of those whom a rule of the files names. */
  #isNamed(people: readonly string[], was: LivePolicy | undefined, is: LivePolicy | undefined): boolean {
    const { tip } = this;
    return ruleNames.every((name) => {
      const by = namedBy(name, tip);
      if (!tip.rules[name] || by === null || is === undefined) return true;
      const plain = (policy: LivePolicy | undefined): Dated | null =>
        policy === undefined ? null : { budget: policy.budget, until: null };
      const isAbout = name === 'asked' || name === 'team' || name === 'ghosts' || name === 'wider';
      const [from, to] = [plain(was), plain(is)];
      const isRise = (to?.budget ?? 0) > 500 && (to?.budget ?? 0) > (from?.budget ?? 0);
      return !isAbout || !isRise || isOneOf(by, people, this.finance);
    });
  }

  #recorded(entry: string): readonly Model[] {
    const starts = this.#memory.starts.get(entry) ?? [0];
    return starts.map((index) => this.states[index] as Model);
  }
  #isLifted(guard: string, entry: string, over: readonly string[], judged: ReadonlyMap<string, Judged>): boolean {
    const pulls = (one: string): (PullFact | null)[] => (judged.get(one)?.moved ?? []).map(({ pull }) => pull);
    return pulls(entry).every((pull) => {
      if (pull === null || !this.isApproved(pull)) return false;
      const words = this.approvals(pull).flatMap((review) => review.words.filter((word) => word.guard === guard));
      const alone = over.filter((one) => pulls(one).every((other) => other === pull)).length;
      // Of spend, a percentage that is far above or far below what it comes to.
      const needed = guard === 'spend-up' ? 200 : guard === 'ceiling' ? 5 : alone;
      return words.some(({ number }) => number >= needed);
    });
  }

  /** Whether a dispatch may do what its plan says. */
  #isPermitted({ actor, triggeringActor, approve }: Run, { id, digest }: Ran, judged: readonly Judged[]): boolean {
    const people = [actor, triggeringActor];
    if (approve === null || approve.length < 32 || !digest.startsWith(approve)) return false;
    if (!people.every((person) => this.mayWrite(person))) return false;
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
    { ran, day }: Happened,
    before: LiveState,
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
    if (isOdd(tip) || recorded.some(isOdd) || this.#mayBeForgotten()) return [];
    const ok = entries.filter((entry) => verdictOf(entry) === 'ok');
    const isDue = (entry: string): boolean => (judged.get(entry)?.moved.length ?? 0) > 0;
    const nameOf = (entry: string): CapName => (entry.split('/')[1] ?? '') as CapName;
    const goes = ok.filter(
      (entry) =>
        (isDue(entry) || before[entry] !== undefined) &&
        liveIn(tip, entry, day) === null &&
        tip.forgets !== nameOf(entry),
    );
    const comes = ok.filter(
      (entry) => isDue(entry) && this.#recorded(entry).some((model) => liveIn(model, entry, day) === null),
    );
    const isRenamed = goes.length > 0 && comes.length > 0;
    const isProtected = capNames.some(
      (name) =>
        tip.caps[name] === null && this.#recorded(`a/${name}`).some((model) => model.caps[name]?.protect === true),
    );
    const strict = [tip, ...recorded];
    const ends = [...goes, ...newEnds((entry) => this.#recorded(entry), tip)];
    const isHeld = strict.some(({ settings }) => settings.deletes) && ends.length > 0 && !lifted('deletes', ends);
    const sides = ({ solo, soloUntil }: Model): readonly number[] => [solo, soloUntil?.later ?? solo];
    const most = Math.max(...sides(tip));
    const least = Math.min(...this.#recorded('b/solo').flatMap(sides), before['b/solo']?.budget ?? most);
    const rises = ok.includes('b/solo') && most > least * 1.25;
    const isHeldByCeiling = strict.some(({ groups }) =>
      Object.values(groups).some((group) => {
        const sum = teamsOf(group).reduce((all, team) => all + (team === 'a' ? 50 : most), 0);
        return group !== null && sum > group.ceiling;
      }),
    );
    const isHeldBySpend = strict.some(({ settings }) => settings.spendUp) && rises && !lifted('spend-up', ['b/solo']);
    if (isRenamed || isProtected || isHeld || isHeldBySpend || isHeldByCeiling) return [];
    const problems: string[] = [];
    for (const where of [['a/', 'key/'], ['b/']]) {
      const own = entries.filter((entry) => where.some((start) => entry.startsWith(start)));
      if (!own.every((entry) => ok.includes(entry))) continue;
      for (const entry of own) {
        const wanted = liveIn(tip, entry, day);
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

  /** A rule that came and went since, on nobody's word: until it is said, nothing is applied. */
  #mayBeForgotten(): boolean {
    return (this.#memory.starts.get(settingsEntry) ?? [0]).some((start) => {
      const since = this.states.slice(start);
      const [first, last] = [since[0], since.at(-1)].map((model) => partsOf(model as Model, settingsEntry));
      return since.some((model) =>
        Object.entries(partsOf(model, settingsEntry)).some(
          ([part, value]) =>
            (part.startsWith('rule.') || part === 'owner') &&
            !isEqual(value, first?.[part]) &&
            !isEqual(value, last?.[part]),
        ),
      );
    });
  }

  #remember(
    { ran, day }: Happened,
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
        const wanted = liveIn(this.tip, entry === settingsEntry ? 'b/solo' : entry, day);
        const isThere = entry === settingsEntry || isEqual(after[entry] ?? null, wanted);
        const isSame = old.every((start) =>
          isEqual(partsOf(this.states[start] as Model, entry), partsOf(this.tip, entry)),
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
