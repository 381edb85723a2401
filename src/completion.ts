/** Completion: what may stand where the cursor is, and the scripts that ask for it. Nothing of the line is ever evaluated. */

import type { Command, Option } from 'commander';
import { argumentValues, type Choices, type completedShells, flagValues } from './completed-values.ts';
import type { DeclaredNames } from './policy/declared-names.ts';
import { pathOfCommand } from './usage.ts';

/** What the shell is to do besides: the numbers that the scripts of cobra and its kin use. */
const directives = { files: 0, none: 4, directories: 16 } as const;
type Directive = keyof typeof directives;

/** What the policy files of a directory declare; asked only where such a name may stand. */
export type ReadNames = (directory: string) => Promise<DeclaredNames>;

interface Suggestions {
  readonly values: readonly (readonly [value: string, description: string])[];
  readonly directive: Directive;
}

/**
 * One line a suggestion, `value<TAB>description`, and a last one with what else to offer.
 *
 * @param words behind the program's name, the one at the cursor last
 */
export async function completeWords(program: Command, words: readonly string[], readNames: ReadNames): Promise<string> {
  const { values, directive } = await suggest(program, words.slice(0, -1), words.at(-1) ?? '', readNames);
  const lines = values.map(([value, description]) => (description === '' ? value : `${value}\t${description}`));
  return `${[...lines, `:${directives[directive]}`].join('\n')}\n`;
}

/** What stands before the cursor. */
interface Before {
  readonly command: Command;
  /** A flag that waits for its value. */
  readonly pending: Option | undefined;
  /** Behind `--`. */
  readonly isOnlyArguments: boolean;
  readonly given: readonly string[];
  readonly directory: string;
}

function readBefore(program: Command, before: readonly string[]): Before {
  let command = program;
  let pending: Option | undefined;
  let isOnlyArguments = false;
  let directory = 'policies';
  const given: string[] = [];
  for (const word of before) {
    if (pending !== undefined) {
      if (pending.long === '--dir') directory = word;
      pending = undefined;
    } else if (word === '--') isOnlyArguments = true;
    else if (!isOnlyArguments && word.startsWith('-')) {
      const [flag = '', value] = word.split(/=(.*)/s);
      const option = findOption(command, flag);
      if (value === undefined) pending = option?.required === true ? option : undefined;
      else if (option?.long === '--dir') directory = value;
    } else {
      const child = command.commands.find((one) => one.name() === word);
      // `help` takes the commands that it is to explain.
      if (child !== undefined && child.name() !== 'help') command = child;
      else if (child === undefined) given.push(word);
    }
  }
  return { command, pending, isOnlyArguments, given, directory };
}

async function suggest(
  program: Command,
  words: readonly string[],
  current: string,
  readNames: ReadNames,
): Promise<Suggestions> {
  const before = readBefore(program, words);
  const { command, pending, isOnlyArguments, given } = before;
  const choose = async (values: Choices): Promise<readonly string[]> =>
    typeof values === 'function' ? plainNames(values(await readNames(before.directory), given)) : values;
  const valuesOf = async (option: Option, typed: string, prefix: string): Promise<Suggestions> => {
    const choices = option.argChoices ?? (await choose(flagValues[option.flags] ?? []));
    const values = choices.filter((choice) => choice.startsWith(typed)).map((choice) => [prefix + choice, ''] as const);
    return { values, directive: pathOf(option.flags) };
  };
  if (pending !== undefined) return valuesOf(pending, current, '');
  const joined = /^(--[\w-]+)=(.*)$/s.exec(current);
  if (joined !== null && !isOnlyArguments) {
    const [, flag = '', value = ''] = joined;
    const option = findOption(command, flag);
    return option === undefined ? { values: [], directive: 'none' } : valuesOf(option, value, `${flag}=`);
  }
  if (!isOnlyArguments && current.startsWith('-')) {
    return { values: startingWith(current, flagsOf(command)), directive: 'none' };
  }
  const rows = argumentValues[pathOfCommand(command)] ?? [];
  const known = await choose(rows[given.length] ?? []);
  const values = [...commandsOf(command), ...known.map((value) => [value, ''] as const)];
  const argument = command.registeredArguments.at(given.length) ?? command.registeredArguments.at(-1);
  const isMore = argument !== undefined && (argument.variadic || given.length < command.registeredArguments.length);
  return { values: startingWith(current, values), directive: isMore ? pathOf(`<${argument.name()}>`) : 'none' };
}

/**
 * Each once. A name that a shell would read as more than a word is left out: completed, it would be run with the line, whoever wrote it
 * into the files.
 */
function plainNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => /^[\w.][\w.+/-]*$/.test(name));
}

function findOption(command: Command, flag: string): Option | undefined {
  const found = command.options.find(({ long, short }) => long === flag || short === flag);
  return found ?? (command.parent === null ? undefined : findOption(command.parent, flag));
}

function pathOf(flags: string): Directive {
  if (/<(?:dir|source)>/.test(flags)) return 'directories';
  return /<(?:file|files|path)>/.test(flags) ? 'files' : 'none';
}

function flagsOf(command: Command): (readonly [string, string])[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long, short, description }) =>
    [long, short].flatMap((flag) => (flag == null ? [] : [[flag, description] as const])),
  );
}

function commandsOf(command: Command): (readonly [string, string])[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => [one.name(), one.description()] as const);
}

function startingWith<T extends readonly [string, string]>(current: string, values: readonly T[]): T[] {
  return values.filter(([value]) => value.startsWith(current));
}

/** Words go to tollgate as they were typed; a script that expanded them would run what stands in `$(…)`. */
export const completionScripts: Readonly<Record<(typeof completedShells)[number], string>> = {
  bash: String.raw`# bash completion for tollgate; needs nothing else
_tollgate() {
  local word line directive=4 isSplit='' isSkipped='' last index
  local -a words=()
  COMPREPLY=()
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${'$'}{COMP_WORDS[index]}
    last=$((${'$'}{#words[@]} - 1))
    # bash parts words at "=".
    if [[ $word == '=' && $last -ge 0 && ${'$'}{words[last]} == --* ]]; then
      words[last]+='='
      isSplit=yes
    elif [[ -n $isSplit ]]; then
      words[last]+=$word
      isSplit=''
      [[ $index -eq $COMP_CWORD ]] && isSplit=yes
    elif [[ -n $isSkipped && $index -lt $COMP_CWORD ]]; then
      isSkipped=''
    elif [[ $word =~ ^[0-9]*[\<\>] && $index -lt $COMP_CWORD ]]; then
      isSkipped=yes
    else
      words+=("$word")
    fi
  done
  if [[ -n $isSkipped ]]; then
    directive=0
  else
    while IFS= read -r line; do
      case $line in
        :*) directive=${'$'}{line#:} ;;
        *)
          line=${'$'}{line%%$'\t'*}
          [[ -n $isSplit ]] && line=${'$'}{line#*=}
          COMPREPLY+=("$line")
          ;;
      esac
    done < <(tollgate complete -- "${'$'}{words[@]}" 2>/dev/null)
  fi
  word=${'$'}{COMP_WORDS[COMP_CWORD]}
  [[ $word == '=' ]] && word=''
  local -a kinds=([0]=-f [16]=-d) readline=([0]=default [16]=dirnames)
  [[ -z ${'$'}{kinds[directive]:-} ]] && return
  # Readline quotes what it finds itself; bash 3 cannot be told to.
  compopt -o "${'$'}{readline[directive]}" 2>/dev/null && return
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "${'$'}{kinds[directive]}" -- "$word")
}
complete -F _tollgate tollgate
`,
  zsh: String.raw`#compdef tollgate
# zsh completion for tollgate
_tollgate() {
  local line directive=4
  local -a found
  while IFS= read -r line; do
    case $line in
      :*) directive=${'$'}{line#:} ;;
      *$'\t'*) found+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}") ;;
      *) found+=("${'$'}{line//:/\\:}") ;;
    esac
  done < <(tollgate complete -- "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe tollgate found
  [[ $directive == (0|16) ]] || return
  [[ $PREFIX == --*=* ]] && compset -P '*='
  if [[ $directive == 16 ]]; then _files -/; else _files; fi
}
if [[ ${'$'}{funcstack[1]} == _tollgate ]]; then
  _tollgate "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _tollgate tollgate
fi
`,
  fish: String.raw`# fish completion for tollgate
function __tollgate_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l directive 4
    for line in (tollgate complete -- $words "$current" 2>/dev/null)
        if string match -q -- ':*' "$line"
            set directive (string sub -s 2 -- "$line")
        else
            printf '%s\n' "$line"
        end
    end
    set -l flag (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    switch $directive
        case 0
            printf "$flag%s\n" (__fish_complete_path "$path")
        case 16
            printf "$flag%s\n" (__fish_complete_directories "$path" '')
    end
end
complete -c tollgate -e
complete -c tollgate -f -a '(__tollgate_complete)'
`,
  powershell: `# PowerShell completion for tollgate
Register-ArgumentCompleter -Native -CommandName tollgate -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $current = "$wordToComplete"
    # Before 7.3 an empty word is dropped on its way to a program.
    if ($current -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3') { $current = '""' }
    $directive = 4
    $found = @(foreach ($line in @(& tollgate complete '--' @words $current 2>$null)) {
        if ($line.StartsWith(':')) { $directive = [int]$line.Substring(1); continue }
        $value, $text = $line -split ([char]9), 2
        if (-not $text) { $text = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
    })
    # Nothing at all makes PowerShell offer files.
    if ($found.Count -gt 0) { $found } elseif ($directive -eq 4) { '' }
}
`,
};
