/** Pages of a list, in the form that GitHub's GraphQL gives all lists. */

/** What a field of an object is resolved from: a value, or a function of the arguments. */
export type GraphObject = { readonly [field: string]: unknown };

export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
}

/** Said in the answer, as GitHub says it. */
export class GraphRefusal extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const cursorOf = (index: number): string => Buffer.from(`cursor:${index}`).toString('base64');

function indexOf(cursor: string): number {
  const index = /^cursor:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  if (index === undefined) throw new GraphRefusal('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` is not a valid cursor.`);
  return Number(index);
}

export function connect<Row>(
  field: string,
  rows: readonly Row[],
  render: (row: Row) => GraphObject | null,
): (args: PageArguments) => GraphObject {
  return ({ first, last, after }) => {
    const size = first ?? last;
    if (size == null) {
      const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${field}\` connection.`;
      throw new GraphRefusal('MISSING_PAGINATION_BOUNDARIES', message);
    }
    if (size > 100) {
      const message = `Requesting ${size} records on the \`${field}\` connection exceeds the \`first\` limit of 100 records.`;
      throw new GraphRefusal('EXCESSIVE_PAGINATION', message);
    }
    const start = first == null ? Math.max(rows.length - size, 0) : after == null ? 0 : indexOf(after) + 1;
    const page = rows.slice(start, start + size);
    return {
      totalCount: rows.length,
      nodes: () => page.map(render),
      pageInfo: {
        hasNextPage: start + page.length < rows.length,
        hasPreviousPage: start > 0,
        startCursor: page.length === 0 ? null : cursorOf(start),
        endCursor: page.length === 0 ? null : cursorOf(start + page.length - 1),
      },
    };
  };
}
