/** Slugs as the service draws them from names. */

import { type Body, has, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';

function toStem(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** The first six letters and digits of the name, as in the recorded slugs of workspaces and configs. */
export function buildShortSlug(prefix: string, name: string, fallback: string, context: RouteContext): string {
  const stem = toStem(name).slice(0, 6).replace(/-+$/, '');
  return `${prefix}-${stem || fallback}-${context.newSuffix(6)}`;
}

/** The slug that was asked for, else one of the name. */
export function readSlug(body: Body, name: string, fallback: string, context: RouteContext): string {
  const slug = has(body, 'slug') ? takeText(body, 'slug') : `${toStem(name) || fallback}-${context.newSuffix(6)}`;
  if (!/^[a-zA-Z0-9_-]+$/.test(slug)) throw refuseField('slug');
  return slug;
}
