import { expect, it } from 'vitest';
import { priceInMicroCents } from '../../src/emulator/request-logs.ts';
import { createEmulator } from '../../src/emulator/server.ts';

const { app } = createEmulator();

it('serves the prices of a provider without a key, in cents per token', async () => {
  const response = await app.request('/pricing/openai.json');
  expect(response.status).toBe(200);
  const body = (await response.json()) as Record<string, unknown>;
  const costing = (input: number, output: number) => ({
    pricing_config: { pay_as_you_go: { request_token: { price: input }, response_token: { price: output } } },
  });
  expect(body).toMatchObject({
    default: costing(0, 0),
    'gpt-4o': costing(0.00025, 0.001),
    'gpt-4o-mini': costing(0.000015, 0.00006),
  });
  // What it meters by: 1M tokens of input are 250 cents.
  expect(priceInMicroCents('openai', 'gpt-4o', 1_000_000, 0)).toBe(250e6);
});

it.each(['/pricing/voyage.json', '/pricing/openai', '/pricing/toString.json', '/pricing/'])(
  'has no %s',
  async (path) => {
    expect((await app.request(path)).status).toBe(404);
  },
);
