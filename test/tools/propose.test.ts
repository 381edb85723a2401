/** What people and agents ask to be changed: S0's prompts that write, each a pull request that a person decides about. */

import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/program.ts';
import type { CommandResult, Session } from '../../src/run/session.ts';
import type { GlobalFlags } from '../../src/start-command.ts';
import { callTool, type Envelope } from '../../src/tools/call.ts';
import { createToolContext } from '../../src/tools/context.ts';
import { findTool } from '../../src/tools/registry.ts';
import type { ToolCaller } from '../../src/tools/tool.ts';
import { asAuthor, type ProposeScene, startProposeScene, teamFile } from '../helpers/propose-scene.ts';
import { capture, type Ran } from '../helpers/rig.ts';
import type { TestSession } from '../helpers/session.ts';
import { keyRow, providerRow, smallState, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const file = 'policies/workspaces/team-a.yaml';

async function call(
  scene: ProposeScene,
  name: string,
  input: unknown,
  caller: ToolCaller = { name: null, client: null },
): Promise<Envelope> {
  const tool = findTool(name);
  if (tool === undefined) throw new Error(`no tool is called ${name}`);
  const { session, open } = await scene.run();
  return callTool(tool, input, createToolContext(open, scene.options, session, 'agent', caller), (error) => {
    if (process.env.SHOW !== undefined) process.stderr.write(String((error as Error).stack));
  });
}

interface Proposed {
  readonly answer: string;
  readonly status: string;
  readonly branch: string;
  readonly pull_request: { readonly number: number } | null;
  readonly changes: readonly {
    readonly action: string;
    readonly direction: string;
    readonly untrusted: { name: string };
  }[];
  readonly owed_on_base: number;
  readonly guards: readonly { readonly guard: string; readonly about: string }[];
  readonly notes: readonly string[];
  readonly digest: string;
  readonly untrusted: { readonly diff: readonly string[] };
}

async function proposed(scene: ProposeScene, name: string, input: unknown, caller?: ToolCaller): Promise<Proposed> {
  const envelope = await call(scene, name, input, caller);
  if (!envelope.ok) throw new Error(JSON.stringify(envelope.error));
  return envelope.data as unknown as Proposed;
}

/** As a person types it. */
async function type(scene: ProposeScene, words: readonly string[], made: TestSession = scene.session()): Promise<Ran> {
  let ran: Ran | undefined;
  const start = async (flags: GlobalFlags, command: (session: Session) => Promise<CommandResult>): Promise<void> => {
    ran = await capture(flags.format, made, () => command(made));
  };
  await buildProgram('0.0.0-test', start).parseAsync([...words, '--record-file', scene.options.recordFile ?? ''], {
    from: 'user',
  });
  if (ran === undefined) throw new Error('it did not start');
  return ran;
}

const target = { kind: 'policy', name: 'monthly-spend' };
const writes = (scene: ProposeScene) => scene.wire.filter((line) => !line.startsWith('GET '));

it('S0-34: "limit the Marketing team to $500 a month, on its virtual keys" is a branch with these lines; nothing live moves', async () => {
  const state = smallState({
    providers: [providerRow('openai-marketing', uuid(21), teamA), providerRow('anthropic-marketing', uuid(22), teamA)],
  });
  const scene = await startProposeScene({ grant: asAuthor, state });
  const wish = {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'marketing' },
    budget: '$500',
    reset: 'monthly',
    match: { virtual_key: ['openai-marketing', 'anthropic-marketing'] },
    per: 'workspace_id',
    reason: 'Limit the Marketing team to $500 a month.',
  };
  const data = await proposed(scene, 'create_policy', wish);
  expect(data).toMatchObject({ status: 'opened', pull_request: { number: 1 }, owed_on_base: 2 });
  const lines = data.untrusted.diff.filter((line) => line.startsWith('+') && !line.startsWith('+++'));
  expect(lines.map((line) => line.slice(1).trim())).toEqual([
    '',
    'marketing:',
    'budget: $500',
    'reset: monthly',
    'match:',
    'virtual_key:',
    '- openai-marketing',
    '- anthropic-marketing',
    'per: workspace_id',
  ]);
  expect(data.untrusted.diff.filter((line) => line.startsWith('-') && !line.startsWith('---'))).toEqual([]);
  expect(data.changes.map(({ action, untrusted }) => [action, untrusted.name])).toEqual([['create', 'marketing']]);
  expect(writes(scene)).toEqual([]);
  expect(await proposed(scene, 'create_policy', wish)).toMatchObject({ status: 'exists', pull_request: { number: 1 } });
});

it('S0-5: a budget for a project, as a create in the plan', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const wish = {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'project-x' },
    budget: '2M tokens',
    reset: 'weekly',
    per: 'api_key',
  };
  const { changes, branch } = await proposed(scene, 'create_policy', wish);
  expect(changes).toMatchObject([{ action: 'create', direction: 'tighten' }]);
  expect(scene.read(branch, file)).toContain(
    '  project-x:\n    budget: 2M tokens\n    reset: weekly\n    per: api_key\n',
  );
});

it('S0-11: what is over goes: the entry and its own comments, nothing else', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const { branch, status } = await proposed(scene, 'delete_policy', {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'calls' },
  });
  expect(status).toBe('opened');
  expect(scene.read(branch, file)).toBe(teamFile.slice(0, teamFile.indexOf('  calls:')));
});

it('S0-35: an urgent cap is labelled, and the plan stands in the first thing that is read', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const wish = { workspace: 'ws-team-a', target, budget: '$20', urgent: true, reason: 'the bill has jumped by 30 %' };
  const { status } = await proposed(scene, 'update_limits', wish);
  const [pull] = scene.github?.state.repositories[0]?.issues ?? [];
  expect([status, pull?.labels]).toEqual(['opened', ['tollgate:agent', 'urgent']]);
  expect(pull?.title).toBe('Urgent: ws-team-a: set policy monthly-spend, $20');
  expect(pull?.body).toContain('### What this adds');
  expect(pull?.body).toContain('the bill has jumped by 30 %');
});

it('S0-38: Sales from day one: a file for a workspace that has none', async () => {
  const state = smallState({
    providers: [providerRow('openai-sales', uuid(23), teamA), providerRow('azure-sales', uuid(24), teamA)],
  });
  const scene = await startProposeScene({
    grant: asAuthor,
    state,
    files: { 'workspaces/team-a.yaml': workspaceFile('ws-team-b') },
  });
  const { branch, notes } = await proposed(scene, 'create_policy', {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'sales' },
    budget: '$1k',
    reset: 'monthly',
    per: 'workspace_id',
    match: { virtual_key: ['openai-sales', 'azure-sales'] },
  });
  expect(notes.join()).toContain('is a new file');
  expect(scene.read(branch, 'policies/workspaces/ws-team-a.yaml')).toContain('workspace: ws-team-a');
});

it('deleting an entry of the name of an organisation default raises the limit to that: it says so, and can leave it out', async () => {
  const org = orgFile(
    'defaults:\n  policies:\n    monthly-spend:\n      budget: $1000\n      reset: monthly\n      per: workspace_id\n',
  );
  const scene = await startProposeScene({ grant: asAuthor, files: { 'org.yaml': org } });
  const wish = { workspace: 'ws-team-a', target };
  const kept = await proposed(scene, 'delete_policy', { ...wish, dry_run: true });
  expect(kept.notes.join()).toContain('it becomes that default');
  const left = await proposed(scene, 'delete_policy', { ...wish, skip_defaults: true });
  expect(left.notes.join()).not.toContain('it becomes that default');
  expect(scene.read(left.branch, file)).toContain('skip_defaults:\n  - monthly-spend\n');
});

it('another limit for an entry that a default gives is an entry of its own', async () => {
  const org = orgFile(
    'defaults:\n  policies:\n    cap:\n      budget: $1000\n      reset: monthly\n      per: workspace_id\n',
  );
  const scene = await startProposeScene({ grant: asAuthor, files: { 'org.yaml': org } });
  const { branch } = await proposed(scene, 'update_limits', {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'cap' },
    budget: '$50',
  });
  expect(scene.read(branch, file)).toContain('  cap:\n    budget: $50\n    reset: monthly\n    per: workspace_id\n');
});

it('who gets mail: of one key, and of all keys of a workspace', async () => {
  const text = `${teamFile}keys:\n  app:\n    budget: $10\n    reset: monthly\n`;
  const state = smallState({ apiKeys: [keyRow('app', uuid(11), teamA)] });
  const scene = await startProposeScene({ grant: asAuthor, state, files: { 'workspaces/team-a.yaml': text } });
  const one = await proposed(scene, 'set_recipients', {
    workspace: 'ws-team-a',
    target: { kind: 'key', name: 'app' },
    recipients: ['ana@example.com'],
  });
  expect(scene.read(one.branch, file)).toContain('    reset: monthly\n    recipients:\n      - ana@example.com\n');
  const all = await proposed(scene, 'set_recipients', { workspace: 'ws-team-a', recipients: ['bo@example.com'] });
  expect(scene.read(all.branch, file)).toContain('alerts:\n  recipients:\n    - bo@example.com\n');
});

it('what is live and in no file is declared as it is: its plan changes nothing live', async () => {
  const state = smallState({ usagePolicies: [usagePolicyRow('by-hand', uuid(101), teamA, { credit_limit: 70 })] });
  const scene = await startProposeScene({ grant: asAuthor, state });
  const data = await proposed(scene, 'import_unmanaged', {
    workspace: 'ws-team-a',
    target: { kind: 'policy', name: 'by-hand' },
  });
  expect(data).toMatchObject({ status: 'opened', changes: [] });
  expect(scene.read(data.branch, file)).toContain('  by-hand:\n    budget: $70\n');
});

it('tells what became of them', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  // A text as at a terminal is the same target.
  const text = 'policy/monthly-spend';
  await proposed(scene, 'update_limits', { workspace: 'ws-team-a', target: text, budget: '$20', urgent: true });
  scene.github?.review({ pull: 1, user: 'reviewer', state: 'APPROVED' });
  expect(await call(scene, 'get_proposal', {})).toMatchObject({
    ok: true,
    data: { proposals: [{ number: 1, state: 'open', urgent: true, approvals: 1 }] },
  });
  scene.github?.merge({ pull: 1, method: 'merge', user: 'reviewer' });
  expect(await call(scene, 'get_proposal', { pull_request: 1 })).toMatchObject({
    data: { answer: 'Pull request #1 is merged.', proposals: [{ state: 'merged' }] },
  });
  expect(await call(scene, 'get_proposal', { pull_request: 7 })).toMatchObject({ ok: false });
});

describe('what is missing', () => {
  const cases: readonly (readonly [string, object, string, readonly string[]])[] = [
    ['create_policy', {}, 'workspace', ['ws-team-a', 'ws-team-b']],
    ['update_limits', { workspace: 'ws-team-a' }, 'target', ['policy/calls', 'policy/monthly-spend', 'workspace']],
    ['create_policy', { workspace: 'ws-team-a', target: { kind: 'policy', name: 'x' } }, 'budget', []],
    [
      'create_policy',
      { workspace: 'ws-team-a', target: { kind: 'policy', name: 'x' }, budget: '$5' },
      'reset',
      ['monthly'],
    ],
    [
      'create_policy',
      { workspace: 'ws-team-a', target: { kind: 'policy', name: 'x' }, budget: '$5', reset: 'monthly' },
      'per',
      ['workspace_id', 'api_key'],
    ],
    ['set_recipients', { workspace: 'ws-team-a' }, 'recipients', ['none']],
  ];

  it.each(cases)('%s %j: %s is refused with the choices', async (name, input, missing, choices) => {
    const scene = await startProposeScene();
    const envelope = await call(scene, name, input);
    expect(envelope).toMatchObject({ ok: false, error: { code: 'invalid_input', details: { missing } } });
    if (!envelope.ok) expect(envelope.error.details.choices).toEqual(expect.arrayContaining([...choices]));
    expect(scene.branches()).toEqual([]);
  });

  it('is asked for at a terminal', async () => {
    const scene = await startProposeScene();
    const answers: Readonly<Record<string, string>> = {
      workspace: 'ws-team-a',
      target: 'policy/x',
      reset: 'monthly',
      per: 'api_key',
    };
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => {
      const name = /(\w+): $/.exec(question)?.[1] ?? '';
      asked.push(name);
      return answers[name] ?? '';
    };
    const made = { ...scene.session({ isInteractive: true }), ask };
    const ran = await type(scene, ['propose', 'create', '--budget', '$5'], made);
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
    expect(asked).toEqual(['workspace', 'target', 'reset', 'per']);
    expect(ran.stdout).toContain('+  x:');
    expect(ran.stdout).toMatch(/^ +\+ x +\$5 monthly per api_key/m);
    expect(scene.branches()).toHaveLength(1);
  });

  it('an answer that is none ends as anywhere else', async () => {
    const scene = await startProposeScene();
    const made = { ...scene.session({ isInteractive: true }), ask: async () => '' };
    expect((await type(scene, ['propose', 'set', 'ws-team-a'], made)).exit).toBe(1);
  });
});

it('the command answers what the tool answers', async () => {
  const scene = await startProposeScene();
  const words = [
    'propose',
    'set',
    'ws-team-a',
    'policy/monthly-spend',
    '--budget',
    '$500',
    '--dry-run',
    '--format',
    'json',
  ];
  const ran = await type(scene, words);
  const envelope = await call(scene, 'update_limits', {
    workspace: 'ws-team-a',
    target,
    budget: '$500',
    dry_run: true,
  });
  expect(ran.stdout).toBe(`${JSON.stringify(envelope)}\n`);
});

it('conditions of a command may have several values', async () => {
  const scene = await startProposeScene({
    state: smallState({ apiKeys: [keyRow('a', uuid(11), teamA), keyRow('b', uuid(12), teamA)] }),
  });
  const words = [
    'propose',
    'create',
    'ws-team-a',
    'policy/x',
    '--budget',
    '$5',
    '--reset',
    'monthly',
    '--per',
    'api_key',
  ];
  const ran = await type(scene, [...words, '--match', 'api_key=a', '--match', 'api_key=b', '--dry-run']);
  expect(ran.stdout).toMatch(/\+ {6}api_key:\n\n?\+ {8}- a\n\n?\+ {8}- b/);
});

it('settings that judge cannot be said: not review, protection, silences, nor who asked', async () => {
  const scene = await startProposeScene();
  const wish = { workspace: 'ws-team-a', target, budget: '$500' };
  for (const more of [
    { protect: false },
    { review: {} },
    { silence: {} },
    { requested_by: 'reviewer' },
    { id: 'x' },
    { file: 'org.yaml' },
  ]) {
    expect(await call(scene, 'update_limits', { ...wish, ...more })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
  }
  expect(await call(scene, 'update_limits', { ...wish, target: { kind: 'organisation', name: 'x' } })).toMatchObject({
    ok: false,
  });
  expect(scene.branches()).toEqual([]);
});

it('no word that lifts a guard reaches who proposes, in no answer and no body', async () => {
  const state = smallState({
    usagePolicies: [usagePolicyRow('monthly-spend', uuid(101), teamA, { credit_limit: 100 })],
  });
  const scene = await startProposeScene({ grant: asAuthor, state });
  const data = await proposed(scene, 'update_limits', { workspace: 'ws-team-a', target, budget: '$5000' });
  expect(data.guards).toContainEqual(expect.objectContaining({ guard: 'spend-up', about: 'this' }));
  expect(data.digest).toMatch(/^[0-9a-f]{12}$/);
  const body = scene.github?.state.repositories[0]?.issues[0]?.body ?? '';
  for (const text of [JSON.stringify(data), body]) {
    expect(text).not.toMatch(/[0-9a-f]{32}|--allow|\/tollgate allow|spend-up=/);
  }
  expect(body).toContain('spend-up');
});

it('who asked is whom the server knows, and never what a client says', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  const data = await proposed(
    scene,
    'update_limits',
    { workspace: 'ws-team-a', target, budget: '$20' },
    { name: 'ana', client: 'x`\n@reviewer 1' },
  );
  const { execFileSync } = await import('node:child_process');
  const message = execFileSync('git', ['log', '-1', '--format=%B', data.branch], { cwd: scene.remote }).toString();
  expect(message.match(/^Requested-by:.*$/gm)).toEqual(['Requested-by: @ana']);
  const body = scene.github?.state.repositories[0]?.issues[0]?.body ?? '';
  expect(body).toContain('asked by `ana`');
  expect(body).not.toContain('@reviewer');
});

/** $90 of it. */
const spent = {
  [`workspace_id:${teamA}`]: {
    id: uuid(700),
    current_usage: 9000,
    status: 'active',
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  },
} as const;

describe('S0-35: what cannot wait is capped by hand, and the pull request makes it last', () => {
  const live = (scene: ProposeScene) => {
    const row = scene.store.state.usagePolicies.find(({ name }) => name === 'monthly-spend');
    if (row === undefined) throw new Error('nothing was applied');
    return row;
  };
  const words = ['propose', 'set', 'ws-team-a', 'policy/monthly-spend', '--budget', '$60', '--urgent'];

  it('where the files were applied before: it keeps what was set by hand, and says so', async () => {
    const scene = await startProposeScene({ files: { 'org.yaml': orgFile('review:\n  drift: safe\n') } });
    expect(await type(scene, ['apply', '--yes'])).toMatchObject({ exit: 0 });
    live(scene).credit_limit = 60;
    const said = await type(scene, words);
    expect(said.stdout).toContain('0 changes to what is live once it is merged');
    expect(said.stdout.replace(/\s+/g, ' ')).toContain(
      'Keeps what was set by hand: "monthly-spend". Nothing live changes by that; without it the files go on saying otherwise.',
    );
  });

  it('where a change of the base was not applied yet: what it adds is the cap under that change', async () => {
    const scene = await startProposeScene({ files: { 'org.yaml': orgFile('review:\n  drift: safe\n') } });
    expect(await type(scene, ['apply', '--yes'])).toMatchObject({ exit: 0 });
    scene.push({ [file]: teamFile.replace('$100', '$900') });
    live(scene).credit_limit = 60;
    const said = await type(scene, words);
    expect(said.stdout).toContain('$900 → $60');
    expect(said.stdout).toContain('One change is owed on main already.');
  });

  it('a guard that objects stands in the sentence about what is urgent, in place of a promise', async () => {
    const used = [usagePolicyRow('monthly-spend', uuid(101), teamA, { credit_limit: 100, entities: spent })];
    const scene = await startProposeScene({
      grant: asAuthor,
      state: smallState({ usagePolicies: used }),
    });
    expect(await type(scene, ['apply', '--yes'])).toMatchObject({ exit: 0 });
    await type(scene, words);
    const body = scene.github?.state.repositories[0]?.issues[0]?.body ?? '';
    expect(body).toContain(
      '**Urgent**: `blocks-now` objects, so that one approval, two where an app opened it, has to hold the line',
    );
    expect(body).not.toContain('and the merge put it into force.');
  });
});

describe('at a terminal', () => {
  it('a dry run shows the plan of what it adds, with the people whom it stops', async () => {
    const used = [usagePolicyRow('monthly-spend', uuid(101), teamA, { credit_limit: 100, entities: spent })];
    const scene = await startProposeScene({ state: smallState({ usagePolicies: used }) });
    const words = ['propose', 'set', 'ws-team-a', 'policy/monthly-spend', '--budget', '$60', '--dry-run'];
    const { stdout } = await type(scene, words);
    expect(stdout).toContain('blocks-now');
    expect(stdout).toMatch(/~ monthly-spend +\$100 → \$60 monthly/);
    expect(stdout).toMatch(/calls of ws-team-a|refused/);
    expect(stdout).not.toMatch(/@[0-9a-f]{32}/);
  });

  it('a workspace is found by its name as people write it', async () => {
    const state = smallState({ workspaces: [workspaceRow('ws-team-a', teamA, { name: 'marketing' })] });
    const scene = await startProposeScene({ state });
    const { exit, stdout } = await type(scene, [
      'propose',
      'set',
      'Marketing',
      'policy/monthly-spend',
      '--budget',
      '$600',
    ]);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining('$100 → $600') });
  });

  it('where the files say so already it is said that an apply is owed', async () => {
    const scene = await startProposeScene();
    const said = await type(scene, ['propose', 'set', 'ws-team-a', 'policy/monthly-spend', '--budget', '$100']);
    expect(said.stdout).toContain('2 changes are owed on main already. `tollgate plan` shows it.');
  });

  it('to take the limits of a key away is not to take the key away', async () => {
    const files = {
      'workspaces/team-a.yaml': workspaceFile('ws-team-a', 'keys:\n  app:\n    rate: 10 requests/minute\n'),
    };
    const scene = await startProposeScene({ files, state: smallState({ apiKeys: [keyRow('app', uuid(11), teamA)] }) });
    const said = await type(scene, ['propose', 'delete', 'ws-team-a', 'key/app', '--dry-run']);
    expect(said.stdout).toContain('The key itself stays and goes on working');
  });

  it('a run that proposed nothing of what was asked does not end like one that did', async () => {
    const scene = await startProposeScene({ grant: asAuthor });
    const words = ['propose', 'set', 'ws-team-a', 'policy/monthly-spend', '--budget'];
    expect(await type(scene, [...words, '$600'])).toMatchObject({ exit: 0 });
    expect(await type(scene, [...words, '$700'])).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('nothing is proposed'),
    });
    expect(await type(scene, [...words, '$700', '--format', 'json'])).toMatchObject({ exit: 1 });
  });

  it.each([
    [['create', 'ws-team-a', 'foo/x'], 'target: write KIND/NAME'],
    [['create', 'ws-team-a'], 'target is missing: which entry'],
    [['create', 'ws-team-a', 'policy/'], 'target is missing: which entry'],
    [['delete', 'ws-team-a', 'policy/nothing'], '`tollgate propose create` proposes a new entry'],
    [
      ['create', 'ws-team-a', 'policy/monthly-spend', '--budget', '$5', '--reset', 'monthly', '--per', 'api_key'],
      '`tollgate propose set` changes an entry that is there',
    ],
    [['set', 'ws-team-a', 'policy/monthly-spend', '--budget', '500'], "in single quotes, such as '$500'"],
    [['set', 'Another team', 'policy/monthly-spend', '--budget', '$500'], 'There are: ws-team-a'],
    [['recipients', 'ws-team-a'], 'recipients is missing: addresses, or none'],
    [['set', 'ws-team-a', 'workspace/research', '--budget', '$5'], '"research" is another workspace than ws-team-a'],
  ])('%j is refused in the words of the command line', async (words, sentence) => {
    const scene = await startProposeScene();
    const { exit, stderr } = await type(scene, ['propose', ...words]);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining(sentence) });
    expect(stderr).not.toMatch(/\{kind, name\}|create_policy|update_limits|One of: none/);
  });
});
