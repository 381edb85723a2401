/**
 * What was made of files that ask for nothing newer is made of them still, byte for byte and for the same requests: no `until:`, no `groups:`, no rule
 * of approval, no price, no amount for workspaces without a file, and a file for every workspace.
 *
 * The fixtures are older than all of these. They were written by this very file, in a work tree of the last commit that had none of them:
 *
 *     git worktree add /tmp/before e2be6f6a && cp test/stories/as-before.test.ts /tmp/before/test/stories/
 *     cd /tmp/before && npm ci && npx vitest run test/stories/as-before.test.ts --update && cp -r test/fixtures/plans-as-before …
 *
 * Never write them with `--update` here: a difference is a change for everybody who asked for nothing.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../src/emulator/sample/record.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator, type Emulator } from '../../src/emulator/server.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { digestPlan } from '../../src/plan/build-plan.ts';
import type { PlanFile } from '../../src/plan/plan-file.ts';
import { type Rig, startRig } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import {
  keyA1,
  keyA2,
  keyRow,
  ratePolicyRow,
  requestRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';

type Files = Readonly<Record<string, string>>;

/** The one member that is new where every workspace has a file: that somebody has looked. */
const whereAllHaveFiles =
  /\n *"undeclared": \{\n *"as_of": (?:null|"[^"]+"),\n *"workspaces": \[\],\n *"excepted": \[\]\n *\},/g;

/** The digest is over it. */
const url = 'http://127.0.0.1:8788/v1';

function emulatorOf(state: Partial<StoreState>): Emulator {
  const made = createEmulator({ acceptKeys: adminKey, now: () => new Date(testNow), state });
  return { ...made, url, port: 8788, close: async () => {} };
}

/** A folder of work, whose every answer is kept. */
class Telling {
  readonly #told: string[] = [];
  readonly #rig: Rig;
  /** Digests by what they would be if the record lay elsewhere: here it lies in another folder each time. */
  readonly #digests = new Map<string, string>();

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async ask(name: string, running: () => ReturnType<Rig['plan']>): Promise<void> {
    const { requests } = this.#rig.emulator;
    requests.clear();
    const { exit, stdout } = await running();
    const asked = Object.entries(requests.counts).map(([route, count]) => `${route}: ${count}`);
    this.#told.push(`# ${name}: exit ${exit}\n${stdout.trimEnd()}\n\n${asked.sort().join('\n')}\n`);
  }

  /** In every form in which somebody may read it. */
  async plans(name: string, options: Parameters<Rig['plan']>[0] = {}): Promise<void> {
    const plan = (format: string, more: Parameters<Rig['plan']>[0]) =>
      this.ask(`${name}, ${format}`, () => this.#rig.plan({ ...options, ...more }));
    await plan('verbose', { verbose: true });
    await plan('markdown', { format: 'markdown' });
    await plan('JSON', { format: 'json' });
    await plan('the file for apply', { out: '-' });
    await this.briefly(name, options);
    await this.ask(`${name}, drift as JSON`, () => this.#rig.drift({ format: 'json' }));
  }

  async briefly(name: string, options: Parameters<Rig['plan']>[0] = {}): Promise<void> {
    await this.#learnDigest();
    await this.ask(`${name}, text`, () => this.#rig.plan(options));
    await this.ask(`${name}, without its impact`, () => this.#rig.plan({ ...options, impact: false }));
    await this.ask(`${name}, drift`, () => this.#rig.drift());
  }

  async #learnDigest(): Promise<void> {
    const { stdout } = await this.#rig.plan({ out: '-' });
    const { base_url: baseUrl, record_lines, changes, ...file } = JSON.parse(stdout) as PlanFile;
    const { gateway, pricing_source: pricingSource } = file.interprets;
    const recordLines = record_lines.map(({ live_id: liveId, ...line }) =>
      liveId === null ? line : { ...line, liveId },
    );
    const interprets = { gateway, pricingSource };
    const { environment } = file;
    const digest = digestPlan({ environment, baseUrl, place: 'file record.json', interprets, changes, recordLines });
    this.#digests.set(file.digest, digest);
  }

  record(): void {
    this.#told.push(`# the record\n${JSON.stringify(this.#rig.readRecord(), null, 1)}\n`);
  }

  text(): string {
    const told = this.#told
      .join('\n')
      .replaceAll(this.#rig.folder, 'FOLDER')
      // Over what stands beside it.
      .replaceAll(/"checksum": "\w+"/g, '"checksum": "…"')
      .replaceAll(whereAllHaveFiles, '');
    return [...this.#digests].reduce(
      (text, [from, to]) => text.replaceAll(from, to).replaceAll(from.slice(0, 32), to.slice(0, 32)),
      told,
    );
  }
}

function sampleFiles(edit: (text: string) => string = (text) => text): Files {
  const folder = join(import.meta.dirname, '../../policies');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
  // A new rate is held against calls: that is another story.
  const isNew = / {2}slack-tools:\n(?: {4}.*\n)+/;
  const files = paths
    .sort()
    .map((path) => [path, edit(readFileSync(join(folder, path), 'utf8').replace(isNew, ''))] as const);
  return {
    ...Object.fromEntries(files),
    'workspaces/sandbox.yaml': workspaceFile('ws-sandbox-2b7e90', 'skip_defaults: [key-ceiling, burst-guard]\n'),
  };
}

/** All that the plan's guards ask for. */
async function wordsOf(rig: Rig): Promise<string[]> {
  const { stdout } = await rig.plan({ format: 'json' });
  const { violations } = JSON.parse(stdout) as { violations: { allow: string | null }[] };
  return violations.flatMap(({ allow }) => allow ?? []);
}

test('the sample: as it is, with other budgets, and applied', async () => {
  const now = new Date(testNow);
  const rig = await startRig({ emulator: emulatorOf(sampleSeed(now)), files: sampleFiles() });
  const telling = new Telling(rig);
  await telling.briefly('without a record');
  rig.writeRecord(sampleRecord(now, url) as unknown as AppliedRecord);
  await telling.plans('as it is');
  rig.write(
    sampleFiles((text) => text.replace('$500', '$900').replace('$3,000', '$2,000').replace('$2,700', '$1,800')),
  );
  await telling.plans('other budgets');
  const allow = await wordsOf(rig);
  await telling.ask('applied', () => rig.apply({ allow }));
  telling.record();
  await telling.briefly('nothing to do');
  await expect(telling.text()).toMatchFileSnapshot('../fixtures/plans-as-before/sample.txt');
});

test('limits of every kind: a first sight, an apply, something moved by hand, and all taken out of Git', async () => {
  const review = 'review: {max_monthly_budget: $9000, guards: {spend_up: warn}}\n';
  const a = (budget: string) =>
    workspaceFile(
      'ws-team-a',
      `limits:\n  budget: ${budget}\n  reset: monthly\n  alert: 80%\n` +
        `policies:\n  spend:\n    budget: $300\n    reset: weekly\n    per: api_key\n  burst:\n    rate: 100 requests/minute\n    per: workspace_id\n` +
        `keys:\n  app:\n    budget: $20\n    reset: monthly\n    rates: [50 requests/minute]\n` +
        `providers:\n  openai-a:\n    budget: $70\n    reset: monthly\n` +
        `integrations:\n  openai-prod:\n    budget: $90\n    reset: monthly\n`,
    );
  const b = workspaceFile('ws-team-b');
  const files = (budget: string, org = review): Files => ({
    'org.yaml': orgFile(org),
    'a.yaml': a(budget),
    'b.yaml': b,
  });
  // A changed rate is held against calls: that is another story.
  const app = keyRow('app', keyA1, teamA, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 50 }] });
  const state = smallState({
    apiKeys: [app, keyRow('batch', keyA2, teamA), keyRow('web', uuid(13), teamB)],
    ratePolicies: [ratePolicyRow('burst', uuid(90), teamA, { unit: 'rpm', value: 100 })],
    usagePolicies: [usagePolicyRow('by-hand', uuid(301), teamB, { credit_limit: 800 })],
    requestLogs: [
      requestRow({ cost: 2_000, api_key_id: keyA1 }),
      requestRow({ id: uuid(0xf02), workspace_id: teamB, cost: 12_000 }),
    ],
  });
  const rig = await startRig({ emulator: emulatorOf(state), files: files('$500') });
  const telling = new Telling(rig);
  await telling.briefly('at first');
  await telling.ask('applied', () => rig.apply());
  telling.record();
  await telling.briefly('nothing to do');
  rig.write(files('$900'));
  await telling.plans('a budget that rises');
  rig.write(files('$500', ''));
  await telling.briefly('a setting that goes');
  rig.write(files('$500'));
  const own = rig.emulator.store.state.usagePolicies.find(({ workspace_id }) => workspace_id === teamA);
  if (own !== undefined) own.credit_limit = 4_000;
  await telling.plans('moved by hand');
  const rates =
    'policies:\n  burst:\n    rate: 100 requests/minute\n    per: workspace_id\nkeys:\n  app:\n    rates: [50 requests/minute]\n';
  rig.write({ ...files('$500'), 'a.yaml': workspaceFile('ws-team-a', rates) });
  await telling.briefly('taken out of Git');
  await expect(telling.text()).toMatchFileSnapshot('../fixtures/plans-as-before/every-kind.txt');
});
