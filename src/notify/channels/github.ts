/** A comment on an issue of the repository: one a telling, however often it is told. */

import { CancelledError } from '../../errors.ts';
import { keepOwn } from '../../github/own.ts';
import { type GitHub, GitHubError, type IssueComment } from '../../github/port.ts';
import { commentBytes } from '../../render/fit-sections.ts';
import type { GitHubChannel, Sender } from '../message.ts';
import { createBlankers, delivered, isForGood, type SenderPorts, undelivered } from './delivery.ts';
import { showMessage, writeWithin } from './shown.ts';
import { markTelling, writeComment } from './write-comment.ts';

const noGitHub = 'there is no GitHub repository and token for this run: it is a channel of jobs on GitHub alone';

export function createGitHubSender(channel: GitHubChannel, ports: SenderPorts): Sender {
  const { openGitHub, signal } = ports;
  const { value: blank, clean } = createBlankers(ports);
  const place = `issue #${channel.issue}`;
  let opened: Promise<GitHub | null> | undefined;
  let listed: Promise<readonly IssueComment[]> | undefined;
  const open = (): Promise<GitHub | null> => {
    opened ??= openGitHub?.(channel.tokenEnv) ?? Promise.resolve(null);
    return opened;
  };
  /** Once a run: who else tells meanwhile is kept away by the memory of what was told. */
  const listOwn = (github: GitHub): Promise<readonly IssueComment[]> => {
    listed ??= github.listComments(channel.issue).then(async (all) => {
      const own = await keepOwn(
        github,
        all.filter(({ body }) => body.startsWith('<!-- tollgate:notify ')),
      );
      return [...own].sort((a, b) => a.id - b.id);
    });
    // What failed is asked again.
    listed.catch(() => {
      listed = undefined;
    });
    return listed;
  };

  return {
    channel,
    knowsDoubles: true,
    async send(message) {
      if (signal?.aborted) throw new CancelledError('cancelled');
      try {
        const github = await open();
        if (github === null) return undelivered(noGitHub, { retry: false });
        const marker = markTelling(message.id);
        const [told, ...twins] = (await listOwn(github)).filter(
          ({ body }) => body.split('\n', 1)[0]?.trim() === marker,
        );
        // A request that was repeated because its answer got lost has written twice.
        for (const { id } of twins) await github.deleteComment(id);
        if (told !== undefined) return delivered;
        const body = writeWithin(showMessage(message, blank), commentBytes, writeComment);
        await github.createComment(channel.issue, body);
        return delivered;
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        const { status } = error;
        const isFinal = isForGood(status);
        const advice = isFinal ? `; ${adviceFor(status, channel.issue)}` : '';
        return undelivered(`${place}: ${clean(error.message)}${advice}`, { retry: !isFinal, mayHaveArrived: !isFinal });
      }
    },
    async probe() {
      try {
        const github = await open();
        if (github === null) return { state: 'not-tried', detail: noGitHub, untried: null };
        const own = await listOwn(github);
        const detail = `${place} can be read, and holds ${own.length} of our comments`;
        return { state: 'works', detail, untried: `whether the token may write there (\`issues: write\`)` };
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        const { status } = error;
        const advice = status === undefined || status >= 500 ? '' : `; ${adviceFor(status, channel.issue)}`;
        return { state: 'broken', detail: `${place}: ${clean(error.message)}${advice}`, untried: null };
      }
    },
  };
}

function adviceFor(status: number | undefined, issue: number): string {
  switch (status) {
    case 403:
      return 'the job needs `permissions: issues: write`, and a locked issue takes no comments';
    case 404:
    case 410:
      return `there is no issue ${issue} that this token can see: open one and name its number`;
    default:
      return 'look at the issue and at the permissions of the job';
  }
}
