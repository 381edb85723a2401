/** What is wished for, and what a run has of the world to propose it. */

import type { GitHub } from '../github/port.ts';
import type { OpenBackend } from '../run/open-backend.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import type { Proposal } from './proposal.ts';

export interface ProposalWish {
  readonly workspace: { readonly slug: string; readonly id: string };
  readonly proposal: Proposal;
  readonly reason: string | null;
  readonly isUrgent: boolean;
  /** Nothing is pushed, and nothing asked of GitHub. */
  readonly isDryRun: boolean;
}

/** Who asks, and with what. */
export interface ProposalRun {
  readonly options: CommonOptions;
  readonly session: Session;
  readonly open: OpenBackend;
  readonly isAgent: boolean;
  /** Whom a server knows its caller as; null: the owner of the token asks. */
  readonly caller: string | null;
  /** What the client calls itself; null: it does not say. */
  readonly client: string | null;
  /** Of a job, which knows where it runs. Default: by the environment and the remote. */
  readonly github?: GitHub | undefined;
}
