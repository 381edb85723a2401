/** A plan told on the merge request of a GitLab job: one note, which later runs edit. A note that cannot be written fails no plan. */

import { findMergeRequestJob, type MergeRequestJob } from '../checkout/gitlab-job.ts';
import { ServiceError, UserError } from '../errors.ts';
import { writeStickyComment } from '../github/sticky-comment.ts';
import type { MergeRequestNotes } from '../gitlab/notes.ts';
import { readPolicyFiles } from '../policy/files.ts';
import { renderComment } from '../render/comment.ts';
import type { PullFate } from '../render/pull-fate.ts';
import { nowOf, type Session } from '../run/session.ts';
import { findEnvironment } from './action/environment-of-files.ts';
import { isKnownFailure, reasonOfFailure } from './action/failed-run.ts';
import { stickyOf } from './action/tell-pull.ts';

/** What a run came to, for whoever reads the request. */
export interface ToldPlan {
  readonly fate: PullFate;
  /** Null: the files do not say it. */
  readonly environment: string | null;
  /** When the record was applied that it rests on; null: there is none. */
  readonly record: string | null;
}

export interface RequestNote {
  /** Its pipeline and its notes can be read by more people than the project's own. */
  readonly isPublic: boolean;
  /** Runs it, tells what it came to, and hands that on. */
  telling<T extends ToldPlan>(dir: string, work: () => Promise<T>): Promise<T>;
}

/** @throws UserError where there is no merge request, or no token to write on it with */
export async function openRequestNote(session: Session): Promise<RequestNote> {
  const job = findMergeRequestJob(session.env);
  if (job === null) {
    throw new UserError('--note: this is no job of a merge request on GitLab', {
      hint: 'Run it in a job with `rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}]`, or leave --note out.',
    });
  }
  const token = session.env.GITLAB_TOKEN?.trim() ?? '';
  if (token === '' && !job.isForeign) {
    throw new UserError('--note: GITLAB_TOKEN is not set', {
      hint: 'Make a project access token with the role Reporter and the scope `api`, and keep it as a masked variable GITLAB_TOKEN of the project. CI_JOB_TOKEN cannot write notes.',
    });
  }
  const at = nowOf(session).toISOString();
  return {
    isPublic: job.isPublic,
    async telling(dir, work) {
      try {
        const told = await work();
        await tell(told);
        return told;
      } catch (error) {
        if (isKnownFailure(error) && !session.signal.aborted) {
          const why = `${reasonOfFailure(error)} — run the job again once that is mended.`;
          // Why the files cannot be read is what the run fails with.
          const { files } = await readPolicyFiles(dir, session.cwd).catch(() => ({ files: [] }));
          await tell({ fate: { state: 'unplanned', why }, environment: findEnvironment(files), record: null });
        }
        throw error;
      }
    },
  };

  async function tell({ fate, environment, record }: ToldPlan): Promise<void> {
    const place = { apiUrl: job?.apiUrl ?? '', project: job?.project ?? '', token };
    if (job === null || environment === null || session.openNotes === undefined) return;
    if (job.isForeign) {
      session.say(`!${job.iid} comes from a fork: it gets no note\n`);
      return;
    }
    const notes = await session.openNotes(place, job.iid);
    try {
      const gone = describeGone(await notes.readRequest(), job);
      if (gone === null) await write(notes, job, fate, { environment, record, at });
      else session.say(`${gone}\n`);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      session.say(`!${job.iid}: the note could not be written: ${error.message}\n`);
    } finally {
      await notes.close();
    }
  }
}

/** What was merged meanwhile needs no plan, and a later push has a job of its own, which has the last word. */
function describeGone(
  { isOpen, head }: { readonly isOpen: boolean; readonly head: string },
  job: MergeRequestJob,
): string | null {
  if (!isOpen) return `!${job.iid} is merged or closed by now: it gets no note any more`;
  return head === job.head ? null : `!${job.iid} has a later commit by now: its own job writes the note`;
}

async function write(
  notes: MergeRequestNotes,
  { iid, head, pipeline, job, projectUrl, jobUrl }: MergeRequestJob,
  fate: PullFate,
  about: { readonly environment: string; readonly record: string | null; readonly at: string },
): Promise<void> {
  const facts = { ...about, head, run: pipeline, attempt: job };
  const body = renderComment(fate, facts, { repository: projectUrl, run: jobUrl, forge: 'gitlab' });
  const onlyUpdate = fate.state === 'untouched';
  await writeStickyComment(notes, iid, { ...stickyOf(about.environment), body, onlyUpdate });
}
