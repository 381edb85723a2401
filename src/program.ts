/** The command line: commands, flags and what they mean. Wiring only; each command is a function in commands/. */

import { Command, Option } from 'commander';
import { addFileCommands, addRevertCommand } from './file-commands.ts';
import { addExamples } from './help-examples.ts';
import { addLogCommands, addReplayCommands } from './log-commands.ts';
import {
  addCommonOptions,
  addPlanOptions,
  addServiceOptions,
  addSourceOptions,
  asOption,
  backendOption,
  dataFormatOption,
  dirOption,
  formatOption,
  logsOption,
  parseDaysOrNone,
  parseLimit,
  parsePercentage,
  planFormatOption,
  quietOption,
  stateOption,
  statusFormatOption,
  workspaceOption,
} from './options.ts';
import { addReferenceCommands } from './reference-commands.ts';
import type { CommonOptions } from './run/session.ts';
import { addEmulateCommand, addMcpCommand } from './serve-commands.ts';
import { addCommand, commonOf, flagsOf, type GlobalFlags, type Start } from './start-command.ts';
import { addTwins } from './twin-commands.ts';
import { collectFlag, describeCommand, describeOption, findCommand, guardUsage } from './usage.ts';

export function buildProgram(version: string, start: Start): Command {
  const program = new Command('tollgate')
    .description('GitOps for LLM budgets on a Portkey AI gateway: plan what the files change, apply what was reviewed')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--no-color', 'never use colour (NO_COLOR does the same)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ optionDescription: describeOption, subcommandTerm: describeCommand })
    .helpCommand(false)
    .addHelpText('after', helpText);

  addFileCommands(program, start);

  addSourceOptions(
    addPlanOptions(addCommand(program, 'plan', 'show what the files change'), planFormatOption()).addOption(
      logsOption('none'),
    ),
  )
    .option('--detailed-exitcode', 'exit 2 when there are changes', false)
    .option(
      '--out <file>',
      'save the plan for review and `apply --plan`, or with --format html the page; `-`: on stdout, alone',
    )
    .option(
      '--changed-from <branch>',
      'plan only where policy files differ from where this commit left that branch of the remote',
    )
    .option('--note', 'also tell it on the merge request that this GitLab job is for, in one note', false)
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runPlan } = await import('./commands/plan.ts');
        const { source: rowsFrom, ...rest } = options;
        return runPlan({ ...commonOf(options), ...rest, rowsFrom }, session);
      }),
    );

  addPlanOptions(addCommand(program, 'apply', 'carry the plan out and record it'))
    .option('-y, --yes', 'do not ask', false)
    .addOption(
      new Option('--plan <file>', 'apply what was reviewed in this saved plan, and nothing else; may be repeated')
        .default([], 'none')
        .argParser(collectFlag),
    )
    .option('--approve <digest>', 'apply only if the plan has this digest')
    .option('--returns', 'apply only what `until:` of the last apply has made due, without asking', false)
    .option('--allow-dirty', 'apply files that no commit of the default branch holds: as made by hand', false)
    .option('--take-over <run>', 'take over the claim of a run that has ended')
    .addOption(asOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runApply } = await import('./commands/apply.ts');
        return runApply({ ...commonOf(options), ...options }, session);
      }),
    );

  addCommonOptions(addCommand(program, 'import', 'write policy files from what is live, or add it to those there are'))
    .option('--environment <name>', 'name of the environment; needed where there are no policy files yet')
    .option('--accept-drift', 'write live values over what drifted, instead of adding what is unmanaged', false)
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runImport } = await import('./commands/import.ts');
        return runImport({ ...commonOf(options), ...options }, session);
      }),
    );

  addCommonOptions(
    addCommand(program, 'drift', 'show what moved live since the last apply, and what is still owed to Git'),
  ).action((options) =>
    start(flagsOf(program, options), async (session) => {
      const { runDrift } = await import('./commands/drift.ts');
      return runDrift(commonOf(options), session);
    }),
  );

  addServiceOptions(addCommand(program, 'history', 'list the applies: who, when, which commit, what became of it'))
    .addOption(new Option('--limit <number>', 'how many at most, the latest first').default(20).argParser(parseLimit))
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runHistory } = await import('./commands/history.ts');
        return runHistory({ ...commonOf(options), limit: options.limit }, session);
      }),
    );

  addServiceOptions(addCommand(program, 'show', 'show one apply with its outcomes'))
    .argument('[record]', 'latest, ~1 for the one before, or the first digits of a record in `history`', 'latest')
    .option('--files <dir>', 'also write the policy files as applied into this empty directory, for a revert')
    .action((name: string, options) =>
      start(flagsOf(program, options), async (session) => {
        const { runShow } = await import('./commands/show.ts');
        return runShow({ ...commonOf(options), record: name, files: options.files }, session);
      }),
    );

  addRevertCommand(program, start);

  addCommand(program, 'estimate', 'what a token budget costs in dollars, or a dollar budget buys in tokens')
    .requiredOption('--budget <amount>', 'as in the files, such as \'$500\' or "2M tokens"')
    .requiredOption('--model <@provider/model>', 'a model as in requests; may be repeated', collectFlag)
    .option('--mix <input:output>', 'parts of input and output tokens (default: 3:1, and said to be assumed)')
    .option('--pricing <source>', 'address or folder of price files (default: `pricing.source`, else the service)')
    .option('--offline', 'make no request for prices: use the copies on this machine', false)
    .addOption(
      new Option('--integration <slug>', 'its own prices count for models @slug/…; needs a key; may be repeated')
        .default([], 'none')
        .argParser(collectFlag),
    )
    .addOption(dirOption())
    .addOption(formatOption())
    .addOption(backendOption())
    .addOption(stateOption())
    .addOption(quietOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runEstimate } = await import('./commands/estimate.ts');
        return runEstimate(options, session);
      }),
    );

  addReplayCommands(program, start);

  const record = program.command('record').description('the applied record');
  addServiceOptions(
    addCommand(record, 'rebuild', "make a lost record from a commit's files and what is live"),
    dataFormatOption(),
  )
    .requiredOption('--from <commit>', 'the commit that was applied last')
    .option('-y, --yes', 'replace a record that is there', false)
    .addOption(asOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runRecordRebuild } = await import('./commands/record-rebuild.ts');
        const { from, yes, as } = options;
        return runRecordRebuild({ ...commonOf(options), from, yes, as }, session);
      }),
    );
  addServiceOptions(
    addCommand(record, 'move', 'carry the record over to the environment, directory or ref that the files name now'),
    dataFormatOption(),
  )
    .option('--from <ref>', 'where the record is (default: it is looked for)')
    .option('-y, --yes', 'do not ask', false)
    .addOption(asOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runRecordMove } = await import('./commands/record-move.ts');
        const { from, yes, as } = options;
        return runRecordMove({ ...commonOf(options), from, yes, as }, session);
      }),
    );

  addServiceOptions(
    addCommand(program, 'status', 'show what is consumed of every budget, and spend over a window'),
    statusFormatOption(),
  )
    .addOption(workspaceOption())
    .addOption(new Option('--over <percent>', 'only budgets at this percent or more').argParser(parsePercentage))
    .addOption(
      new Option(
        '--since <days>',
        'window of the spend trends, such as 7d; none leaves them out (default: 30d, none for more than 25 workspaces)',
      ).argParser(parseDaysOrNone),
    )
    .option('--out <file>', 'with --format html: where to write the page')
    .option(
      '--detailed-exitcode',
      'exit 2 when a budget is at --over (without it: used up), 6 when that is unknown of one',
      false,
    )
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runStatus } = await import('./commands/status.ts');
        const { over, since, out, format, detailedExitcode } = options;
        return runStatus({ ...commonOf(options), format, over, since, out, detailedExitcode }, session);
      }),
    );

  addServiceOptions(
    addCommand(program, 'notify', 'tell people of thresholds, run-outs and what else they asked for, each once'),
    dataFormatOption(),
  )
    .addOption(workspaceOption())
    .option('--dry-run', 'say what would be told; send and remember nothing', false)
    .addOption(
      new Option('--test <channel>', 'send a test message on this channel, and nothing else').conflicts('dryRun'),
    )
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runNotify } = await import('./commands/notify.ts');
        const { dryRun, test } = options;
        return runNotify({ ...commonOf(options), dryRun, test }, session);
      }),
    );

  addServiceOptions(addCommand(program, 'reset', 'free a used-up counter of a budget; asks first'), dataFormatOption())
    .argument('<limit>', 'name or id of a policy, key, provider or integration with a budget')
    .addOption(workspaceOption('only in this workspace; may be repeated'))
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(['policy', 'key', 'provider', 'integration']))
    .option('--counter <name>', 'of a policy: only this counter (default: all that are used up)')
    .option('-y, --yes', 'do not ask', false)
    .action((limit: string, options) =>
      start(flagsOf(program, options), async (session) => {
        const { runReset } = await import('./commands/reset.ts');
        const { kind, counter, yes } = options;
        return runReset({ ...commonOf(options), limit, kind, counter, yes }, session);
      }),
    );

  addTwins(program, addCommand, (twin, options) => {
    const { format } = options;
    // Of CSV nothing is made fit for a screen.
    const flags = {
      ...flagsOf(program, options as Partial<CommonOptions>),
      format: format === 'csv' ? 'markdown' : format,
    };
    return start(flags as GlobalFlags, async (session) => {
      const { runAsk } = await import('./commands/ask.ts');
      const common = commonOf(options as unknown as CommonOptions);
      return runAsk({ ...common, workspace: [], format, twin, given: options }, session);
    });
  });

  addLogCommands(program, start);

  addMcpCommand(program, start);

  addServiceOptions(addCommand(program, 'doctor', 'show what this key and this control plane allow; writes nothing'))
    .addOption(workspaceOption('try it in this workspace; of several, in the first', 'one that the files name'))
    .addOption(new Option('--environment <name>', 'environment of GitHub that holds the apply key').default('tollgate'))
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runDoctor } = await import('./commands/doctor.ts');
        return runDoctor({ ...commonOf(options), environment: options.environment }, session);
      }),
    );

  addEmulateCommand(program, start);

  addReferenceCommands(program, start);

  addCommand(program, 'help', 'print help of a command')
    .argument('[command...]')
    .action((names: string[]) => findCommand(program, names).outputHelp());

  addExamples(program);
  guardUsage(program);
  return program;
}

const helpText = `
Environment:
  PORTKEY_API_KEY    admin key of the organisation (never a flag)
  PORTKEY_BASE_URL   control plane, default https://api.portkey.ai/v1
  TOLLGATE_SEAL_KEY  seals the applied record; default: derived from the admin key
  TOLLGATE_GIT_ENV   names of further variables that Git is started with
  TOLLGATE_NOTIFY_…  for \`notify\`: secrets of channels, by the names in org.yaml
  GITHUB_TOKEN       for \`doctor\`: reads the repository's settings on GitHub
  CI                 set by CI systems: only files of a commit are applied
  HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS, NO_COLOR and FORCE_COLOR are honoured

Exit codes:
  0  done, or nothing to do            4  stale, claimed or rewound
  1  files, usage, record or tool      5  partly applied
  2  changes, or a budget is over      6  service unreachable or access refused
     (drift, --detailed-exitcode)
  3  a guard objects                 129, 130, 143  interrupted: nothing was written`;
