/** Lines that `--help` shows below a command: how it is called most, and the call that people ask for. A test reads and runs them. */

import type { Command } from 'commander';
import { everyCommand, pathOfCommand } from './usage.ts';

/** The words behind `tollgate`, and what they are for. */
type Example = readonly [line: string, does: string];

/** By the words of the command. */
export const helpExamples: Readonly<Record<string, readonly Example[]>> = {
  validate: [
    ['validate', 'the files below policies/'],
    ['validate policies/org.yaml', 'the problems that this file has or causes'],
    ['validate --format sarif > tollgate.sarif', 'for code scanning'],
  ],
  init: [
    ['init --dry-run', 'what it would write'],
    ['init --ci none', 'the policy files alone'],
  ],
  fmt: [
    ['fmt', 'all files below policies/'],
    ['fmt --check', 'writes nothing; exit 1 where a file would change'],
  ],
  plan: [
    ['plan', 'what an apply would do'],
    ['plan --workspace ws-search -v', 'one workspace, with what no file declares'],
    ['plan --out plan.json', 'kept, for `apply --plan plan.json`'],
    ['plan --backend emulator', 'without a gateway: against a stand-in'],
  ],
  apply: [
    ['apply', 'shows the plan and asks'],
    ['apply --plan plan.json -y', 'what was reviewed, and nothing else'],
    ['apply --only usage-policy/nightly-jobs', 'one change'],
    ['apply --returns', 'every hour: what `until:` has made due'],
  ],
  import: [
    ['import --environment production', 'the first files, from what is live'],
    ['import', 'adds what is live and in no file'],
    ['import --accept-drift', 'takes over what was changed by hand'],
  ],
  drift: [['drift', 'exit 2 when something moved or is owed']],
  history: [['history --limit 5', 'the latest five']],
  show: [
    ['show', 'the latest apply'],
    ['show ~1 --files before', 'the one before it, and its policy files'],
  ],
  revert: [['revert ~1 --dry-run', 'the edit that would take back the apply before the last']],
  estimate: [['estimate --budget "10M tokens" --model @openai/gpt-4o', 'what it costs']],
  backtest: [
    ['backtest --logs calls.jsonl', 'the policy files over these calls'],
    ['backtest --limit "per user $20 monthly"', 'a limit that no file has yet'],
  ],
  recommend: [['recommend --by user', 'the smallest budget that stops nobody']],
  'record rebuild': [['record rebuild --from v1.4', 'of the commit that was applied last']],
  'record move': [['record move', 'after `environment:` or `record:` has changed']],
  status: [
    ['status --over 80', 'budgets that are nearly used up'],
    ['status --since none', 'without the trends, which take requests'],
    ['status --format html --out spend.html', 'a page for who pays'],
  ],
  notify: [
    ['notify --dry-run', 'who would be told of what'],
    ['notify --test mail', 'a test message on the channel `mail`'],
  ],
  reset: [['reset nightly-jobs --workspace ws-batch', 'its counters start at zero again']],
  workspaces: [['workspaces', 'and which have a file']],
  'usage cost': [['usage cost --workspace ws-search --since 7d', 'the last week']],
  'usage requests': [['usage requests --workspace ws-search', 'the last 30 days']],
  'usage tokens': [['usage tokens --workspace ws-search --model openai__gpt-4o', 'of one model']],
  'usage users': [['usage users --workspace ws-search --format csv', 'for a spreadsheet']],
  'usage models': [['usage models --workspace ws-search', 'against the 30 days before']],
  'usage providers': [['usage providers --workspace ws-search', 'by provider']],
  'usage metadata': [['usage metadata team --workspace ws-search', 'by what callers send as `team`']],
  keys: [['keys --only expiring', 'those that stop working soon']],
  policies: [['policies --only drifted', 'those that were changed by hand']],
  explain: [['explain --workspace ws-search --model @openai/gpt-4o', 'why a call is refused']],
  rates: [['rates --workspace ws-search', 'with the peak of 7 days']],
  'logs list': [['logs list --workspace ws-search --sort cost', 'the dearest calls first']],
  'logs show': [['logs show 0b9e6d2c', 'one call']],
  'logs exports': [['logs exports --workspace ws-search', 'who took calls away']],
  'logs export': [['logs export --workspace ws-search --since 7d', 'a week of calls in a file']],
  'logs pull': [['logs pull --since 90d --keep 180d', 'what is missing of 90 days']],
  'logs spend': [['logs spend --by user --since 30d', 'of the store']],
  'logs top': [['logs top calls.jsonl --order tokens', 'of a file']],
  'logs audit': [['logs audit 2026-Q3', 'a quarter in one file']],
  configs: [['configs --workspace ws-search', 'with ways round a limit']],
  models: [['models --workspace ws-search', 'with their prices']],
  'propose create': [
    ["propose create ws-search key/ci --budget '$50' --reset monthly", 'quoted, as a shell takes $50 away'],
  ],
  'propose set': [["propose set ws-search policy/total --budget '$800'", 'a pull request that raises it']],
  'propose delete': [['propose delete ws-search policy/trial', 'takes it out']],
  'propose recipients': [['propose recipients ws-search key/ci --to a@example.com', 'who gets its mail']],
  'propose import': [['propose import ws-search', 'what is live and in no file']],
  'propose show': [['propose show', 'which are open']],
  feedback: [['feedback --trace 3f9c1a --rating LIKE', 'a good call']],
  mcp: [
    ['mcp --read-only', 'over stdio, for one agent'],
    ['mcp --http 8790 --toolsets usage', 'over HTTP on this machine'],
  ],
  doctor: [['doctor', 'what works with this key, and what to do']],
  emulate: [
    ['emulate --state emulated', 'kept over restarts'],
    ['emulate --fault "PUT /policies/** 429 p=0.2"', 'every fifth write is refused'],
  ],
  schema: [
    ['schema', 'lists what there is'],
    ['schema workspace > workspace.schema.json', 'for an editor without network'],
  ],
  rules: [['rules alert-missing', 'what it finds, and the fix']],
  completion: [['completion bash > ~/.tollgate.bash', 'then, in ~/.bashrc: . ~/.tollgate.bash']],
  help: [['help record rebuild', 'the same as `record rebuild --help`']],
};

export function addExamples(program: Command): void {
  for (const command of everyCommand(program)) {
    const examples = helpExamples[pathOfCommand(command)];
    if (examples !== undefined) command.addHelpText('after', `\n${renderExamples(examples)}`);
  }
}

function renderExamples(examples: readonly Example[]): string {
  const lines = examples.map(([line, does]) => {
    const whole = `  tollgate ${line}`;
    // In one line where both fit.
    return whole.length + does.length + 4 <= 80 ? `${whole}  # ${does}` : `  # ${does}\n${whole}`;
  });
  return `Examples:\n${lines.join('\n')}`;
}
