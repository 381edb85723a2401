/** What is looked at: the sample organisation, and one whose names were chosen by somebody who means harm. */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStatus } from '../../src/commands/status.ts';
import type { Plan } from '../../src/plan/types.ts';
import { goOn } from '../../src/run/prepare.ts';
import { startRun } from '../../src/run/start.ts';
import { root } from '../helpers/bundle.ts';
import { startRig, succeed } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { requestRow, smallState, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, startWorld, workspaceFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

const common = {
  dir: 'policies',
  workspace: [],
  format: 'text',
  backend: 'emulator',
  concurrency: 4,
  quiet: true,
  verbose: false,
} as const;

/** Text of a policy file → its text as edited. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

/** The sample's policies in a folder of their own. */
function copySample(edits: Edits): string {
  const folder = makeFolder();
  cpSync(join(root, 'policies'), join(folder, 'policies'), { recursive: true });
  for (const [path, edit] of Object.entries(edits)) {
    const file = join(folder, 'policies', path);
    const [before, after] = [readFileSync(file, 'utf8'), edit(readFileSync(file, 'utf8'))];
    if (before === after) throw new Error(`nothing to edit in ${path}`);
    writeFileSync(file, after);
  }
  return folder;
}

/** The plan of the sample, on the emulator. */
export async function samplePlan(edits: Edits = {}, only: readonly string[] = []): Promise<Plan> {
  const session = testSession({ cwd: copySample(edits) });
  const options = { ...common, mode: 'sync', only, allow: [], impact: true } as const;
  const started = await startRun(options, session);
  if ('plan' in started) throw new Error(JSON.stringify(started.diagnostics));
  const prepared = await goOn(started, session);
  await started.open.close();
  if (prepared.plan === null) throw new Error(JSON.stringify(prepared.diagnostics));
  return prepared.plan;
}

/** The page about the sample organisation. */
export async function samplePage(): Promise<string> {
  const session = testSession({ cwd: copySample({}) });
  return (await runStatus({ ...common, format: 'html', since: 30 }, session)).output;
}

/** Names that act where they are not escaped, hide, turn around, or are longer than any line. */
const hostileNames = [
  `"><script>document.title='acted'</script>`,
  `<img src=x onerror="document.title='acted'">`,
  '`code` **bold** [link](https://evil.example.com) ![picture](https://evil.example.com/x.png) @everyone #1',
  '| a | b |\n|---|---|\n| c | d |',
  '\u202egnihton \u2066seod ti\u2069 \u200b\u200b',
  `</style></svg></title><h1>big</h1>`,
  'a-name-without-an-end-'.repeat(20),
  '$x^2$ :tada: <details open><summary>x</summary>',
] as const;

/** So many new policies with such names. */
export async function hostilePlan(count: number): Promise<Plan> {
  const names = Array.from({ length: count }, (_, index) => `${index} ${hostileNames[index % hostileNames.length]}`);
  const entries = names.map(
    (name, index) =>
      `  p${index}:\n    name: ${JSON.stringify(name.slice(0, 255))}\n    budget: $${index + 1}\n    reset: monthly\n    per: workspace_id\n`,
  );
  const world = await startWorld({ state: smallState(), inProcess: true });
  try {
    return await world.planOk({
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile('ws-team-a', `policies:\n${entries.join('')}`),
    });
  } finally {
    await world.close();
  }
}

/** The page of a workspace in which everything that can be named is named so. */
export async function hostilePage(): Promise<string> {
  const of = (index: number): string => hostileNames[index % hostileNames.length]?.slice(0, 255) ?? '';
  const entity = {
    current_usage: 9_000,
    status: 'active',
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  } as const;
  const rig = await startRig({
    state: smallState({
      workspaces: [workspaceRow('ws-team-a', teamA, { name: of(0) })],
      usagePolicies: hostileNames.map((_, index) =>
        usagePolicyRow(of(index), uuid(101 + index), teamA, {
          entities: { [`workspace_id:${teamA}`]: { ...entity, id: uuid(700 + index) } },
        }),
      ),
      requestLogs: hostileNames.map((_, index) =>
        requestRow({
          id: uuid(0x3000 + index),
          ai_model: of(index),
          metadata: { _user: of(index) },
          cost: index * 100,
        }),
      ),
    }),
  });
  try {
    return (await succeed(rig.status({ format: 'html', since: 30 }))).stdout;
  } finally {
    await rig.close();
  }
}

/** A file for a browser to open. */
export function writePageFile(name: string, html: string): string {
  const folder = makeFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  return `file://${file}`;
}
