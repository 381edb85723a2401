/** What a story needs of Git, GitHub, the control plane and the Action: played in memory, or with real Git and the stand-in. */

import type { Model } from './model.ts';
import type { Files } from './model-text.ts';

/** One commit of a story. */
export interface Made {
  readonly by: string;
  /** Null: an address that no account has. Default: who makes it. */
  readonly author?: string | null;
  readonly coAuthor?: string;
  /** The committer is GitHub by name; signed by it, or forged. */
  readonly asGitHub?: 'signed' | 'forged';
  readonly pusher?: string;
  readonly requestedBy?: string;
}

export interface Said {
  readonly by: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  /** How many heads back. */
  readonly back: number;
  readonly body: string;
  readonly isEdited: boolean;
}

export interface Run {
  /** `returns`: what `until:` says is due, and nothing else. */
  readonly command: 'apply' | 'returns';
  readonly event: 'push' | 'schedule' | 'issue_comment' | 'dispatch';
  readonly actor: string;
  readonly triggeringActor: string;
  readonly approve: string | null;
  readonly allow: readonly string[];
  /** Of an earlier dispatch that is started again; else null. */
  readonly rerun: number | null;
  /** Left by earlier steps of the job in the work tree. */
  readonly workTree: Files | null;
}

export interface Ran {
  readonly id: number;
  /** Null: it threw. */
  readonly exit: number | null;
  readonly digest: string;
  readonly text: string;
  /** Requests that changed the control plane, or tried to. */
  readonly writes: readonly string[];
}

export interface LivePolicy {
  readonly budget: number;
  readonly key: string;
  readonly note: string | null;
  readonly alert: number | null;
}

/** By `a/alpha`, `a/floor`, `b/solo`, `key/app` … */
export type LiveState = Readonly<Record<string, LivePolicy>>;

export interface Stage {
  readonly foreignId: string;
  /** Who pushed is known of every commit; else not of those that bear GitHub's name. */
  readonly tellsPushers: boolean;
  open(files: Files, made: Made & { readonly opener: string; readonly from: 'tip' | 'start' }): number;
  amend(pull: number, files: Files, made: Made): void;
  /** With the default branch merged in; `files`: what the merge says beyond both sides. False: it conflicts. */
  update(pull: number, by: string, files: Files | null): Promise<boolean>;
  review(pull: number, said: Said): void | Promise<void>;
  moveBase(pull: number): void;
  /** Null: it conflicts. Else the files of the branch. */
  merge(pull: number, method: 'merge' | 'squash' | 'rebase', evil: Files | null): Files | null;
  pushHead(pull: number): void;
  push(files: Files, by: string): void;
  comment(pull: number, body: string): void;
  /** Whether somebody is in @example/finance; nobody can read @example/ghosts. */
  setTeam(login: string, isIn: boolean): void;
  /** Days go by. */
  pass(days: number): void;
  /** For everybody: `2026-11-20`. */
  day(): string;
  setRole(login: string, role: 'write' | 'read'): void;
  /** Heads but the last are not given any more; false: they are. */
  forgetHeads(pull: number): boolean;
  setLive(name: string, budget: number): void;
  live(): LiveState;
  record(deed: 'delete' | 'forge' | 'restore' | 'copy'): void | Promise<void>;
  /** Names the version of the record that is there; null: none. */
  recordVersion(): string | null;
  /** What lifts guards in reviews: the digest of what a pull request asks for; null: it cannot be known. */
  requestDigest(pull: number): Promise<string | null>;
  run(run: Run): Promise<Ran>;
  close(): Promise<void>;
}

export type Start = (model: Model) => Promise<Stage>;
