/** Proposals over files as people write them: all that was not asked for stays, byte for byte, and so does its plan. */

import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { compareDesired } from '../../src/importing/compare-desired.ts';
import type { ProposedPlan } from '../../src/importing/compare-plans.ts';
import { editProposal } from '../../src/importing/edit-proposal.ts';
import { type Proposal, ProposalRefusal } from '../../src/importing/proposal.ts';
import type { ProposalResult } from '../../src/importing/propose.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { findLines } from '../../src/policy/yaml-splice.ts';
import { effort } from '../helpers/effort.ts';
import { startProposeScene } from '../helpers/propose-scene.ts';
import { keyRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, startWorld } from '../helpers/world.ts';

const path = 'policies/team-a.yaml';
const names = ['monthly-spend', 'calls', 'Büro #2', "it's", 'on', '12', 'a: b'] as const;
const comment = fc.constantFrom('', '# owner: finance', '# {not: [a, map', '#\tkeep - this', "# it's 'quoted'");
const amount = fc.integer({ min: 2, max: 9_999 }).map((dollars) => `$${dollars}`);
const quoteOf = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `'${text}'`,
  (text) => `"${text}"`,
);
const keyOf = (name: string): string =>
  /^[\w-]+$/.test(name) && name !== 'on' && name !== '12' ? name : JSON.stringify(name);

/** An entry of `policies:` in one of the ways in which people write them; a lone line of comment stands above and within. */
const entry = fc
  .record({
    name: fc.constantFrom(...names),
    budget: amount,
    quote: quoteOf,
    above: comment,
    beside: comment,
    within: comment,
    hasAlert: fc.boolean(),
    isFlow: fc.boolean(),
    isSpaced: fc.boolean(),
  })
  .map(({ name, budget, quote, above, beside, within, hasAlert, isFlow, isSpaced }) => {
    const besideBudget = beside === '' ? '' : `   ${beside}`;
    const line = (text: string): string[] => (text === '' ? [] : [text]);
    const lines = isFlow
      ? [`  ${keyOf(name)}: {budget: "${budget}", reset: monthly, per: workspace_id}${besideBudget}`]
      : [
          `  ${keyOf(name)}:`,
          `    budget: ${quote(budget)}${besideBudget}`,
          ...line(within === '' ? '' : `    ${within}`),
          '    reset: monthly',
          ...(hasAlert ? ['    alert: 80%'] : []),
          '    per: workspace_id',
        ];
    return { name, lines: [...line(above === '' ? '' : `  ${above}`), ...lines, ...(isSpaced ? [''] : [])] };
  });

const file = fc
  .record({
    entries: fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
    head: comment,
    tail: comment,
    newline: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF'),
    isOpen: fc.boolean(),
  })
  .map(({ entries, head, tail, newline, mark, isOpen }) => {
    const lines = [
      ...(head === '' ? [] : [head]),
      'version: 1',
      'kind: workspace',
      'workspace: ws-team-a   # the team',
      'owner: platform',
      'policies:',
      ...entries.flatMap((one) => one.lines),
      ...(tail === '' ? [] : [tail]),
    ];
    return { text: `${mark}${lines.join(newline)}${isOpen ? '' : newline}`, present: entries.map(({ name }) => name) };
  });

type Wish = 'set' | 'create' | 'delete';

const fields = fc.record(
  {
    budget: amount,
    alert: fc.constantFrom('50%', '$1', 'none'),
    description: fc.constantFrom('new', 'a # b', 'ü: "x"', "'", 'two\nlines'),
  },
  { requiredKeys: ['budget'] },
);

const wish = fc.record({
  action: fc.constantFrom<Wish>('set', 'set', 'create', 'delete'),
  name: fc.constantFrom(...names, 'new-one'),
  fields,
});

function toProposal({
  action,
  name,
  fields: said,
}: {
  action: Wish;
  name: string;
  fields: Record<string, string>;
}): Proposal {
  const target = { kind: 'policy', name } as const;
  if (action === 'delete') return { action, target, skipDefaults: false };
  const more = action === 'create' ? { reset: 'weekly', per: 'api_key' } : {};
  return { action, target, fields: new Map(Object.entries({ ...said, ...more })) as never };
}

function attempt(text: string, proposal: Proposal) {
  const files = [
    { path: 'policies/org.yaml', text: orgFile() },
    { path, text },
  ];
  const { desired } = compilePolicies(files);
  if (desired === null || proposal.action === 'import') throw new Error('the file was not to have an error');
  try {
    const workspace = { slug: 'ws-team-a', id: teamA };
    const edited = editProposal({ proposal, workspace, desired, files, directory: 'policies' });
    const after = compilePolicies([{ path: 'policies/org.yaml', text: orgFile() }, edited]).desired;
    return { desired, after, text: edited.text };
  } catch (error) {
    if (error instanceof ProposalRefusal) return null;
    throw error;
  }
}

/** Lines of a text that are in the other one, in their order. */
function isSubsequence(lines: readonly string[], of: readonly string[]): boolean {
  let at = 0;
  for (const line of of) if (line === lines[at]) at += 1;
  return at === lines.length;
}

it('keep every comment and every other byte, and ask for nothing else', () => {
  let made = 0;
  fc.assert(
    fc.property(file, wish, ({ text, present }, wished) => {
      fc.pre(wished.action === 'create' ? !present.includes(wished.name as never) : true);
      const proposal = toProposal(wished);
      const done = attempt(text, proposal);
      if (done === null) return;
      made += 1;
      const range = findLines(text, ['policies', wished.name]);
      // Within the entry the fields that were named; every other line stays as it is, those of other entries too.
      const isTouched = (line: string, index: number): boolean =>
        wished.action === 'set' &&
        range !== null &&
        index + 1 >= range.first &&
        index + 1 <= range.last &&
        (/^ {4}(budget|alert|description):/.test(line) || line.startsWith(`  ${keyOf(wished.name)}: {`));
      const before = text.split(/(?<=\n)/);
      const ends = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/\r?\n$/, ''));
      const after = ends(done.text.split(/(?<=\n)/));
      if (wished.action === 'delete') {
        // What is left stood there before, as it is.
        expect(isSubsequence(after, ends(before))).toBe(true);
        const gone = before.length - after.length;
        expect(gone).toBeLessThanOrEqual(8);
      } else {
        expect(
          isSubsequence(
            ends(before).filter((line, index) => !isTouched(line, index)),
            after,
          ),
        ).toBe(true);
      }
      const comments = (lines: readonly string[]): string[] =>
        lines.flatMap((line) => /(^| {2,})(#.*)$/.exec(line)?.[2] ?? []);
      if (wished.action !== 'delete') expect(comments(after)).toEqual(expect.arrayContaining(comments(ends(before))));
      expect(done.text.includes('\r\n')).toBe(text.includes('\r\n'));
      expect(done.text.startsWith('\uFEFF')).toBe(text.startsWith('\uFEFF'));
      if (done.after === null) return;
      const { entries, isElsewhere } = compareDesired(done.desired, done.after);
      expect(isElsewhere).toBe(false);
      expect(entries.every(({ name }) => name === wished.name)).toBe(true);
    }),
    { numRuns: effort('proposals over files', 300, 5_000) },
  );
  expect(made).toBeGreaterThan(50);
});

it('the plan of the branch without that of the base is what was asked, over any state of what is live', async () => {
  const world = await startWorld({ state: smallState() });
  onTestFinished(() => world.close());
  let made = 0;
  await fc.assert(
    fc.asyncProperty(file, wish, fc.boolean(), async ({ text, present }, wished, isApplied) => {
      fc.pre(wished.action === 'create' ? !present.includes(wished.name as never) : true);
      const done = attempt(text, toProposal(wished));
      if (done === null || done.after === null) return;
      const files = { 'policies/org.yaml': orgFile('review:\n  guards:\n    spend_up: off\n'), [path]: text };
      if (isApplied) await world.apply(files);
      const base = await world.planOk(files);
      const branch = await world.planOk({ ...files, [path]: done.text });
      const known = new Set(base.changes.map(({ id, fingerprint }) => `${id} ${fingerprint}`));
      const added = branch.changes.filter(({ id, fingerprint }) => !known.has(`${id} ${fingerprint}`));
      expect(added.every(({ key }) => key.name === wished.name && key.workspace === 'ws-team-a')).toBe(true);
      if (isApplied) {
        made += 1;
        expect(base.changes).toEqual([]);
        expect(added).toHaveLength(compareDesired(done.desired, done.after).entries.length);
        const moved = added.flatMap(({ fieldChanges }) => fieldChanges.map(({ field }) => field));
        if (wished.action === 'set') {
          // A percentage of another amount is another alert.
          for (const field of moved) expect(['amount', 'alert', 'description']).toContain(field);
        }
      }
    }),
    { numRuns: effort('plans of proposals', 100, 600) },
  );
  expect(made).toBeGreaterThan(5);
}, 60_000);

const keyEntry = fc
  .record({ budget: amount, beside: comment, hasRecipients: fc.boolean() })
  .map(({ budget, beside, hasRecipients }) => [
    'keys:',
    '  app:',
    `    budget: ${budget}${beside === '' ? '' : `   ${beside}`}`,
    '    reset: monthly',
    ...(hasRecipients ? ['    recipients:', '      - old@example.com   # on leave'] : []),
  ]);

const defaultEntry = fc
  .uniqueArray(fc.constantFrom(...names.slice(0, 3), 'new-one'), { maxLength: 3 })
  .map((some) =>
    some.length === 0
      ? ''
      : `defaults:\n  policies:\n${some
          .map(
            (name) =>
              `    ${keyOf(name)}:   # for everybody\n      budget: $77\n      reset: monthly\n      per: workspace_id\n`,
          )
          .join('')}`,
  );

const policyTarget = fc.constantFrom(...names, 'new-one').map((name) => ({ kind: 'policy', name }) as const);
const addresses = fc.constantFrom(['none'], ['ana@example.com'], ['ana@example.com', 'bo@example.com']);
/** One of each verb: drawn one by one, a verb is sometimes missing from a run of a few dozen. */
const proposals: fc.Arbitrary<readonly Proposal[]> = fc.tuple(
  fc.record({ target: policyTarget, budget: amount }).map(({ target, budget }): Proposal => {
    const said = new Map([['budget' as const, budget]]);
    return { action: 'set', target, fields: said };
  }),
  fc.record({ target: policyTarget, budget: amount }).map(({ target, budget }): Proposal => {
    const said = [['budget', budget] as const, ['reset', 'weekly'] as const, ['per', 'api_key'] as const];
    return { action: 'create', target, fields: new Map(said) };
  }),
  fc
    // What is not a default is refused where it is to be left out.
    .record({ target: policyTarget, skipDefaults: fc.constantFrom(false, false, false, true) })
    .map((one): Proposal => ({ action: 'delete', ...one })),
  fc
    .record({ target: fc.constantFrom(null, { kind: 'key', name: 'app' } as const), recipients: addresses })
    .map((one): Proposal => ({ action: 'recipients', ...one })),
  fc
    .constantFrom(null, { kind: 'policy', name: 'by-hand' } as const)
    .map((target): Proposal => ({ action: 'import', target })),
);

/** Mostly at an entry that is there. */
function aimAt(proposal: Proposal, present: readonly string[], pick: number): Proposal {
  const name = present[pick % present.length];
  const isOfEntry = proposal.action === 'set' || proposal.action === 'delete';
  return isOfEntry && name !== undefined && pick % 3 !== 0
    ? { ...proposal, target: { kind: 'policy', name } }
    : proposal;
}

/** Lines that only one side of a diff has, without their sign and how they end. */
const linesOf = (diff: string, sign: '+' | '-'): string[] =>
  diff
    .split('\n')
    .filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3)))
    .map((line) => line.slice(1).replace(/\r$/, ''));

/** Comments stay where they were, and the plan moves by what was asked. */
function expectAsked({ diff, files }: ProposalResult, { added }: ProposedPlan, { action, target }: Proposal): void {
  expect(files).toEqual(['policies/workspaces/team-a.yaml']);
  const [gone, come] = [linesOf(diff, '-'), linesOf(diff, '+')];
  const commentsOf = (lines: readonly string[]): string[] =>
    // A name may hold what begins a comment elsewhere.
    lines.flatMap((line) => /(?:^| )(#.*)$/.exec(line.replace(/"[^"]*"(?=:)/g, 'name'))?.[1] ?? []);
  // An entry takes its own comments with it, and an address the one beside it.
  if (action === 'set' || action === 'create' || action === 'import') {
    expect(commentsOf(come)).toEqual(expect.arrayContaining(commentsOf(gone)));
  }
  if (action === 'create' || action === 'import') {
    expect(gone.every((line) => come.includes(line))).toBe(true);
  }
  const asked = added.map(({ key }) => key);
  for (const key of asked) expect(key.workspace).toBe('ws-team-a');
  if (action === 'import') expect(asked).toEqual([]);
  else if (action === 'recipients') expect(asked.map(({ kind }) => kind)).toEqual(asked.map(() => 'key-limits'));
  else expect(asked.map(({ name }) => name)).toEqual(asked.map(() => target?.name));
}

it('all five verbs, over defaults of the organisation: comments stay, and the plan moves by what was asked', async () => {
  const state = smallState({
    apiKeys: [keyRow('app', uuid(11), teamA)],
    usagePolicies: [usagePolicyRow('by-hand', uuid(101), teamA, { credit_limit: 70 })],
  });
  const scene = await startProposeScene({ state });
  const made = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(file, keyEntry, defaultEntry, proposals, fc.nat(), async (written, keys, org, wishes, salt) => {
      const newline = written.text.includes('\r\n') ? '\r\n' : '\n';
      const end = written.text.endsWith(newline) ? '' : newline;
      const text = `${written.text}${end}${[...keys, ''].join(newline)}`;
      const orgText = `${orgFile(org)}# ${salt}\n`;
      scene.push({ 'policies/org.yaml': orgText, 'policies/workspaces/team-a.yaml': text });
      for (const wished of wishes) {
        const proposal = aimAt(wished, written.present, salt);
        const done = await scene.propose(proposal, { isDryRun: true }).catch((error: unknown) => {
          if (error instanceof ProposalRefusal) return null;
          throw error;
        });
        if (done === null || done.planned === null) continue;
        made.set(proposal.action, (made.get(proposal.action) ?? 0) + 1);
        expectAsked(done, done.planned, proposal);
      }
    }),
    { numRuns: effort('files for proposals of five verbs', 12, 120) },
  );
  expect([...made.keys()].sort()).toEqual(['create', 'delete', 'import', 'recipients', 'set']);
}, 600_000);
