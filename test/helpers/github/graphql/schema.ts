/** GitHub's own published GraphQL schema; queries are carried out against it, so that it judges both them and the answers. */

import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLScalarType, type GraphQLSchema } from 'graphql';

/** What a scalar must look like; of the others anything goes. */
const shapes: Readonly<Record<string, RegExp>> = {
  DateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  GitObjectID: /^[0-9a-f]{40}$/,
  URI: /^(https?:\/\/|\/)/,
};

/** The types of our queries alone: `scripts/refresh-github-fixtures.mjs`. */
const published = new URL('../../../fixtures/github/schema.graphql', import.meta.url);

let loaded: GraphQLSchema | undefined;

/** Read once in a process, at first use. */
export function loadSchema(): GraphQLSchema {
  if (loaded !== undefined) return loaded;
  loaded = buildSchema(readFileSync(published, 'utf8'), { assumeValid: true });
  for (const [name, shape] of Object.entries(shapes)) {
    const scalar = loaded.getType(name) as GraphQLScalarType;
    scalar.serialize = (value) => {
      if (typeof value !== 'string' || !shape.test(value)) throw new TypeError(`"${value}" is no ${name}`);
      return value;
    };
  }
  return loaded;
}
