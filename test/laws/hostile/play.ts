/** Plays a story on a stage, and asks the oracle after each run what is wrong with it. */

import type { PullFact, Word } from './facts.ts';
import { type Edit, edited, type Model } from './model.ts';
import { type Files, readModel, render } from './model-text.ts';
import { Oracle } from './oracle.ts';
import type { Made, Ran, Run, Stage } from './stage.ts';
import type { Step, WordStep } from './steps.ts';

export interface Played {
  /** What happened, a line each. */
  readonly lines: readonly string[];
  readonly problems: readonly string[];
  readonly attacks: readonly string[];
  readonly oracle: Oracle;
  readonly writes: number;
}

const bots = /\[bot\]$/;

export async function play(steps: readonly Step[], start: Model, stage: Stage): Promise<Played> {
  const lines: string[] = [];
  const attacks: string[] = [];
  const pulls: PullFact[] = [];
  const ran: Ran[] = [];
  let writes = 0;

  const runOf = (more: Partial<Run>): Run => {
    return {
      command: 'apply',
      event: 'push',
      actor: 'alice',
      triggeringActor: 'alice',
      approve: null,
      allow: [],
      rerun: null,
      workTree: null,
      ...more,
    };
  };
  const first = await stage.run(runOf({}));
  const bound = await stage.run(
    runOf({ event: 'dispatch', actor: 'owner', triggeringActor: 'owner', approve: first.digest.slice(0, 32) }),
  );
  if (bound.exit !== 0) throw new Error(`the first apply ended with ${bound.exit}: ${bound.text}`);
  const oracle = new Oracle(start, stage.recordVersion());
  oracle.roles.set('owner', 'admin').set('reader', 'read');

  const pullAt = (back: number): PullFact | undefined => pulls.at(-1 - (back % Math.max(1, pulls.length)));
  const openAt = (back: number): PullFact | undefined => {
    const found = pullAt(back);
    return found?.state === 'open' ? found : undefined;
  };
  const modelOf = (model: Model, edits: readonly Edit[]): Model =>
    edited(
      model,
      edits.map((edit) => (edit.do === 'id' && edit.id !== null ? { ...edit, id: stage.foreignId } : edit)),
    );
  const isSame = (a: Model, b: Model): boolean => JSON.stringify(render(a)) === JSON.stringify(render(b));

  /** What a head asks for that is in the branch by now, as it could be read while it was not. */
  const shownBefore = new Map<number, string>();
  async function lookBefore({ number }: PullFact): Promise<void> {
    const digest = await stage.requestDigest(number);
    if (digest !== null) shownBefore.set(number, digest);
  }

  async function bodyOf(word: WordStep | undefined, pull: PullFact): Promise<{ body: string; words: Word[] }> {
    if (word === undefined) return { body: '', words: [] };
    const other = pulls.filter((one) => one !== pull).at(-1);
    const { number } = word.of === 'other' && other !== undefined ? other : pull;
    const digest = shownBefore.get(number) ?? (await stage.requestDigest(number));
    if (digest === null) return { body: '', words: [] };
    const line = `/tollgate allow ${word.guard}=${word.number}@${digest.slice(0, word.of === 'short' ? 8 : 32)}`;
    const shown = { line, quote: `> ${line}`, comment: `<!--\n${line}\n-->`, code: `\`\`\`\n${line}\n\`\`\`` };
    // Where there is no other plan it is a word for this one.
    const isOwn = word.of === 'own' || (word.of === 'other' && other === undefined);
    const counts = word.place === 'line' && !word.isEdited && isOwn;
    return {
      body: `Fine.\n\n${shown[word.place]}\n`,
      words: counts ? [{ guard: word.guard, number: word.number }] : [],
    };
  }

  async function run(wanted: Run): Promise<string[]> {
    const before = stage.live();
    const was = stage.recordVersion();
    const left = await stage.run(wanted);
    ran.push(left);
    writes += left.writes.length;
    lines.push(`  → exit ${left.exit}${left.writes.length > 0 ? `, ${left.writes.join(', ')}` : ''}`);
    const problems = oracle.judge({ run: wanted, ran: left, day: stage.day() }, before, stage.live(), {
      was,
      is: stage.recordVersion(),
    });
    if (problems.length > 0)
      lines.push(
        `  it said: ${left.text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .slice(0, 6)
          .join(' | ')}`,
      );
    return problems;
  }

  async function take(step: Step): Promise<readonly string[]> {
    switch (step.do) {
      case 'attack':
        attacks.push(step.name);
        return [];
      case 'open': {
        const { by, opener = by, from } = step;
        const base = from === 'start' ? start : oracle.tip;
        const model = modelOf(base, step.edits);
        if (isSame(model, base)) return [];
        const made: Made = {
          by,
          ...(step.author === undefined ? {} : { author: step.author }),
          ...(step.coAuthor === undefined ? {} : { coAuthor: step.coAuthor }),
          ...(step.asGitHub === undefined ? {} : { asGitHub: step.asGitHub }),
          ...(step.pusher === undefined ? {} : { pusher: step.pusher }),
          ...(step.requestedBy === undefined ? {} : { requestedBy: step.requestedBy }),
        };
        const number = stage.open(render(model), { ...made, opener, from });
        pulls.push({
          number,
          heads: [{ base, model }],
          reviews: [],
          part: new Set([opener]),
          isDoubtful: bots.test(opener),
          baseMovedAt: 0,
          hasLostHeads: false,
          state: 'open',
        });
        takePart(pulls.at(-1) as PullFact, made, stage.tellsPushers);
        oracle.pulls.set(number, pulls.at(-1) as PullFact);
        return [];
      }
      case 'amend': {
        const pull = openAt(step.pull);
        const head = pull?.heads.at(-1);
        if (pull === undefined || head === undefined) return [];
        const model = modelOf(head.model, step.edits);
        if (isSame(model, head.model)) return [];
        const { by, suggestedBy } = step;
        const made: Made =
          suggestedBy === undefined ? { by } : { by, coAuthor: suggestedBy, asGitHub: 'signed', pusher: by };
        stage.amend(pull.number, render(model), made);
        pull.heads.push({ base: head.base, model });
        takePart(pull, made, stage.tellsPushers);
        return [];
      }
      case 'update': {
        const pull = openAt(step.pull);
        const head = pull?.heads.at(-1);
        if (pull === undefined || head === undefined || isSame(head.base, oracle.tip)) return [];
        const own = step.edits.length === 0 ? null : modelOf(oracle.tip, step.edits);
        const isDone = await stage.update(pull.number, step.by, own === null ? null : render(own));
        if (!isDone) return [];
        const merged = own ?? mergeModels(head, oracle.tip);
        pull.heads.push({ base: oracle.tip, model: merged });
        if (own !== null && !isSame(own, mergeModels(head, oracle.tip))) pull.part.add(step.by);
        return [];
      }
      case 'review': {
        const pull = pullAt(step.pull);
        if (pull === undefined) return [];
        const { by, state, back } = step;
        const { body, words } = await bodyOf(step.word, pull);
        await stage.review(pull.number, { by, state, back, body, isEdited: step.word?.isEdited === true });
        const head = Math.max(0, pull.heads.length - 1 - back);
        pull.reviews.push({ by, state, head, at: oracle.tick(), words });
        return [];
      }
      case 'retarget': {
        const pull = openAt(step.pull);
        if (pull === undefined) return [];
        stage.moveBase(pull.number);
        pull.baseMovedAt = oracle.tick();
        return [];
      }
      case 'merge': {
        const pull = openAt(step.pull);
        if (pull === undefined) return [];
        const evil = step.evil.length === 0 ? null : render(modelOf(oracle.tip, step.evil));
        if (step.method === 'merge') await lookBefore(pull);
        const files = stage.merge(pull.number, step.method, evil);
        if (files === null) {
          lines.push('  → it conflicts');
          return [];
        }
        pull.state = 'merged';
        oracle.move(readModel(files), pull, 'merger');
        return [];
      }
      case 'push-head': {
        const pull = openAt(step.pull);
        const head = pull?.heads.at(-1);
        if (pull === undefined || head === undefined || !isSame(head.base, oracle.tip) || pull.heads.length > 1)
          return [];
        await lookBefore(pull);
        stage.pushHead(pull.number);
        pull.state = 'pushed';
        oracle.move(head.model, pull, 'alice');
        return [];
      }
      case 'push': {
        const model = modelOf(oracle.tip, step.edits);
        if (isSame(model, oracle.tip)) return [];
        stage.push(render(model), step.by);
        oracle.move(model, null, step.by);
        return [];
      }
      case 'comment': {
        const pull = pullAt(step.pull);
        if (pull !== undefined)
          stage.comment(pull.number, '<!-- tollgate production -->\nApproved. /tollgate allow deletes=99@latest');
        return [];
      }
      case 'role':
        stage.setRole(step.login, step.role);
        oracle.roles.set(step.login, step.role);
        return [];
      case 'team':
        stage.setTeam(step.login, step.isIn);
        if (step.isIn) oracle.finance.add(step.login);
        else oracle.finance.delete(step.login);
        return [];
      case 'pass':
        stage.pass(step.days);
        return [];
      case 'returns':
        return run(runOf({ command: 'returns', event: 'schedule' }));
      case 'forget-heads': {
        const pull = pullAt(step.pull);
        if (pull === undefined) return [];
        if (stage.forgetHeads(pull.number)) pull.hasLostHeads = true;
        return [];
      }
      case 'by-hand':
        stage.setLive(step.name, step.budget);
        oracle.byHand.add(`a/${step.name}`);
        return [];
      case 'record': {
        await stage.record(step.deed);
        if (step.deed !== 'copy') oracle.recordIs(step.deed, stage.recordVersion(), stage.live(), stage.day());
        return [];
      }
      case 'apply': {
        const workTree: Files | null = step.workTree
          ? render(modelOf(oracle.tip, [{ do: 'amount', cap: 'alpha', budget: 900 }]))
          : null;
        return run(runOf({ event: step.event, workTree }));
      }
      case 'dispatch': {
        const { actor, triggeringActor, allow } = step;
        const seen = ran.map(({ digest }) => digest).filter((digest) => digest !== '');
        const digest = (step.approve === 'first' ? seen[0] : seen.at(-1)) ?? '0'.repeat(64);
        const approve = digest.slice(0, step.approve === 'short' ? 8 : 32);
        const earlier = step.rerun ? (dispatched.at(-1) ?? null) : null;
        const words = allow.map(({ guard, number }) => `${guard}=${number}@${digest.slice(0, 32)}`);
        const wanted = { event: 'dispatch' as const, actor: earlier?.actor ?? actor, triggeringActor };
        const problems = await run(runOf({ ...wanted, approve, allow: words, rerun: earlier?.id ?? null }));
        const last = ran.at(-1);
        if (earlier === null && last !== undefined) dispatched.push({ id: last.id, actor });
        return problems;
      }
    }
  }

  const dispatched: { id: number; actor: string }[] = [];
  for (const step of steps) {
    lines.push(describe(step, pulls.length));
    const problems = await take(step);
    if (problems.length > 0) return { lines, problems, attacks, oracle, writes };
  }
  return { lines, problems: [], attacks, oracle, writes };
}

function takePart(
  pull: PullFact,
  { by, author = by, coAuthor, asGitHub, pusher: said, requestedBy }: Made,
  tellsPushers: boolean,
): void {
  const knowsPusher = tellsPushers || asGitHub === undefined || said !== undefined;
  const pusher = said ?? by;
  const people = [author, ...(asGitHub === 'signed' ? [] : [coAuthor]), ...(asGitHub === undefined ? [by] : [])];
  for (const person of [...people, requestedBy, ...(knowsPusher ? [pusher] : [])])
    if (person != null) pull.part.add(person);
  const isUnknown = author === null || asGitHub === 'forged';
  const isBot = [author, ...(asGitHub === undefined ? [by] : []), ...(knowsPusher ? [pusher] : [])].some((one) =>
    bots.test(one ?? ''),
  );
  if (isBot || (isUnknown && !knowsPusher)) pull.isDoubtful = true;
}

/** What each side moved; a story in which both moved the same thing apart conflicts before it comes here. */
function mergeModels({ base, model }: PullFact['heads'][number], tip: Model): Model {
  const texts = [base, model, tip].map(render);
  const merged = (Object.keys(texts[0] ?? {}) as (keyof Files)[]).map((path) => {
    const [was = [], left = [], right = []] = texts.map((files) => files[path].split('\n'));
    return [path, was.map((line, index) => (left[index] === line ? right[index] : left[index])).join('\n')];
  });
  return readModel(Object.fromEntries(merged));
}

function describe(step: Step, pulls: number): string {
  const { do: what, ...rest } = step;
  const said = Object.entries(rest).map(([name, value]) => {
    if (name === 'pull') return `#${pulls - (Number(value) % Math.max(1, pulls))}`;
    return typeof value === 'string' ? value : `${name} ${JSON.stringify(value)}`;
  });
  return [what, ...said].join(' ');
}
