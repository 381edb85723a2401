/** Policies of both kinds (control-plane-api.md 2 and 3). */

import type { Hono } from 'hono';
import type { RouteContext } from '../context.ts';
import { registerRatePoliciesRoutes } from './rate-policies.ts';
import { registerUsagePoliciesRoutes } from './usage-policies.ts';

export function registerPoliciesRoutes(app: Hono, context: RouteContext): void {
  registerUsagePoliciesRoutes(app, context);
  registerRatePoliciesRoutes(app, context);
}
