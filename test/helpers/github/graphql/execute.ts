/** One GraphQL request: read, held against the schema, carried out, and answered as GitHub answers. */

import { execute, type GraphQLError, type GraphQLFieldResolver, parse, validate } from 'graphql';
import type { Answer } from '../call.ts';
import type { Json } from '../state.ts';
import { type GraphObject, GraphRefusal } from './connection.ts';
import { type Asking, buildQuery } from './objects.ts';
import { loadSchema } from './schema.ts';

export interface GraphRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Null: it is none. */
export function readGraphRequest(body: unknown): GraphRequest | null {
  const { query, operationName = null, variables = {} } = (body ?? {}) as Partial<GraphRequest>;
  return typeof query === 'string' ? { query, operationName, variables: variables ?? {} } : null;
}

/** Of the query, for people: `query pullReview(…)`. */
export function nameOfOperation({ query, operationName }: GraphRequest): string | null {
  return operationName ?? /^\s*query\s+(\w+)/.exec(query)?.[1] ?? null;
}

/** A field that the schema has and the stand-in does not must not look like one that is empty. */
const resolveField: GraphQLFieldResolver<unknown, unknown> = (source, args, _context, { fieldName, parentType }) => {
  const object = source as GraphObject;
  if (!(fieldName in object)) throw new Error(`the stand-in does not play ${parentType.name}.${fieldName}`);
  const value = object[fieldName];
  return typeof value === 'function' ? value(args) : value;
};

export function answerGraphRequest(
  asking: Asking,
  request: GraphRequest,
  blame: (side: 'request' | 'answer', problems: readonly string[]) => void,
): Answer {
  const schema = loadSchema();
  let document: ReturnType<typeof parse>;
  try {
    document = parse(request.query);
  } catch (error) {
    blame('request', [(error as Error).message]);
    return answer({ errors: [{ message: (error as Error).message }] });
  }
  const wrong = validate(schema, document);
  if (wrong.length > 0) {
    blame(
      'request',
      wrong.map(({ message }) => message),
    );
    return answer({ errors: wrong.map(({ message }) => ({ message })) });
  }
  const result = execute({
    schema,
    document,
    rootValue: buildQuery(asking),
    variableValues: request.variables,
    operationName: request.operationName,
    fieldResolver: resolveField,
    typeResolver: (value) => (value as { readonly __typename: string }).__typename,
  });
  if (result instanceof Promise) throw new Error('resolvers of the stand-in do not wait');
  const errors = (result.errors ?? []).map((error) => describe(error, blame));
  return answer({ data: (result.data ?? null) as Json, ...(errors.length > 0 && { errors }) });
}

function describe(error: GraphQLError, blame: (side: 'request' | 'answer', problems: readonly string[]) => void): Json {
  const { originalError, message, path = [] } = error;
  const said = { path: [...path], message, locations: error.locations?.map(({ line, column }) => ({ line, column })) };
  if (originalError instanceof GraphRefusal) return { type: originalError.type, ...said };
  // Variables of a wrong type are the caller's; what a field is resolved to is ours.
  blame(error.path === undefined ? 'request' : 'answer', [error.stack ?? message]);
  return said;
}

function answer(body: { readonly [key: string]: Json | undefined }): Answer {
  return { status: 200, body };
}
