/** The GraphQL that pull requests are asked for with, and the form of its answers. Pure. */

import { z } from 'zod';

const pullFields = `fragment PullFields on PullRequest {
  number title merged mergedAt updatedAt
  author { __typename login }
  headRefOid headRefName headRepository { nameWithOwner } isCrossRepository
  baseRefName mergeCommit { oid }
}`;

const personFields = 'name email user { login }';

/** Stacked pull requests get another base without anybody choosing it: when the one below is merged and its branch deleted. */
const timelineTypes = [
  'BASE_REF_CHANGED_EVENT',
  'AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT',
  'BASE_REF_FORCE_PUSHED_EVENT',
  'BASE_REF_DELETED_EVENT',
  'HEAD_REF_FORCE_PUSHED_EVENT',
];

export const pullReviewQuery = `query pullReview(
  $owner: String!, $name: String!, $number: Int!,
  $withReviews: Boolean!, $withTimeline: Boolean!, $withCommits: Boolean!,
  $afterReview: String, $afterEvent: String, $afterCommit: String
) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      ...PullFields
      state
      reviews(first: 100, after: $afterReview) @include(if: $withReviews) {
        pageInfo { hasNextPage endCursor }
        nodes { id url author { __typename login } state body commit { oid } submittedAt lastEditedAt }
      }
      timelineItems(first: 100, after: $afterEvent, itemTypes: [${timelineTypes.join(', ')}]) @include(if: $withTimeline) {
        pageInfo { hasNextPage endCursor }
        nodes {
          __typename
          ... on BaseRefChangedEvent { createdAt }
          ... on AutomaticBaseChangeSucceededEvent { createdAt }
          ... on BaseRefForcePushedEvent { createdAt }
          ... on BaseRefDeletedEvent { createdAt }
          ... on HeadRefForcePushedEvent {
            createdAt actor { __typename login } beforeCommit { oid } afterCommit { oid }
          }
        }
      }
      commits(first: 100, after: $afterCommit) @include(if: $withCommits) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          commit {
            oid message authoredByCommitter
            parents(first: 10) { nodes { oid } }
            authors(first: 50) { totalCount nodes { ${personFields} } }
            committer { ${personFields} }
            signature { isValid wasSignedByGitHub signer { login } }
          }
        }
      }
    }
  }
}
${pullFields}`;

/** Asks for the pull requests of this many commits, each a variable by its own name. */
export function buildPullsOfCommitsQuery(names: readonly string[]): string {
  const declared = names.map((name) => `, $${name}: GitObjectID!`).join('');
  const fields = names.map(
    (name) =>
      `    ${name}: object(oid: $${name}) { ... on Commit { associatedPullRequests(first: 5) { nodes { ...PullFields } } } }`,
  );
  return `query pullsOfCommits($owner: String!, $name: String!${declared}) {
  repository(owner: $owner, name: $name) {
${fields.join('\n')}
  }
}
${pullFields}`;
}

const actor = z.object({ __typename: z.string(), login: z.string() }).nullable();
const oid = z.object({ oid: z.string() });
const person = z.object({
  name: z.string().nullable(),
  email: z.string().nullable(),
  user: z.object({ login: z.string() }).nullable(),
});
const pull = z.object({
  number: z.number(),
  title: z.string(),
  merged: z.boolean(),
  mergedAt: z.string().nullable(),
  updatedAt: z.string(),
  author: actor,
  headRefOid: z.string(),
  headRefName: z.string(),
  headRepository: z.object({ nameWithOwner: z.string() }).nullable(),
  isCrossRepository: z.boolean(),
  baseRefName: z.string(),
  mergeCommit: oid.nullable(),
});
const pageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });
const review = z.object({
  id: z.string(),
  url: z.string(),
  author: actor,
  state: z.string(),
  body: z.string(),
  commit: oid.nullable(),
  submittedAt: z.string().nullable(),
  lastEditedAt: z.string().nullable(),
});
const createdAt = z.string();
const timelineItem = z.discriminatedUnion('__typename', [
  z.object({ __typename: z.enum(['BaseRefChangedEvent', 'AutomaticBaseChangeSucceededEvent']), createdAt }),
  z.object({ __typename: z.literal('BaseRefForcePushedEvent'), createdAt }),
  z.object({ __typename: z.literal('BaseRefDeletedEvent'), createdAt }),
  z.object({
    __typename: z.literal('HeadRefForcePushedEvent'),
    createdAt,
    actor,
    beforeCommit: oid.nullable(),
    afterCommit: oid.nullable(),
  }),
]);
const commit = z.object({
  oid: z.string(),
  message: z.string(),
  authoredByCommitter: z.boolean(),
  parents: z.object({ nodes: z.array(oid) }),
  authors: z.object({ totalCount: z.number(), nodes: z.array(person.nullable()) }),
  committer: person.nullable(),
  signature: z
    .object({
      isValid: z.boolean(),
      wasSignedByGitHub: z.boolean(),
      signer: z.object({ login: z.string() }).nullable(),
    })
    .nullable(),
});
export const pullReviewAnswer = z.object({
  repository: z.object({
    pullRequest: pull.extend({
      state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
      reviews: z.object({ pageInfo, nodes: z.array(review) }).optional(),
      timelineItems: z.object({ pageInfo, nodes: z.array(timelineItem) }).optional(),
      commits: z.object({ totalCount: z.number(), pageInfo, nodes: z.array(z.object({ commit })) }).optional(),
    }),
  }),
});
export const pullsOfCommitsAnswer = z.object({
  repository: z.record(
    z.string(),
    // Null: GitHub knows no such commit. Without pull requests: it is a tree, a file or a tag.
    z.object({ associatedPullRequests: z.object({ nodes: z.array(pull) }).nullish() }).nullable(),
  ),
});

export const loginQuery = 'query writer { viewer { login } }';
export const loginAnswer = z.object({ viewer: z.object({ login: z.string().min(1) }) });

export type PullNode = z.infer<typeof pull>;
export type ActorNode = z.infer<typeof actor>;
export type PersonNode = z.infer<typeof person>;
export type ReviewNode = z.infer<typeof review>;
export type EventNode = z.infer<typeof timelineItem>;
export type CommitNode = z.infer<typeof commit>;
export type PageInfoNode = z.infer<typeof pageInfo>;
