import type { Checkout } from '../checkout/checkout.ts';
import type { RunFacts } from '../checkout/this-run.ts';
import type { Clock } from '../clock.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GitHub } from '../github/port.ts';
import type { GitLabPlace, MergeRequestNotes } from '../gitlab/notes.ts';
import type { Compiled, KnownTexts, PolicyFile } from '../policy/compile.ts';
import type { KeptFor } from '../policy/kept-texts.ts';
import type { TextStyle } from '../render/style.ts';
import type { PolicySource } from './policy-source.ts';
import type { Surroundings } from './surroundings.ts';

/** Everything a command needs of the outside world; built by the entry file, and by tests from values. */
export interface Session extends RunFacts {
  readonly cwd: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Version of tollgate. */
  readonly version: string;
  readonly style: TextStyle;
  /** Somebody can answer questions. */
  readonly isInteractive: boolean;
  /** For people, on stderr, as it happens. */
  readonly say: (text: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
  /** What somebody at a terminal writes in answer; '' for nothing. Without it nobody is asked. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** All that comes on stdin; without it nothing is read there. */
  readonly readInput?: (() => Promise<Uint8Array>) | undefined;
  /** The record's remote is reached with it, and nothing else is. Without it, with what the clone has. */
  readonly recordToken?: string | undefined;
  /** Connects to GitHub; without it nobody asks there. Loaded when it is called: few commands do. */
  readonly openGitHub?: ((place: GitHubPlace) => Promise<GitHub>) | undefined;
  /** Connects to GitLab, for the notes of one merge request; without it nothing is told there. Loaded when it is called. */
  readonly openNotes?: ((place: GitLabPlace, iid: number) => Promise<MergeRequestNotes>) | undefined;
  /** Compiles policy files beside everything else, on another processor. Without it they are compiled first. */
  readonly compileAside?:
    | ((files: readonly PolicyFile[]) => Promise<Compiled & { readonly texts?: KnownTexts }>)
    | undefined;
  /** What policy files were read as in an earlier run on this machine; without it they are read. */
  readonly keptFiles?: KeptFiles | undefined;
  /** Clones that this run has opened, by where they were looked for; without it each is opened anew. */
  readonly checkouts?: Map<string, Promise<Checkout | null>> | undefined;
  /** Default: the clone in `cwd`, its remote, and the network. */
  readonly surroundings?: Surroundings | undefined;
  /** Shows what is being waited for on a terminal when it takes longer than a second. */
  readonly waiting: <T>(what: string, work: Promise<T>) => Promise<T>;
}

/** A place that holds bytes for each directory of policies; it never fails. */
export interface KeptFiles extends Pick<KeptFor, 'secret' | 'build'> {
  read(directory: string): Promise<Buffer | null>;
  write(directory: string, bytes: Buffer): Promise<void>;
}

export interface GitHubPlace {
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** `https://api.github.com`, or that of a GitHub Enterprise server. */
  readonly apiUrl: string;
}

/** What a command leaves behind. It is printed whole, then the process ends. */
export interface CommandResult {
  readonly exit: ExitCode;
  /** Data, for stdout. */
  readonly output: string;
}

export type Format = 'text' | 'json' | 'markdown';
/** Of the two commands that only check. */
export type CheckFormat = Format | 'sarif';
/** Of the two commands that are looked at once a week rather than read. */
export type PageFormat = Format | 'html';
/** Of the one command that monitoring reads. */
export type StatusFormat = PageFormat | 'openmetrics';

export interface CommonOptions {
  /** Directory of the policy files. */
  readonly dir: string;
  /** Where the policy files come from, when not from that directory on the disk. */
  readonly source?: PolicySource | undefined;
  /** Workspaces (slug or UUID) to confine the run to; empty: all. */
  readonly workspace: readonly string[];
  readonly format: Format;
  readonly backend: 'portkey' | 'emulator';
  /** Directory in which the embedded emulator keeps its state and the record. */
  readonly state?: string | undefined;
  /** Remote of the clone that the record is on. Default: `git config tollgate.remote`, `origin`, or the only one. */
  readonly remote?: string | undefined;
  /** File that holds the record, instead of the Git ref. */
  readonly recordFile?: string | undefined;
  /** Requests under way at most. */
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export function nowOf(session: Session): Date {
  return new Date(session.clock.now());
}

/** Ids of a later run must not meet those that an earlier one left in the state directory. */
export function randomSeed(session: Session): number {
  return Number.parseInt(session.randomId().slice(0, 8), 16);
}
