/** Ids of the sample organisation: drawn from names, so that the seed and its record agree without sharing state. */

import { buildUuid, createRandom, hashText } from '../random.ts';

/** The organisation's id, as policies/org.yaml has it. */
export const sampleOrganisationId = '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10';

/** A UUID that is always the same for the same name, such as `policy sales/onboarding-cap`. */
export function sampleId(name: string): string {
  return buildUuid(createRandom(hashText(name)));
}

export const workspaceId = (area: string): string => sampleId(`workspace ${area}`);
export const keyId = (area: string, name: string): string => sampleId(`key ${area}/${name}`);
export const providerId = (area: string, slug: string): string => sampleId(`provider ${area}/${slug}`);
export const userId = (name: string): string => sampleId(`user ${name}`);
