/** What was asked of the emulator, for tests that say how many requests a command may make. */

export interface SeenRequest {
  readonly method: string;
  /** Below `/v1`, without the query. */
  readonly path: string;
  /** The route that served it, such as `/policies/usage-limits/:id`; `*` where none did. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; text that is no JSON as it came; undefined without a body. */
  readonly body: unknown;
  /** 0: no answer was given. */
  readonly status: number;
}

export interface RequestCounter {
  readonly total: number;
  /** By `<METHOD> <route>`, for instance `GET /policies/usage-limits`. */
  readonly counts: Readonly<Record<string, number>>;
  /** The last 1000, oldest first. */
  readonly recent: readonly SeenRequest[];
  /** How many requests had this method and route; without a route, any. */
  count(method: string, route?: string): number;
  /** Everything but GET. */
  countWrites(): number;
  clear(): void;
  add(request: SeenRequest): void;
}

const kept = 1000;

export function createRequestCounter(): RequestCounter {
  let counts: Record<string, number> = {};
  let recent: SeenRequest[] = [];
  let total = 0;
  let writes = 0;
  return {
    get total() {
      return total;
    },
    get counts() {
      return counts;
    },
    get recent() {
      return recent;
    },
    count(method, route) {
      if (route !== undefined) return counts[`${method} ${route}`] ?? 0;
      return Object.entries(counts).reduce((sum, [name, n]) => (name.startsWith(`${method} `) ? sum + n : sum), 0);
    },
    countWrites() {
      return writes;
    },
    clear() {
      counts = {};
      recent = [];
      total = 0;
      writes = 0;
    },
    add(request) {
      const name = `${request.method} ${request.route}`;
      counts[name] = (counts[name] ?? 0) + 1;
      total += 1;
      if (request.method !== 'GET') writes += 1;
      recent.push(request);
      if (recent.length > kept) recent.shift();
    },
  };
}
