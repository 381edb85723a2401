/** How a story went, and what of it was approved by whom: each move of each part by itself. */

import { type Answer, type Dated, isAsked, isMoney, isOneOf, namedBy, type Verdict } from './asked.ts';
import { asksSame, isEqual, type Parts, type PullFact, partsOf, type ReviewFact, settingsEntry } from './facts.ts';
import { type Model, type RuleName, ruleNames } from './model.ts';

export interface Step {
  /** Null: by hand. */
  readonly pull: PullFact | null;
  readonly by: string;
}
export interface Judged {
  readonly verdict: Verdict;
  readonly faults: readonly Step[];
  readonly moved: readonly Step[];
  /** Of what limits: everybody who moved it since, also where it ends as it began. */
  readonly withdrawn: Verdict;
  /** Whether `review.approvals` is about it, and whether somebody whom it names has not said yes. */
  readonly asked: Answer;
  readonly unmet: Answer;
}
export class History {
  readonly pulls = new Map<number, PullFact>();
  readonly roles = new Map<string, 'admin' | 'write' | 'read'>();
  /** Who is in @example/finance. */
  readonly finance = new Set(['carol']);
  readonly states: Model[];
  readonly steps: (Step | null)[] = [null];

  constructor(start: Model) {
    this.states = [start];
  }

  get tip(): Model {
    return this.states.at(-1) as Model;
  }

  /** The default branch moves. */
  move(after: Model, pull: PullFact | null, by: string): void {
    if (isEqual(after, this.tip)) return;
    this.states.push(after);
    this.steps.push({ pull, by });
  }

  /**
   * Over every state that the record may name as applied.
   *
   * @param starts numbers of those states
   * @param recorded what settings are of
   * @param people who started the run by hand
   */
  judgeEntry(
    entry: string,
    starts: readonly number[],
    recorded: readonly Model[],
    people: readonly string[],
    day: string,
  ): Judged {
    const all = starts.map((start) => this.#judgeFrom(entry, start, recorded, people, day));
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
  touchOf(entry: string, start: number): Verdict {
    const verdicts = this.states.slice(start + 1).flatMap((model, offset): Verdict[] => {
      const index = start + 1 + offset;
      const [was, is] = [partsOf(this.states[index - 1] as Model, entry).limit, partsOf(model, entry).limit];
      const step = this.steps[index];
      return isEqual(was, is) || step == null ? [] : [this.#judgeStep(step, entry, 'limit', was, is)];
    });
    return verdicts.includes('bad') ? 'bad' : verdicts.includes('maybe') ? 'maybe' : 'ok';
  }

  #judgeFrom(entry: string, start: number, recorded: readonly Model[], people: readonly string[], day: string): Judged {
    const settled: { readonly part: string; readonly step: Step }[] = [];
    const parts = (index: number): Parts => partsOf(this.states[index] as Model, entry);
    const last = this.states.length - 1;
    const names = new Set([...Array(last - start + 1).keys()].flatMap((offset) => Object.keys(parts(start + offset))));
    const [faults, moved] = [new Set<Step>(), new Set<Step>()];
    let isMaybe = false;
    for (const name of names) {
      if (isEqual(parts(start)[name], parts(last)[name])) continue;
      let settling: Step | null = null;
      for (let index = start + 1; index <= last; index += 1) {
        const [was, is] = [parts(index - 1)[name], parts(index)[name]];
        const step = this.steps[index];
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
        : this.#askAbout(entry, settled, { before: this.states[start] as Model, recorded, day }, isApprovedBy);
    const verdict = faults.size > 0 ? 'bad' : isMaybe ? 'maybe' : 'ok';
    const withdrawn = entry === settingsEntry ? 'ok' : this.touchOf(entry, start);
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
    const since = this.states.slice(start);
    const lastMove = (part: string): Step | null => {
      const at = (index: number): unknown => partsOf(this.states[index] as Model, settingsEntry)[part];
      for (let index = this.states.length - 1; index > start; index -= 1) {
        if (!isEqual(at(index - 1), at(index))) return this.steps[index] ?? null;
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
    if (isEqual(from, to) || !isEqual(to, is) || !this.isApproved(pull)) return 'bad';
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
      return state === 'APPROVED' && at > pull.baseMovedAt && isSame && this.mayWrite(by) && !pull.part.has(by);
    });
  }

  isApproved(pull: PullFact): boolean {
    return this.approvals(pull).length >= (pull.isDoubtful ? 2 : 1);
  }

  mayWrite(login: string): boolean {
    return !login.endsWith('[bot]') && this.roles.get(login) !== 'read';
  }
}
