/** A message as an adaptive card, in the envelope that a Teams workflow ("when a webhook request is received") takes. */

import { writeInert } from './inert-text.ts';
import { factsOf, type Shown } from './shown.ts';

/**
 * Runs of text, in which nothing is markup: text blocks and facts read markdown, so that a name could be a link there. Nobody is
 * mentioned either, since mentions are entities of the message, of which there are none.
 */
export function writeTeams(shown: Shown): string {
  const { title, paragraphs, link } = shown;
  const body = [
    { ...rich([{ ...run(title), size: 'Large', weight: 'Bolder' }]), spacing: 'None' },
    ...factsOf(shown).map(({ label, value }, index) => ({
      ...rich([{ ...run(`${label}  `), isSubtle: true }, run(value)]),
      spacing: index === 0 ? 'Medium' : 'Small',
    })),
    ...paragraphs.map((text) => ({ ...rich([run(text)]), spacing: 'Medium' })),
  ];
  const actions = link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] };
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    ...actions,
  };
  return JSON.stringify({
    type: 'message',
    summary: writeInert(title),
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  });
}

function rich(inlines: readonly object[]): object {
  return { type: 'RichTextBlock', inlines };
}

function run(text: string): object {
  return { type: 'TextRun', text: writeInert(text) || ' ' };
}
