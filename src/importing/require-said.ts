/** What `review.require` asks for and what is live does not say: nobody makes it up, so that a person writes that file. Pure. */

import { requirableFields } from '../resources/review-settings.ts';
import { ProposalRefusal } from './proposal.ts';

/**
 * A file that leaves out what is asked for would be refused, one with a made-up owner believed.
 *
 * @param refused what the files would be refused for
 * @throws ProposalRefusal
 */
export function requireSaid(refused: readonly { readonly code?: string }[], { slug }: { readonly slug: string }): void {
  const lacking = requirableFields.filter((field) => refused.some(({ code }) => code === `required-${field}`));
  if (lacking.length === 0) return;
  const fields = lacking.map((field) => `\`${field}\``).join(' and ');
  throw new ProposalRefusal(
    'invalid_input',
    `\`review.require\` asks for ${fields} there, which what is live in ${slug} does not say`,
    {
      hint: `Write its file by hand, with ${fields}: \`tollgate import\` then adds what is live.`,
      details: { missing: lacking[0] },
    },
  );
}
