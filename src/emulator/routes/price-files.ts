/** Prices of models, for everybody (control-plane-api.md 12): no key, no `/v1`. */

import type { Hono } from 'hono';
import { buildPriceFile } from '../prices.ts';

export function registerPriceFiles(root: Hono): void {
  root.get('/pricing/:file', (c) => {
    const [, vendor] = /^(.+)\.json$/.exec(c.req.param('file')) ?? [];
    const file = vendor === undefined ? undefined : buildPriceFile(vendor);
    return file === undefined ? c.json({ error: 'Not found' }, 404) : c.json(file);
  });
}
