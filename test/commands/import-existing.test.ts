import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { parseOutput, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import {
  integrationRow,
  keyA1,
  keyRow,
  providerRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const file = (path: string): string => readFileSync(join(rig.folder, 'policies', path), 'utf8');

async function start(state: Partial<StoreState>, files: Readonly<Record<string, string>>): Promise<void> {
  rig = await startRig({ files, state: smallState(state) });
}

/** Ids of the changes of a plan. */
async function changes(): Promise<string[]> {
  const { changes: all } = parseOutput(await rig.plan({ format: 'json' })) as { changes: { id: string }[] };
  return all.map(({ id }) => id);
}

const teamAFile = workspaceFile(
  'ws-team-a',
  `
policies: # ours
  # raised in May
  spend: # all of us
    budget: $100   # a month
    reset: monthly
    per: workspace_id

# the end
`,
);

const dollars = (credit_limit: number, row: object = {}) => ({
  type: 'cost' as const,
  credit_limit,
  periodic_reset: 'monthly' as const,
  ...row,
});

describe('import beside policy files', () => {
  it('adds what nobody declares, keeps every line, and a plan has no more to change', async () => {
    await start(
      {
        usagePolicies: [
          usagePolicyRow('spend', uuid(41), teamA),
          usagePolicyRow('by hand', uuid(42), teamA, { credit_limit: 7 }),
        ],
        ratePolicies: [ratePolicyRow('spend', uuid(43), teamA), ratePolicyRow('b', uuid(44), teamB)],
        apiKeys: [keyRow('app', keyA1, teamA, { usage_limits: dollars(5) }), keyRow('web', uuid(13), teamB)],
        providers: [
          providerRow('openai-a', uuid(21), teamA, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 9 }] }),
        ],
        integrations: [integrationRow('openai-prod', uuid(31), [teamA])],
      },
      { 'org.yaml': orgFile('# who\n'), 'a.yaml': teamAFile },
    );
    const before = rig.emulator.store.exportState();
    const ran = await succeed(rig.import({ environment: undefined }));
    expect(ran.stdout).toBe(
      [
        'Added 5 entries to 2 files:',
        '  policies/a.yaml: by hand, spend-2, key app, provider openai-a',
        '  policies/workspaces/ws-team-b.yaml (new): b',
        '',
        'Next: tollgate plan. It shows adoptions and no further change to live.',
        '',
      ].join('\n'),
    );
    const text = file('a.yaml');
    let from = 0;
    for (const line of teamAFile.split('\n').filter((each) => each !== '')) {
      from = text.indexOf(line, from);
      expect(from, line).toBeGreaterThanOrEqual(0);
    }
    expect(text).toContain('  spend-2:\n    name: spend\n');
    expect(file('org.yaml')).toBe(orgFile('# who\n'));
    expect(await changes()).toEqual([]);
    await succeed(rig.apply());
    expect(rig.emulator.store.exportState()).toEqual(before);
    expect((await succeed(rig.import())).stdout).toBe(
      'Nothing to add: every live object that can be written is declared.\n',
    );
    expect(file('a.yaml')).toBe(text);
  });

  it('touches nothing that is declared, recorded or forgotten, whatever is live', async () => {
    await start(
      {
        usagePolicies: [
          usagePolicyRow('spend', uuid(41), teamA, { credit_limit: 999 }),
          usagePolicyRow('old', uuid(42), teamA),
          usagePolicyRow('theirs', uuid(43), teamA),
        ],
      },
      { 'org.yaml': orgFile(), 'a.yaml': `${teamAFile}${'policies'.slice(8)}` },
    );
    const old = teamAFile.replace('# the end', '  old: {budget: $100, reset: monthly, per: workspace_id}');
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': old });
    await succeed(rig.apply());
    const spend = rig.emulator.store.state.usagePolicies[0];
    if (spend !== undefined) spend.credit_limit = 500;
    const files = { 'org.yaml': orgFile(), 'a.yaml': `${teamAFile}forget: [policies/theirs]\n` };
    rig.write(files);
    const planned = await changes();
    expect(planned).toEqual(['usage-policy/ws-team-a/spend', 'usage-policy/ws-team-a/old']);
    const ran = await succeed(rig.import({ format: 'json' }));
    expect(parseOutput(ran)).toMatchObject({ entries: 0, left_out: [{ name: 'theirs', why: '`forget:` names it' }] });
    expect(file('a.yaml')).toBe(files['a.yaml']);
    expect(await changes()).toEqual(planned);
  });

  it('leaves out what the rules of the organisation refuse, and what would change something live', async () => {
    const org = orgFile(
      'review: {require: [alert]}\nalerts: {recipients: all@example.com}\ndefaults:\n  policies:\n    cap: {budget: $9, reset: monthly, alert: 80%, per: api_key}\n',
    );
    await start(
      {
        usagePolicies: [
          usagePolicyRow('no alert', uuid(41), teamB),
          usagePolicyRow('alert', uuid(42), teamB, { alert_threshold: 50 }),
          usagePolicyRow('odd', uuid(43), teamB, { credit_limit: 10.005 }),
        ],
        apiKeys: [
          keyRow('quiet', uuid(11), teamB, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 9 }] }),
          keyRow('loud', uuid(12), teamB, { alert_emails: ['all@example.com', 'me@example.com'] }),
          keyRow('other', uuid(13), teamB, { alert_emails: ['me@example.com'] }),
        ],
      },
      { 'org.yaml': org },
    );
    const ran = await succeed(rig.import({ format: 'json' }));
    const { left_out } = parseOutput(ran) as { left_out: { name: string; why: string }[] };
    expect(left_out.map(({ name }) => name).sort()).toEqual(['no alert', 'odd', 'other']);
    const text = file('workspaces/ws-team-b.yaml');
    expect(text).toContain('skip_defaults:\n  - cap\n');
    expect(text).toContain('    recipients: none\n');
    expect(await changes()).toEqual([]);
  });

  it('adds to one workspace when told so, and to the organisation file', async () => {
    await start(
      {
        usagePolicies: [usagePolicyRow('a', uuid(41), teamA), usagePolicyRow('b', uuid(42), teamB)],
        apiKeys: [keyRow('ops', uuid(14), null, { usage_limits: dollars(5) })],
      },
      { 'org.yaml': orgFile() },
    );
    await succeed(rig.import({ workspace: ['ws-team-b'] }));
    expect(file('workspaces/ws-team-b.yaml')).toContain('  b:\n');
    expect(file('org.yaml')).toBe(orgFile());
    await succeed(rig.import());
    expect(file('org.yaml')).toBe(`${orgFile()}keys:\n  ops:\n    budget: $5\n    reset: monthly\n`);
    expect(await changes()).toEqual([]);
  });

  it('refuses another environment or organisation, and files with an error, and writes nothing', async () => {
    await start({ usagePolicies: [usagePolicyRow('a', uuid(41), teamA)] }, { 'org.yaml': orgFile() });
    expect(await rig.import({ environment: 'staging' })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('are for production'),
    });
    expect(await rig.import({ workspace: ['ws-nowhere'] })).toMatchObject({ exit: 1 });
    const foreign = orgFile().replace(/organisation: .*/, `organisation: ${uuid(9)}`);
    rig.write({ 'org.yaml': foreign });
    expect(await rig.import()).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('PORTKEY_API_KEY belongs to'),
    });
    rig.write({ 'org.yaml': `${orgFile()}keys: 5\n` });
    const ran = await rig.import();
    expect(ran).toMatchObject({ exit: 1, stdout: expect.stringContaining('not-a-map') });
    expect(file('org.yaml')).toBe(`${orgFile()}keys: 5\n`);
    rig.write({});
    expect(await rig.import({ environment: undefined })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('--environment is needed'),
    });
  });
});

describe('import --accept-drift', () => {
  const accept = (options = {}) => rig.import({ acceptDrift: true, environment: undefined, ...options });

  it('writes live values over what drifted, in its place', async () => {
    await start(
      { apiKeys: [keyRow('app', keyA1, teamA), keyRow('batch', uuid(12), teamA)] },
      {
        'org.yaml': orgFile('alerts: {recipients: all@example.com}\n'),
        'a.yaml': workspaceFile(
          'ws-team-a',
          `limits:
  budget: $1k # for all
  reset: monthly
  rates: [100 requests/minute]
policies:
  spend:
    budget: "$500" # a month
    reset: monthly
    alert: 80% # early
    per: workspace_id
  calls: {rate: 5 requests/minute, per: api_key}
keys:
  app:
    budget: $20
    reset: weekly
    recipients:
      - Me@example.com # mine
      - you@example.com
  batch: {rate: 9 requests/minute}
`,
        ),
      },
    );
    await succeed(rig.apply());
    const { usagePolicies, ratePolicies, apiKeys, workspaces } = rig.emulator.store.state;
    for (const row of usagePolicies) Object.assign(row, { credit_limit: 750.5, alert_threshold: 400, name: 'Spend' });
    for (const row of ratePolicies) row.value = 7;
    for (const row of apiKeys) {
      if (row.name === 'app') {
        Object.assign(row, {
          usage_limits: dollars(30, { periodic_reset: 'weekly' }),
          alert_emails: ['all@example.com', 'me@example.com', 'new@example.com'],
        });
      } else row.rate_limits = [];
    }
    for (const row of workspaces) {
      if (row.slug === 'ws-team-a') {
        row.usage_limits = [dollars(1000, { periodic_reset: 'weekly' })] as typeof row.usage_limits;
        row.rate_limits = [{ type: 'requests', unit: 'rpm', value: 50 }];
      }
    }
    const ran = await succeed(accept());
    expect(ran.stdout).toContain('Accepted drift of 5 entries:');
    expect(ran.stdout).toContain('  policies/a.yaml: key app (ws-team-a): $20 → $30 weekly');
    expect(file('a.yaml')).toBe(
      workspaceFile(
        'ws-team-a',
        `limits:
  budget: $1k # for all
  reset: weekly
  rates: [50 requests/minute]
policies:
  spend:
    budget: "$750.50" # a month
    reset: monthly
    alert: $400 # early
    per: workspace_id
    name: Spend
  calls: {rate: 7 requests/minute, per: api_key}
keys:
  app:
    budget: $30
    reset: weekly
    recipients:
      - Me@example.com # mine
      - new@example.com
  batch: {rate: none}
`,
      ),
    );
    expect(await changes()).toEqual([]);
    expect((await succeed(accept())).stdout).toBe('No drift: the files say what is live.\n');
  });

  it('takes the drifted fields of what was edited as well, and leaves the edit', async () => {
    const text = (budget: string, alert: string) =>
      workspaceFile(
        'ws-team-a',
        `policies:\n  spend:\n    budget: ${budget}\n    reset: monthly\n    alert: ${alert}\n    per: api_key\n`,
      );
    await start({}, { 'org.yaml': orgFile(), 'a.yaml': text('$500', '$400') });
    await succeed(rig.apply());
    for (const row of rig.emulator.store.state.usagePolicies) row.alert_threshold = 100;
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': text('$600', '$400') });
    await succeed(accept());
    expect(file('a.yaml')).toBe(text('$600', '$100'));
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({ changes: [{ cause: 'edited' }] });
  });

  it('takes out a policy that was deleted by hand, and a default by skip_defaults', async () => {
    const org = orgFile('defaults: {policies: {cap: {budget: $9, reset: monthly, per: api_key}}}\n');
    await start({}, { 'org.yaml': org, 'a.yaml': teamAFile, 'b.yaml': workspaceFile('ws-team-b') });
    await succeed(rig.apply());
    for (const row of rig.emulator.store.state.usagePolicies) {
      if (row.workspace_id === teamB || row.name === 'spend') row.status = 'archived';
    }
    const ran = await succeed(accept());
    expect(ran.stdout).toContain('policies/a.yaml: spend (ws-team-a): entry removed, since it was deleted by hand');
    expect(ran.stdout).toContain('policies/b.yaml: cap (ws-team-b): default left out here');
    expect(file('a.yaml')).toBe(workspaceFile('ws-team-a', '\n  # raised in May\n\n# the end\n'));
    expect(file('b.yaml')).toBe(workspaceFile('ws-team-b', 'skip_defaults:\n  - cap\n'));
    expect(await changes()).toEqual([]);
  });

  it('writes an entry of its own over a default, and for a key that "*" reaches', async () => {
    const org = orgFile('defaults: {policies: {cap: {budget: $9, reset: monthly, alert: 50%, per: api_key}}}\n');
    const star = 'keys:\n  "*":\n    budget: $50\n    reset: monthly\n    alert: 50%\n    rate: 5 requests/minute\n';
    await start({}, { 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a', star) });
    await succeed(rig.apply());
    const { usagePolicies, apiKeys } = rig.emulator.store.state;
    for (const row of usagePolicies) row.credit_limit = 12;
    for (const row of apiKeys) if (row.name === 'app') row.usage_limits = dollars(60, { alert_threshold: 25 });
    const ran = await succeed(accept());
    expect(ran.stdout).toContain('(an entry of its own, over what is inherited)');
    expect(file('org.yaml')).toBe(org);
    expect(file('a.yaml')).toBe(
      workspaceFile(
        'ws-team-a',
        `${star}  app:\n    budget: $60\n    reset: monthly\n    alert: $25\npolicies:\n  cap:\n    budget: $12\n    reset: monthly\n    alert: $4.50\n    per: api_key\n`,
      ),
    );
    expect(await changes()).toEqual([]);
  });

  it('months: keeps owner, silences and protection of what an entry of its own stands over', async () => {
    const carries = (owner: string) => `owner: ${owner}, protect: true, silence: {alert-missing: told elsewhere}`;
    const org = orgFile(
      `review: {require: [owner]}\ndefaults: {policies: {cap: {budget: $9, reset: monthly, per: api_key, ${carries('finops')}}}}\n`,
    );
    const star = `keys:\n  "*": {budget: $50, reset: monthly, ${carries('keys-team')}}\n`;
    await start({}, { 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a', star) });
    await succeed(rig.apply());
    const { usagePolicies, apiKeys } = rig.emulator.store.state;
    for (const row of usagePolicies) row.credit_limit = 12;
    for (const row of apiKeys) if (row.name === 'app') row.usage_limits = dollars(60);
    await succeed(accept());
    const { desired } = compilePolicies(['org.yaml', 'a.yaml'].map((path) => ({ path, text: file(path) })));
    const entryOf = (name: string) => desired?.entries.find((one) => one.name === name && one.fromDefaults !== true);
    const kept = { protect: true, silence: { 'alert-missing': 'told elsewhere' } };
    expect(entryOf('cap')).toMatchObject({ ...kept, owner: 'finops', fields: { amount: 1_200 } });
    expect(entryOf('app')).toMatchObject({ ...kept, owner: 'keys-team' });
    expect(await changes()).toEqual([]);
  });

  it('says what it cannot express, exits 2 and leaves that entry alone', async () => {
    const files = {
      'org.yaml': orgFile('alerts: {recipients: all@example.com}\n'),
      'a.yaml': workspaceFile(
        'ws-team-a',
        'keys:\n  app: {recipients: [me@example.com], rate: 5 requests/minute}\npolicies:\n  p: {budget: $9, reset: monthly, per: api_key}\n',
      ),
    };
    await start({}, files);
    await succeed(rig.apply());
    for (const row of rig.emulator.store.state.apiKeys) if (row.name === 'app') row.alert_emails = ['me@example.com'];
    for (const row of rig.emulator.store.state.usagePolicies) row.credit_limit = 0.5;
    const ran = await accept({ format: 'json' });
    expect(ran.exit).toBe(2);
    expect(parseOutput(ran)).toMatchObject({
      ok: false,
      accepted: [],
      refused: [
        { name: 'app', why: expect.stringContaining('adds recipients that the live key lacks') },
        { name: 'p', why: expect.stringContaining('too small') },
      ],
    });
    expect(file('a.yaml')).toBe(files['a.yaml']);
  });

  it('is confined to a workspace, and takes drift that apply leaves', async () => {
    const spend = (budget: string) => `policies:\n  p: {budget: ${budget}, reset: monthly, per: api_key}\n`;
    await start(
      {},
      {
        'org.yaml': orgFile('review: {drift: leave}\n'),
        'a.yaml': workspaceFile('ws-team-a', spend('$9')),
        'b.yaml': workspaceFile('ws-team-b', spend('$9')),
      },
    );
    await succeed(rig.apply());
    for (const row of rig.emulator.store.state.usagePolicies) row.credit_limit = 10;
    await succeed(accept({ workspace: ['ws-team-b'] }));
    expect(file('a.yaml')).toBe(workspaceFile('ws-team-a', spend('$9')));
    expect(file('b.yaml')).toBe(workspaceFile('ws-team-b', spend('$10')));
    writeIn(rig.folder, 'policies/b.yaml', workspaceFile('ws-team-b', spend('[')));
    expect((await accept()).exit).toBe(1);
  });
});
