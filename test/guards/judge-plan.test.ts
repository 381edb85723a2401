/** Guards over plans that are values: what each of them counts, what it lets pass, and what lifts it. */

import { describe, expect, it } from 'vitest';
import type { GuardInput } from '../../src/guards/input.ts';
import { findObjections, judgePlan } from '../../src/guards/judge.ts';
import type { Impact, LimitImpact } from '../../src/impact/document.ts';
import type { Change, Finding, Plan } from '../../src/plan/types.ts';
import { printWord, type Word } from '../../src/plan/words.ts';
import type { ReviewSettings } from '../../src/resources/review-settings.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { inForce } from '../plan/in-force.ts';
import { entry, type Given, keyObject, planResult, policyObject, recordAfter, recordOf } from '../plan/kit.ts';

const k1 = uuid(11);
const names = (count: number) => Array.from({ length: count }, (_, index) => `p${index + 1}`);
const policies = (all: readonly string[], edit = (text: string) => text) =>
  all.length === 0 ? '' : `policies:\n${all.map((name) => edit(entry(name))).join('')}`;
const liveOf = (all: readonly string[]) => all.map((name, index) => policyObject(uuid(100 + index), { name }));

/** So many policies, live and recorded, and another body. */
function stepFrom(count: number, body: string, more: Partial<Given> = {}): Given {
  const live = liveOf(names(count));
  return { body, live, record: recordAfter({ body: policies(names(count)), live }), ...more };
}

interface Judged extends Partial<Omit<GuardInput, 'settings' | 'plan'>> {
  readonly review?: ReviewSettings;
  readonly impact?: Partial<Impact> | null;
  readonly edit?: (plan: Plan) => Plan;
}

const nothing: Impact = { as_of: '', people: 'names', doubt: null, changes: [], workspaces: [], organisation: null };

/** Impact is known, and nothing happens to anybody, unless told otherwise. */
function judge(given: Given, { review = {}, impact = {}, edit = (plan) => plan, ...input }: Judged = {}) {
  const { plan, recordSteps } = planResult(given);
  if (plan === null) throw new Error('no plan');
  const judged = edit({ ...plan, impact: impact === null ? null : { ...nothing, ...impact } });
  const settings = inForce(review, review);
  return judgePlan({ plan: judged, steps: recordSteps, settings, rewind: null, allowances: [], ...input });
}

const said = (violations: ReturnType<typeof judge>) =>
  violations.map(({ guard, count, severity }) => [guard, count, severity]);

describe('how much goes and how much changes', () => {
  it.each<readonly [string, number, number, readonly unknown[]]>([
    ['more than two and more than 30 %', 9, 3, [['deletes', 3, 'error']]],
    ['more than 30 % of few', 6, 2, []],
    ['more than two of many', 10, 3, []],
    ['all of them', 2, 2, [['empties-scope', 1, 'error']]],
    ['the only one', 1, 1, [['empties-scope', 1, 'error']]],
  ])('%s: %i limits, %i deleted', (_, count, gone, objections) => {
    expect(said(judge(stepFrom(count, policies(names(count).slice(gone)))))).toEqual(objections);
  });

  it('is a share of the larger side, and a replacement is an update', () => {
    const grown = policies([...names(8).slice(3), ...names(20).slice(8)], (text) => text.replace('$500', '$400'));
    expect(said(judge(stepFrom(8, grown)))).toEqual([]);
    const perKey = policies(names(4), (text) => text.replace('workspace_id', 'api_key'));
    expect(said(judge(stepFrom(4, perKey)))).toEqual([]);
    const settings = { guards: { updates: { count: 3, percent: 30 } } } as const;
    expect(said(judge(stepFrom(4, perKey), { review: settings }))).toEqual([['updates', 4, 'error']]);
  });

  it('leaves a workspace what is held back', () => {
    const given = stepFrom(2, '');
    const withheld = (plan: Plan): Plan => ({
      ...plan,
      changes: plan.changes.slice(1),
      withheld: plan.changes.slice(0, 1),
    });
    expect(said(judge(given, { edit: withheld }))).toEqual([]);
  });
});

describe('what is protected', () => {
  const live = liveOf(['p1']);
  const protect = (text: string) => `${text}    protect: true\n`;
  const record = recordAfter({ body: policies(['p1'], protect), live });
  const judged = (body: string, input: Judged = {}) =>
    said(judge({ body, live, record }, { review: { guards: { empties_scope: 'off' } }, ...input }));

  it.each<readonly [string, string, boolean]>([
    ['is not deleted', '', true],
    ['is not replaced', policies(['p1'], (text) => protect(text.replace('workspace_id', 'api_key'))), true],
    ['is not forgotten', 'forget: [policies/p1]\n', true],
    ['may change its amount', policies(['p1'], (text) => protect(text.replace('$500', '$400'))), false],
  ])('%s', (_, body, objects) => {
    expect(judged(body)).toEqual(objects ? [['protected', 1, 'error']] : []);
  });

  it('no word lifts', () => {
    const [violation] = judge({ body: '', live, record }, { review: { guards: { empties_scope: 'off' } } });
    expect([violation?.guard, violation?.allow, violation?.lifted]).toEqual(['protected', null, false]);
  });

  it('leaves the record when it is gone', () => {
    expect(said(judge({ body: '', live: [], record }))).toEqual([]);
  });

  it('is of its own workspace', () => {
    const [mine] = record.workspaces;
    const other = { ...policyObject(uuid(300), { name: 'p1' }), workspaceId: teamB };
    const plain = recordAfter({ body: policies(['p1']), live }).workspaces[0];
    if (mine === undefined || plain === undefined) throw new Error('no workspace');
    const entries = plain.entries.map((one) => ({ ...one, id: other.id }));
    const both = recordOf([mine, { id: teamB, slug: 'ws-team-b', entries }]);
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', 'forget: [policies/p1]\n') };
    const given = { body: policies(['p1'], protect), files, live: [...live, other], record: both };
    expect(mine.id).toBe(teamA);
    expect(said(judge(given))).toEqual([]);
  });

  it('also by files that the record does not speak of', () => {
    const given = { body: '', live, record: recordAfter({ body: policies(['p1']), live }) };
    const violations = judge(given, {
      review: { guards: { empties_scope: 'off' } },
      isProtected: ({ name }) => name === 'p1',
    });
    expect(said(violations)).toEqual([['protected', 1, 'error']]);
  });
});

describe('what nobody checks', () => {
  const key = (value: string) => `keys:\n  app:\n    budget: $10\n    reset: monthly\n    api: {note: ${value}}\n`;
  const limits = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };
  const live = [keyObject('app', k1, { usage_limits: limits, note: 'a' })];
  const record = recordAfter({ body: key('a'), live });

  it.each<readonly [string, string, readonly unknown[]]>([
    ['set anew', key('b'), [['api-member', 1, 'error']]],
    ['as it was, beside another change', key('a').replace('$10', '$9'), []],
  ])('a member under `api:` %s', (_, body, objections) => {
    expect(said(judge({ body, live, record }))).toEqual(objections);
  });

  const finding = (more: Partial<Finding>): Finding => ({
    rule: 'r',
    id: 'O1',
    severity: 'error',
    message: 'm',
    fix: 'f',
    source: { file: 'a.yaml', line: 1, column: 1 },
    entry: null,
    change: null,
    silenced: null,
    ...more,
  });
  it.each<readonly [string, Partial<Finding>, readonly unknown[]]>([
    ['an error', {}, [['rules', 1, 'error']]],
    ['a warning', { severity: 'warning' }, []],
    ['an error that is silenced', { silenced: 'for a reason' }, []],
  ])('a finding: %s', (_, more, objections) => {
    expect(
      said(judge(stepFrom(1, policies(['p1'])), { edit: (plan) => ({ ...plan, findings: [finding(more)] }) })),
    ).toEqual(objections);
  });

  it('what no file says objects only where that was asked for', () => {
    const kinds = ['usage-policy', 'rate-policy', 'key-limits', 'provider-limits', 'integration-limits'];
    const places = ['', teamA, teamB].flatMap((id) => kinds.map((kind) => `${id}/${kind}`));
    const given = {
      body: '',
      live: liveOf(['by hand']),
      liveRest: { read: new Set(places) },
      record: recordAfter({ body: '' }),
    };
    expect(said(judge(given))).toEqual([]);
    expect(said(judge(given, { review: { unmanaged: 'fail' } }))).toEqual([['unmanaged', 1, 'error']]);
  });
});

describe('a word', () => {
  const given = stepFrom(9, policies(names(9).slice(3)));
  const digest = judge(given)[0]?.allow?.split('@')[1] ?? '';
  const lifts = (word: Partial<Word>, reviewed: readonly string[] = []) => {
    const violations = judge(given, { allowances: [{ guard: 'deletes', number: 3, digest, ...word }], reviewed });
    return [violations.map(({ lifted }) => lifted), findObjections(violations).length];
  };

  it.each<readonly [string, Partial<Word>, boolean]>([
    ['as many', {}, true],
    ['more', { number: 4 }, true],
    ['fewer', { number: 2 }, false],
    ['another guard', { guard: 'updates' }, false],
    ['another plan', { digest: 'f'.repeat(32) }, false],
    ['eight digits', { digest: digest.slice(0, 8) }, false],
  ])('for %s', (_, word, isLifted) => {
    expect(lifts(word)).toEqual([[isLifted], isLifted ? 0 : 1]);
  });

  it('for the reviewed plan that this one is a part of', () => {
    const whole = 'f'.repeat(64);
    expect(lifts({ digest: whole.slice(0, 32) }, [whole])).toEqual([[true], 0]);
    expect(printWord({ guard: 'deletes', number: 3, digest: whole })).toBe(`deletes=3@${'f'.repeat(32)}`);
  });
});

describe('people and money', () => {
  const given = stepFrom(
    2,
    policies(names(2), (text) => text.replace('$500', '$400')),
  );
  const raised = stepFrom(
    2,
    policies(names(2), (text) => text.replace('$500', '$600')),
  );
  const counter = { name: 'app', used: '50000', percent_before: 1, percent_after: 1 };
  const limit = (more: Partial<LimitImpact> = {}): LimitImpact => ({
    unit: 'cost',
    before: null,
    after: null,
    delta_per_30_days: null,
    shared_by: [],
    counter: 'kept',
    use: { status: 'unknown', reason: 'x' },
    forecast: { status: 'unknown', reason: 'x' },
    forgiven: null,
    binds: null,
    unjudged: [],
    mail: { to: [], at_once: null },
    ...more,
  });
  const blocked = (count: number) =>
    limit({
      use: {
        status: 'known',
        as_of: '',
        source: 'service',
        counters: count,
        total: '0',
        largest: counter,
        blocked: { count, largest: [counter] },
        freed: { count: 0, largest: [] },
        in_doubt: null,
        may_stay_blocked: false,
      },
    });
  const ofChanges = (...limits: readonly LimitImpact[]) => ({
    changes: limits.map((one, index) => ({ id: `usage-policy/ws-team-a/p${index + 1}`, limits: [one] })),
  });
  type Committed = Impact['workspaces'][number];
  const spend = (
    before: string | null,
    now: string | null,
    unjudged: string | null = null,
  ): Pick<Impact, 'workspaces'> => {
    const side = (cents: string | null): Committed['after'] =>
      cents === null ? { kind: 'unbounded', cents, by: null } : { kind: 'bounded', cents, by: 'p1' };
    return { workspaces: [{ workspace: 'ws-team-a', before: side(before), after: side(now), delta: null, unjudged }] };
  };

  it.each<readonly [string, Given, Partial<Impact>, readonly unknown[]]>([
    ['everybody who is stopped is counted', given, ofChanges(blocked(3), blocked(2)), [['blocks-now', 5, 'error']]],
    ['a cent that no longer counts', given, ofChanges(limit({ forgiven: '1' })), [['counter-reset', 1, 'error']]],
    ['nothing that no longer counts', given, ofChanges(limit({ forgiven: '0' })), []],
    ['spend within the bound', raised, spend('1000', '1250'), []],
    ['spend beyond it', raised, spend('1000', '1251'), [['spend-up', 26, 'error']]],
    ['spend without a bound any more', raised, spend('1000', null), [['spend-up', 'unbounded', 'error']]],
    ['spend that had none', raised, spend(null, '99999'), []],
    ['spend that cannot be judged', raised, spend('1000', '1000', 'why'), [['impact-unknown', 1, 'error']]],
    [
      'use that cannot be judged',
      given,
      ofChanges(
        limit({ unjudged: [{ guard: 'blocks-now', reason: 'why' }] }),
        limit({ unjudged: [{ guard: 'blocks-now', reason: 'why' }] }),
      ),
      [['impact-unknown', 2, 'error']],
    ],
  ])('%s', (_, plan, impact, objections) => {
    expect(said(judge(plan, { impact }))).toEqual(objections);
  });

  const only = (action: Change['action']) => {
    const kept = { guards: { empties_scope: 'off' } } as const;
    const body = {
      delete: '',
      create: policies(['p1', 'p2']),
      update: policies(['p1'], (text) => text.replace('$500', '$400')),
    };
    return said(judge(stepFrom(1, body[action as 'delete']), { impact: null, review: kept }));
  };
  it.each(['delete', 'create', 'update'] as const)(
    'a plan without its impact warns of what it may do: %s',
    (action) => {
      expect(only(action)).toEqual([['impact-unknown', 1, 'warning']]);
    },
  );

  it('a plan without its impact that moves no budget has nothing to warn of', () => {
    expect(
      said(
        judge(
          stepFrom(
            1,
            policies(['p1'], (text) => `${text}    alert: 80%\n`),
          ),
          { impact: null },
        ),
      ),
    ).toEqual([]);
  });
});
