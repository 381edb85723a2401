/** Requests to an emulator without a listener: the whole client but for the socket. */

import type { Hono } from 'hono';
import { Dispatcher } from 'undici';

/** What the emulator answers where it would have broken the connection. */
const brokenStatus = 599;

export function createInProcessDispatcher(app: Pick<Hono, 'request'>): Dispatcher {
  return new InProcessDispatcher(app);
}

class InProcessDispatcher extends Dispatcher {
  readonly #app: Pick<Hono, 'request'>;

  constructor(app: Pick<Hono, 'request'>) {
    super();
    this.#app = app;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    let ended = false;
    const fail = (error: Error): void => {
      if (ended) return;
      ended = true;
      handler.onError?.(error);
    };
    handler.onConnect?.((error) => fail(error ?? new Error('aborted')));
    this.#ask(options)
      .then(async (answer) => {
        if (answer.status === brokenStatus) {
          fail(Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' }));
          return;
        }
        const body = Buffer.from(await answer.arrayBuffer());
        if (ended) return;
        ended = true;
        const headers = [...answer.headers].flat().map((text) => Buffer.from(text));
        handler.onHeaders?.(answer.status, headers, () => undefined, '');
        if (body.length > 0) handler.onData?.(body);
        handler.onComplete?.([]);
      })
      .catch(fail);
    return true;
  }

  override async destroy(): Promise<void> {}

  async #ask({ path, method, headers, body }: Dispatcher.DispatchOptions): Promise<Response> {
    return this.#app.request(path, {
      method,
      headers: headers as Record<string, string>,
      ...(typeof body === 'string' ? { body } : {}),
    });
  }
}
