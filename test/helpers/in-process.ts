/** Requests to an emulator past its listener: the whole client but for the socket. */

import type { Hono } from 'hono';
import { Dispatcher, getGlobalDispatcher } from 'undici';

/** What the emulator answers where it would have broken the connection. */
const brokenStatus = 599;

/** @param origin that the emulator listens at: what goes elsewhere takes the network. Default: all is the emulator's */
export function createInProcessDispatcher(app: Pick<Hono, 'request'>, origin?: string): Dispatcher {
  return new InProcessDispatcher(app, origin);
}

class InProcessDispatcher extends Dispatcher {
  readonly #app: Pick<Hono, 'request'>;
  readonly #origin: string | undefined;

  constructor(app: Pick<Hono, 'request'>, origin: string | undefined) {
    super();
    this.#app = app;
    this.#origin = origin;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#origin !== undefined && String(options.origin) !== this.#origin) {
      return getGlobalDispatcher().dispatch(options, handler);
    }
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
