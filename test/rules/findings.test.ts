/** How findings come out: in which order, how often, as whose, and as how severe. */

import { describe, expect, it } from 'vitest';
import { LiveIndex } from '../../src/live/live-index.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleSeverity } from '../../src/resources/review-settings.ts';
import {
  buildFileFacts,
  fileRules,
  findInFiles,
  findInPlan,
  reviewInFiles,
  usualSeverities,
} from '../../src/rules/find.ts';
import { uuid } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';
import { inForce } from '../plan/in-force.ts';
import { keyObject, liveOf, now, policyObject, providerObject, recordAfter } from '../plan/kit.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { desiredFrom, findIn, nothingRead } from './facts.ts';
import { findingsOf } from './plan-facts.ts';

const spend = 'budget: $500\n    reset: monthly\n    alert: 99%\n';
const places = (findings: readonly Finding[]): string[] =>
  findings.map(({ source, rule }) => `${source.file}:${source.line}:${source.column} ${rule}`);

describe('order', () => {
  const body = [
    `policies:\n  b:\n    ${spend}    per: [metadata._user, metadata.team]\n`,
    `  a:\n    ${spend}    per: metadata._user\n`,
    'keys:\n  web:\n    rates: [9 requests/second, 8 tokens/second, 7 requests/minute]\n',
  ].join('');

  it('is that of files, lines, columns and rules, whatever came first', () => {
    const files = [
      { path: 'org.yaml', text: orgHead + chatChannel },
      { path: 'b.yaml', text: workspaceHead + body },
      { path: 'a.yaml', text: workspaceHead.replace('ws-one', 'ws-two') + body },
    ];
    const of = (file: string): string[] => [
      `${file}:6:5 budget-never-reached`,
      `${file}:8:5 alert-too-late`,
      `${file}:9:5 counters-run-together`,
      `${file}:9:5 metadata-escapable`,
      `${file}:9:5 user-from-body`,
      `${file}:13:5 alert-too-late`,
      `${file}:14:5 metadata-escapable`,
      `${file}:14:5 user-from-body`,
      `${file}:17:13 rate-never-binds-itself`,
      `${file}:17:32 token-rate-below-one-call`,
    ];
    expect(places(findIn(files))).toEqual([...of('a.yaml'), ...of('b.yaml')]);
    expect(places(findIn([...files].reverse()))).toEqual([...of('a.yaml'), ...of('b.yaml')]);
  });

  it('is that of messages where one rule says two things of one place', () => {
    const text = `${workspaceHead}policies:\n  a:\n    rate: 5 requests/minute\n    match: {metadata.zone: "2", metadata.app: "1"}\n    per: workspace_id\n`;
    const desired = desiredFrom([
      { path: 'org.yaml', text: orgHead },
      { path: 'a.yaml', text },
    ]);
    const entries = desired.entries.map((entry) => ({
      ...entry,
      fields: { ...entry.fields, match: [...(entry.fields.match as readonly object[])].reverse() },
    }));
    const said = (of: typeof desired) =>
      findInFiles(buildFileFacts(of, [], reviewInFiles(of)))
        .filter(({ rule }) => rule === 'metadata-number')
        .map(({ message }) => message.slice(0, 15));
    expect(said(desired)).toEqual(['`metadata.app`:', '`metadata.zone`']);
    expect(said({ ...desired, entries } as typeof desired)).toEqual(said(desired));
  });
});

describe('what is said twice', () => {
  const said = (texts: readonly string[]): string[] =>
    places(
      findIn([
        { path: '0.yaml', text: orgHead },
        ...texts.map((text, index) => ({
          path: `${index + 1}.yaml`,
          text: `version: 1\nkind: workspace\nworkspace: ws-${index}\n${text}`,
        })),
      ]),
    );
  const line = 'rate: 5 tokens/minute';

  it('is two things at two places of a line, on two lines, or in two files', () => {
    const rule = 'token-rate-below-one-call';
    expect(said([`keys: {a: {${line}}, b: {${line}}}\n`])).toEqual([`1.yaml:4:12 ${rule}`, `1.yaml:4:40 ${rule}`]);
    expect(said([`keys:\n  a: {${line}}\n  b: {${line}}\n`])).toEqual([`1.yaml:5:7 ${rule}`, `1.yaml:6:7 ${rule}`]);
    const file = `keys:\n  a: {${line}}\n`;
    expect(said([file, file])).toEqual([`1.yaml:5:7 ${rule}`, `2.yaml:5:7 ${rule}`]);
  });
});

describe('a default that is copied', () => {
  const org = `defaults:\n  policies:\n    week:\n      budget: $500\n      reset: monthly\n      alert: 99%\n      per: workspace_id\n`;
  const files = { 'policies/b.yaml': workspaceFile('ws-team-b') };
  const there = (workspace: string, id: number) => ({
    ...policyObject(uuid(id), { name: 'week', credit_limit: 500, alert_threshold: 495 }),
    workspaceId: workspace,
  });

  it('says a thing once, of the first workspace', () => {
    const [finding, ...others] = findingsOf('alert-too-late', { body: '', org, files });
    expect([finding?.entry?.workspace, finding?.change, others]).toEqual([
      'ws-team-a',
      'usage-policy/ws-team-a/week',
      [],
    ]);
  });

  it('says it of the workspace in which something changes', () => {
    const live = [there(uuid(1), 41)];
    const record = recordAfter({ body: '', org, live });
    const [finding, ...others] = findingsOf('alert-too-late', { body: '', org, files, live, record });
    expect([finding?.entry?.workspace, finding?.change, others]).toEqual([
      'ws-team-b',
      'usage-policy/ws-team-b/week',
      [],
    ]);
  });
});

describe('the change of a finding', () => {
  it('is the first of those that "*" makes', () => {
    const body = 'keys:\n  "*":\n    rate: 7 tokens/minute\n';
    const live = [keyObject('app', uuid(11)), keyObject('web', uuid(12))];
    const [finding] = findingsOf('token-rate-below-one-call', { body, live });
    expect(finding?.change).toBe('key-limits/ws-team-a/app');
    const [none] = findingsOf('token-rate-below-one-call', {
      body,
      live: live.map((object) => ({
        ...object,
        row: { ...object.row, rate_limits: [{ type: 'tokens', unit: 'rpm', value: 7 }] },
      })),
    });
    expect([none?.change, none?.entry]).toEqual([null, { kind: 'key-limits', workspace: 'ws-team-a', name: '*' }]);
  });

  it('is that of the first key that changes, not of the first key', () => {
    const same = { rate_limits: [{ type: 'tokens', unit: 'rpm', value: 7 }] };
    const live = [keyObject('app', uuid(11), same), keyObject('web', uuid(12))];
    const [finding] = findingsOf('token-rate-below-one-call', {
      body: 'keys:\n  "*":\n    rate: 7 tokens/minute\n',
      live,
    });
    expect(finding?.change).toBe('key-limits/ws-team-a/web');
  });

  it('is the first of two that one policy has, as a replacement that was cut short leaves them', () => {
    const files = [
      { path: 'org.yaml', text: orgFile() },
      { path: 'a.yaml', text: workspaceFile('ws-team-a', `policies:\n  a:\n    ${spend}    per: workspace_id\n`) },
    ];
    const desired = desiredFrom(files);
    const live = liveOf([]);
    const { plan, resolved } = buildPlan({ desired, live, record: null, now });
    const changes = (plan?.changes ?? []).flatMap((change) => [change, { ...change, id: `${change.id}#left` }]);
    const facts = {
      ...buildFileFacts(desired, files, reviewInFiles(desired)),
      index: new LiveIndex(live),
      resolved,
      changes,
      recordLines: [],
      hasRecord: false,
      now: now.getTime(),
      ...nothingRead,
    };
    const [finding] = findInPlan(facts).filter(({ rule }) => rule === 'alert-too-late');
    expect(finding?.change).toBe('usage-policy/ws-team-a/a');
  });

  it('is none for a line of a file', () => {
    const body = `# sk-${'a1b2c3d4e5f6g7h8i9j0'}\npolicies:\n  a:\n    rate: 5 requests/minute\n    per: workspace_id\n`;
    const [finding] = findingsOf('secret-in-file', { body });
    expect([finding?.entry, finding?.change, finding?.silenced, finding?.severity]).toEqual([
      null,
      null,
      null,
      'error',
    ]);
  });
});

describe('what is live alone', () => {
  const rates = [{ type: 'requests', unit: 'rpm', value: 5 }];
  const provider = 'providers:\n  openai-a:\n    rate: 5 requests/minute\n';
  const old = (more: object = {}) => [providerObject('openai-a', uuid(21), { integration_id: null, ...more })];
  const raised = (rule: string, severity: string): string => `review:\n  rules:\n    ${rule}: ${severity}\n`;

  it.each([
    ['error', 'error', 'warning'],
    ['warning', 'warning', 'warning'],
    ['info', 'info', 'info'],
  ])('at %s: where it changes %s, else %s', (severity, changed, unchanged) => {
    const org = raised('legacy-virtual-key', severity);
    const said = (live: ReturnType<typeof old>) =>
      findingsOf('legacy-virtual-key', { body: provider, org, live })[0]?.severity;
    expect([said(old()), said(old({ rate_limits: rates }))]).toEqual([changed, unchanged]);
  });

  it('is no error where only its neighbour in the file changes', () => {
    const org = raised('legacy-virtual-key', 'error');
    const body = `${provider}keys:\n  app:\n    rate: 5 requests/minute\n`;
    const live = [...old({ rate_limits: rates }), keyObject('app', uuid(11))];
    expect(findingsOf('legacy-virtual-key', { body, org, live })[0]?.severity).toBe('warning');
  });

  it('of a workspace is an error where anything in its file changes', () => {
    const org = raised('workspace-without-budget', 'error');
    const said = (live: ReturnType<typeof old>) =>
      findingsOf('workspace-without-budget', { body: provider, org, live })[0]?.severity;
    expect([said(old()), said(old({ rate_limits: rates }))]).toEqual(['error', 'warning']);
    const other = {
      'policies/b.yaml': workspaceFile(
        'ws-team-b',
        'policies:\n  a:\n    rate: 5 requests/minute\n    per: workspace_id\n',
      ),
    };
    const both = findingsOf('workspace-without-budget', {
      body: provider,
      org,
      live: old({ rate_limits: rates }),
      files: other,
    });
    expect(both.map(({ source, severity }) => `${source.file} ${severity}`)).toEqual([
      'policies/a.yaml warning',
      'policies/b.yaml error',
    ]);
  });

  it('stands beside what the files tell, which stays an error though nothing changes', () => {
    const policy = policyObject(uuid(41), { name: 'a', alert_threshold: 495 });
    const body = 'policies:\n  a:\n    budget: $500\n    reset: monthly\n    alert: 99%\n    per: workspace_id\n';
    const [finding] = findingsOf('alert-too-late', { body, org: raised('alert-too-late', 'error'), live: [policy] });
    expect([finding?.change, finding?.severity]).toEqual([null, 'error']);
  });
});

describe('severities', () => {
  it('without a record are raised by the files from each step to the next', () => {
    const of = (severity: RuleSeverity) =>
      inForce(null, { rules: { 'alert-missing': severity } }).rules['alert-missing'];
    expect((['off', 'info', 'warning', 'error'] as const).map(of)).toEqual(['warning', 'warning', 'warning', 'error']);
  });

  const body = `policies:\n  a:\n    ${spend}    per: workspace_id\n`;
  const files = (org: string) => [
    { path: 'org.yaml', text: orgHead + chatChannel + org },
    { path: 'a.yaml', text: workspaceHead + body },
  ];

  it('of a rule that is off finds nothing, and every other as it is written', () => {
    const said = (severity: string) =>
      findIn(files(`review:\n  rules:\n    alert-too-late: ${severity}\n`)).map((finding) => finding.severity);
    expect([said('off'), said('warning'), said('error')]).toEqual([[], ['warning'], ['error']]);
    expect(findIn(files('')).map((finding) => finding.severity)).toEqual(['info']);
    expect(Object.keys(usualSeverities)).toEqual(expect.arrayContaining(fileRules.map(({ name }) => name)));
  });
});

it.each<readonly [string, string, string]>([
  ['gateway-prices-by-hand', 'gateway:\n  version: "1.11"\n', '  version:'],
  ['ceiling-exceeded', 'review:\n  require: []\n  max_monthly_budget: $1\n', 'max_monthly_budget'],
])('mistakes-F8: %s points at the setting that it is about', (rule, setting, word) => {
  const text = `${orgHead}${setting}`;
  const body = `policies:\n  a:\n    ${spend}    per: workspace_id\n`;
  const found = findIn([
    { path: 'org.yaml', text },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ]).filter((finding) => finding.rule === rule);
  const line = text.split('\n').findIndex((one) => one.includes(word)) + 1;
  expect(found.map(({ source }) => [source.file, source.line])).toEqual([['org.yaml', line]]);
});
