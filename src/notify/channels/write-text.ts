/** A message as the plain text of a mail. */

import { wrap } from '../../render/wrap.ts';
import { writeInert } from './inert-text.ts';
import { factsOf, type Shown } from './shown.ts';

/** Cells; mail programs that break lines themselves do so beyond this. */
const width = 76;

/** Ends every mail, so that nobody has to ask where it came from. */
export const mailFoot = 'Sent by tollgate. Who is told stands in the policy files.';

export function writePlainText(shown: Shown): string {
  const { title, paragraphs, link } = shown;
  const blocks = [
    wrap(writeInert(title), width).join('\n'),
    factsOf(shown)
      .map(({ label, value }) => `${writeInert(label)}: ${writeInert(value)}`)
      .join('\n'),
    ...paragraphs.map((text) => wrap(writeInert(text), width).join('\n')),
    link ?? '',
  ];
  // A signature, as mail programs know it: it is left out of answers.
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n\n-- \n${mailFoot}\n`;
}
