/** Prices of models, for everybody: no key, no `/v1`. */

import type { Hono } from 'hono';
import { buildModelPrice, buildPriceFile } from '../price-catalogue.ts';

export function registerPriceFiles(root: Hono): void {
  root.get('/pricing/:file', (c) => {
    const [, vendor] = /^(.+)\.json$/.exec(c.req.param('file')) ?? [];
    const file = vendor === undefined ? undefined : buildPriceFile(vendor);
    return file === undefined ? c.json({ error: 'Not found' }, 404) : c.json(file);
  });
}

/** The description has it beside the prefix; clients that know one base URL ask below it. */
export function registerModelPrices(app: Hono): void {
  app.get('/model-configs/pricing/:provider/:model{.+}', (c) => {
    const price = buildModelPrice(c.req.param('provider'), c.req.param('model'));
    return price === undefined ? c.json({ error: 'Model not found' }, 404) : c.json(price);
  });
}
