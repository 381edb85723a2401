/**
 * What may reach the control plane in a story, from what people did in it: who wrote, pushed, reviewed and merged what. Knows
 * nothing of files, Git, plans or windows as the product computes them.
 */

import {
  type Answer,
  agreedGroups,
  amountOn,
  type Dated,
  datedOf,
  exceeded,
  isAsked,
  isMoney,
  isOneOf,
  namedBy,
  spendOf,
  type Verdict,
} from './asked.ts';
import {
  type Cap,
  type CapName,
  capNames,
  groupNames,
  isOdd,
  type Model,
  type RuleName,
  ruleNames,
  teamsOf,
} from './model.ts';
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

interface Judged {
  readonly verdict: Verdict;
  readonly faults: readonly Step[];
  readonly moved: readonly Step[];
  /** Of what limits: everybody who moved it since, also where it ends as it began. */
  readonly withdrawn: Verdict;
  /** Whether `review.approvals` is about it, and whether somebody whom it names has not said yes. */
  readonly asked: Answer;
  readonly unmet: Answer;
}

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

const entries = [...capNames.map((name) => `a/${name}`), 'a/floor', 'b/floor', 'b/solo', 'key/app', 'key/batch'];
const settingsEntry = 'settings';
type Parts = Readonly<Record<string, unknown>>;

function partsOf(model: Model, entry: string): Parts {
  const [where, name] = entry.split('/');
  if (entry === settingsEntry) {
    const silences = capNames.map((cap) => [`silence.${cap}`, model.caps[cap]?.silenced === true]);
    const { environment, organisation, ref } = model;
    const named = ruleNames.map((name) => [`rule.${name}`, model.rules[name]]);
    const groups = groupNames.map((name) => [`group.${name}`, model.groups[name]]);
    const owner = model.rules.owner && model.owner.startsWith('@') ? model.owner : null;
    const others = Object.fromEntries([...silences, ...named, ...groups]);
    return { ...model.settings, ...others, owner, environment, organisation, ref };
  }
  if (where === 'key') return { star: model.star };
  if (entry === 'b/solo') return { limit: { budget: model.solo, until: model.soloUntil } };
  if (name === 'floor') return { limit: model.floor, ...(where === 'a' ? { skip: model.skips } : {}) };
  const cap = model.caps[name as CapName];
  const forget = model.forgets === name;
  if (cap === null) return { forget };
  const { budget, until, key, id, note, protect } = cap;
  return { limit: { budget, until, key, id }, note, protect, alert: alertOf(cap, budget), forget };
}

function alertOf({ late }: Cap, budget: number): number {
  return Math.floor(budget * (late ? 99 : 50)) / 100;
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is live once a state has been applied on a day; null: nothing. */
function liveIn(model: Model, entry: string, day: string): LivePolicy | null {
  const budget = amountOn(datedOf(model, entry), day);
  if (budget === null) return null;
  const cap = entry.startsWith('a/') ? model.caps[entry.slice(2) as CapName] : null;
  if (cap == null) return { budget, key: 'all', note: null, alert: null };
  return { budget, key: cap.key, note: cap.note, alert: alertOf(cap, budget) };
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
  /** Who is in @example/finance. */
  readonly finance = new Set(['carol']);
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

  recordIs(deed: 'delete' | 'forge' | 'restore', version: string | null, live: LiveState, day: string): void {
    if (!this.#hasRecord) return;
    if (deed === 'delete') this.#hasRecord = false;
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
    const people = run.event === 'dispatch' ? [run.actor, run.triggeringActor] : [];
    const judged = new Map(
      [...entries, settingsEntry].map((entry) => [entry, this.#judgeEntry(entry, recorded, people, day)] as const),
    );
    const isByHand = run.event === 'dispatch' && run.approve !== null;
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
      }
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
        const needed = guard === 'deletes' ? over.length : 5;
        return isByHand && name === guard && Number(number) >= needed && ran.digest.startsWith(digest);
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

    const ceilings = this.#hasRecord ? [...agreedGroups([tip]), ...agreedGroups(recorded)] : [];
    const over = exceeded(ceilings, before, after);
    if (over !== null) {
      const rise = `$${spendOf(before, 'b')} → $${spendOf(after, 'b')}`;
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
    const recorded = this.#recorded(settingsEntry);
    for (const entry of [...new Set([...Object.keys(before), ...Object.keys(after)])]) {
      const [from, to] = [before[entry], after[entry]];
      if (isEqual(from, to)) continue;
      const starts = entries.includes(entry) ? (this.#memory.starts.get(entry) ?? []) : [];
      const due = starts.filter((start) => {
        const model = this.#states[start] as Model;
        const until = datedOf(model, entry)?.until;
        return until != null && day >= until.date && isEqual(to ?? null, liveIn(model, entry, day));
      });
      const change = `${show(from)} → ${show(to)}`;
      claim(due.length > 0, `a return changed ${entry} into what no reviewed date says: ${change}`);
      const isLooser = to === undefined || from === undefined || to.budget > from.budget;
      if (!isLooser) continue;
      claim(!this.byHand.has(entry), `a return loosened ${entry}, which somebody set by hand: ${change}`);
      const isSaid = due.some((start) => {
        const said = this.#states.slice(start).map((model) => JSON.stringify(datedOf(model, entry)));
        return new Set(said).size === 1;
      });
      claim(isSaid, `a return loosened ${entry} by a date that was withdrawn: ${change}`);
      const isGuarded = to === undefined && recorded.every(({ settings }) => settings.deletes);
      claim(!isGuarded, `deletes in force, and a return deleted ${entry}`);
      if (entry !== 'b/solo') continue;
      const isRise =
        (to?.budget ?? 0) > (from?.budget ?? 0) * 1.25 && recorded.every(({ settings }) => settings.spendUp);
      claim(!isRise, `spend rose by a return without a word: ${change}`);
      claim(exceeded(agreedGroups(recorded), before, after) === null, `a return went above a ceiling: ${change}`);
    }
    if (this.#hasRecord && this.#isSealed) problems.push(...this.#findMissing(day, before, after, ran));
    if (ran.writes.length > 0) this.#lastWrite = { run: ran.id, at };
    if (is !== null && is !== was) this.#memories.set(is, this.#memory);
    return problems;
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
    return starts.map((index) => this.#states[index] as Model);
  }

  /**
   * Over every state that the record may name as applied.
   *
   * @param recorded what settings are of
   * @param people who started the run by hand
   */
  #judgeEntry(entry: string, recorded: readonly Model[], people: readonly string[], day: string): Judged {
    const all = (this.#memory.starts.get(entry) ?? [0]).map((start) =>
      this.#judgeFrom(entry, start, recorded, people, day),
    );
    const same = <T extends string>(values: readonly T[]): T | 'maybe' =>
      values.every((value) => value === values[0]) ? (values[0] ?? 'maybe') : 'maybe';
    return {
      verdict: same(all.map(({ verdict }) => verdict)),
      withdrawn: same(all.map(({ withdrawn }) => withdrawn)),
      asked: same(all.map(({ asked }) => asked)),
      unmet: same(all.map(({ unmet }) => unmet)),
      faults: [...new Set(all.flatMap(({ faults }) => faults))],
      moved: [...new Set(all.flatMap(({ moved }) => moved))],
    };
  }

  /** Everybody's moves of what limits an entry, one by one. */
  #touchOf(entry: string, start: number): Verdict {
    const verdicts = this.#states.slice(start + 1).flatMap((model, offset): Verdict[] => {
      const index = start + 1 + offset;
      const [was, is] = [partsOf(this.#states[index - 1] as Model, entry).limit, partsOf(model, entry).limit];
      const step = this.#steps[index];
      return isEqual(was, is) || step == null ? [] : [this.#judgeStep(step, entry, 'limit', was, is)];
    });
    return verdicts.includes('bad') ? 'bad' : verdicts.includes('maybe') ? 'maybe' : 'ok';
  }

  #judgeFrom(entry: string, start: number, recorded: readonly Model[], people: readonly string[], day: string): Judged {
    const settled: { readonly part: string; readonly step: Step }[] = [];
    const parts = (index: number): Parts => partsOf(this.#states[index] as Model, entry);
    const last = this.#states.length - 1;
    const names = new Set([...Array(last - start + 1).keys()].flatMap((offset) => Object.keys(parts(start + offset))));
    const [faults, moved] = [new Set<Step>(), new Set<Step>()];
    let isMaybe = false;
    for (const name of names) {
      if (isEqual(parts(start)[name], parts(last)[name])) continue;
      let settling: Step | null = null;
      for (let index = start + 1; index <= last; index += 1) {
        const [was, is] = [parts(index - 1)[name], parts(index)[name]];
        const step = this.#steps[index];
        if (isEqual(was, is) || step == null) continue;
        settling = step;
        moved.add(step);
        const verdict = this.#judgeStep(step, entry, name, was, is);
        if (verdict === 'bad') faults.add(step);
        if (verdict === 'maybe') isMaybe = true;
      }
      if (settling !== null) settled.push({ part: name, step: settling });
    }
    const isApprovedBy = (by: readonly string[], { pull }: Step): boolean => {
      const approvers = pull === null ? [] : this.approvals(pull).map((review) => review.by);
      return isOneOf(by, [...approvers, ...people], this.finance);
    };
    const found =
      entry === settingsEntry
        ? this.#askAboutSettings(start, isApprovedBy)
        : this.#askAbout(entry, settled, { before: this.#states[start] as Model, recorded, day }, isApprovedBy);
    const verdict = faults.size > 0 ? 'bad' : isMaybe ? 'maybe' : 'ok';
    const withdrawn = entry === settingsEntry ? 'ok' : this.#touchOf(entry, start);
    return { verdict, withdrawn, ...found, faults: [...faults], moved: [...moved] };
  }

  #askAbout(
    entry: string,
    settled: readonly { readonly part: string; readonly step: Step }[],
    { before, recorded, day }: { readonly before: Model; readonly recorded: readonly Model[]; readonly day: string },
    isApprovedBy: (by: readonly string[], step: Step) => boolean,
  ): Pick<Judged, 'asked' | 'unmet'> {
    const { tip } = this;
    const answers = { asked: 'no' as Answer, unmet: 'no' as Answer };
    const note = (what: keyof typeof answers, answer: Answer): void => {
      if (answers[what] !== 'yes') answers[what] = answer;
    };
    const asking = (name: RuleName): readonly { readonly by: readonly string[] | null; readonly isSure: boolean }[] => [
      ...(tip.rules[name] ? [{ by: namedBy(name, tip), isSure: true }] : []),
      ...recorded
        .filter(({ rules }) => rules[name])
        .map((model) => {
          const by = namedBy(name, model);
          return { by, isSure: recorded.every((one) => one.rules[name] && isEqual(namedBy(name, one), by)) };
        }),
    ];
    for (const name of ruleNames) {
      const match = isAsked(name, entry, before, tip, day);
      const about = settled.filter(({ part }) => name === 'owner' || name === 'policies' || isMoney(part));
      if (match === 'no' || about.length === 0) continue;
      for (const { by, isSure } of asking(name)) {
        if (by === null) continue;
        const answer = isSure && match === 'yes' ? 'yes' : 'maybe';
        note('asked', answer);
        if (!about.every(({ step }) => isApprovedBy(by, step))) note('unmet', answer);
      }
    }
    return answers;
  }

  /** A rule goes on the word of those whom it names, and an owner on their own. */
  #askAboutSettings(
    start: number,
    isApprovedBy: (by: readonly string[], step: Step) => boolean,
  ): Pick<Judged, 'asked' | 'unmet'> {
    const { tip } = this;
    const since = this.#states.slice(start);
    const lastMove = (part: string): Step | null => {
      const at = (index: number): unknown => partsOf(this.#states[index] as Model, settingsEntry)[part];
      for (let index = this.#states.length - 1; index > start; index -= 1) {
        if (!isEqual(at(index - 1), at(index))) return this.#steps[index] ?? null;
      }
      return null;
    };
    const owners = since.flatMap((model) => (model.rules.owner ? (namedBy('owner', model) ?? []) : []));
    const demands = [
      ...ruleNames
        .filter((name) => !tip.rules[name] && since.some(({ rules }) => rules[name]))
        .flatMap((name) => {
          const sets = name === 'owner' ? [...new Set(owners)].map((one) => [one]) : [namedBy(name, tip) ?? []];
          return sets.map((by) => ({ by, step: lastMove(`rule.${name}`) }));
        }),
      ...[...new Set(owners)]
        .filter((owner) => owner !== (tip.rules.owner ? tip.owner : null))
        .map((owner) => ({ by: [owner], step: lastMove('owner') })),
    ];
    const isUnmet = demands.some(({ by, step }) => step === null || !isApprovedBy(by, step));
    return { asked: demands.length > 0 ? 'yes' : 'no', unmet: isUnmet ? 'yes' : 'no' };
  }

  #judgeStep({ pull }: Step, entry: string, name: string, was: unknown, is: unknown): Verdict {
    const head = pull?.heads.at(-1);
    if (pull === null || pull.state === 'pushed' || head === undefined) return 'bad';
    const [from, to] = [partsOf(head.base, entry)[name], partsOf(head.model, entry)[name]];
    if (isEqual(from, to) || !isEqual(to, is) || !this.#isApproved(pull)) return 'bad';
    if (isEqual(from, was)) return 'ok';
    // Somebody else moved what it is put on: no looser counts, which is certain here for a limit alone.
    const [a, b] = [was, is] as readonly (Partial<Dated> & { readonly key?: string })[];
    if (name === 'limit' && a?.budget !== undefined && b?.budget !== undefined) {
      if (b.budget > a.budget || !isEqual(a.until, b.until)) return 'bad';
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
    const own = pulls(entry);
    // By a date alone: nobody said a word for that day.
    if (own.length === 0 && this.#recorded(entry).some((model) => datedOf(model, entry)?.until != null)) return false;
    return own.every((pull) => {
      if (pull === null || !this.#isApproved(pull)) return false;
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
    const isHeld = strict.some(({ settings }) => settings.deletes) && goes.length > 0 && !lifted('deletes', goes);
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
      const since = this.#states.slice(start);
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
