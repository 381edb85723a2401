/** Prices of models, for everybody (control-plane-api.md 12): no key, no `/v1`. */

import type { Hono } from 'hono';
import { buildPriceFile, buildPricingConfig, priceOf } from '../prices.ts';

export function registerPriceFiles(root: Hono): void {
  root.get('/pricing/:file', (c) => {
    const [, vendor] = /^(.+)\.json$/.exec(c.req.param('file')) ?? [];
    const file = vendor === undefined ? undefined : buildPriceFile(vendor);
    return file === undefined ? c.json({ error: 'Not found' }, 404) : c.json(file);
  });

  root.get('/model-configs/pricing/:vendor/:model{.+}', (c) => {
    const price = priceOf(c.req.param('vendor'), c.req.param('model'));
    return price === undefined ? c.json({ error: 'Model not found' }, 404) : c.json(buildPricingConfig(price));
  });
}
