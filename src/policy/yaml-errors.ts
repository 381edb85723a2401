/** YAML's own errors in words of somebody who has never read the YAML specification. */

import type { ErrorCode, YAMLError } from 'yaml';
import { example, guessPercent, type Phrase, say, writeValue } from './advice.ts';
import { shortenText } from './quote.ts';
import type { LineFault } from './yaml-lines.ts';

type Explanation = Pick<LineFault, 'code' | 'message'>;

/** A file that is not YAML at all is not worth more. */
const most = 100;

const followUps = ['bad-indent', 'unexpected-text', 'missing-colon', 'open-quote', 'yaml'];

export const sayTag = 'a YAML tag (`!…`) has no meaning here: leave it out';

/** One explanation for each place: the last error of a place knows most about it. */
export function explainYamlErrors(
  errors: readonly YAMLError[],
  warnings: readonly YAMLError[],
  text: string,
): readonly LineFault[] {
  const byStart = new Map<number, LineFault>();
  for (const error of errors.slice(0, most)) {
    const [start, end] = error.pos;
    const isValue = error.code === 'BAD_SCALAR_START' || error.code === 'BAD_ALIAS';
    byStart.set(start, { ...explain(error, text), start, end: isValue ? start + rawValue(text, start).length : end });
  }
  for (const warning of warnings.slice(0, most)) {
    byStart.set(warning.pos[0], { ...explainWarning(warning, text), start: warning.pos[0], end: warning.pos[1] });
  }
  const found = [...byStart.values()].sort((a, b) => a.start - b.start);
  // Behind the first error the parser guesses what it is in.
  return found.filter(({ code }, index) => index === 0 || !followUps.includes(code));
}

function explainWarning(warning: YAMLError, text: string): Explanation {
  if (warning.code === 'TAG_RESOLVE_FAILED') {
    return { code: 'yaml-tag', message: sayTag };
  }
  return explain(warning, text);
}

/** What each error of the `yaml` package is called here. Codes that are missing keep the package's own words. */
const explanations: Partial<Record<ErrorCode, Explanation>> = {
  TAB_AS_INDENT: { code: 'tab-indent', message: 'a tab indents this line: YAML wants spaces' },
  BAD_INDENT: {
    code: 'bad-indent',
    message:
      'this line is not indented as the lines around it need: align it with its neighbours, or close the bracket before it',
  },
  MULTIPLE_DOCS: {
    code: 'several-documents',
    message: '`---` starts a second document: put each workspace into a file of its own',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    code: 'nested-colon',
    message:
      'a second `: ` on one line, or a continued line: quote the value, or start the inner map on a new line, indented',
  },
  MULTILINE_IMPLICIT_KEY: {
    code: 'bad-indent',
    message: 'a key runs over two lines: the line after it is indented by too much, or a colon is missing',
  },
  BLOCK_IN_FLOW: { code: 'block-in-flow', message: 'inside brackets, entries are separated by commas, not by lines' },
  BAD_DQ_ESCAPE: {
    code: 'bad-escape',
    message: 'a backslash in double quotes starts an escape that does not exist: use single quotes',
  },
  UNEXPECTED_TOKEN: { code: 'unexpected-text', message: 'unexpected text: quote the whole value' },
  RESOURCE_EXHAUSTION: { code: 'too-deep', message: 'too many maps and lists are nested in one another here' },
  MULTIPLE_ANCHORS: { code: 'bad-anchor', message: 'a value has two anchors (`&name`): keep one' },
  ALIAS_PROPS: { code: 'bad-anchor', message: 'an alias (`*name`) cannot carry an anchor or a tag' },
  BAD_DIRECTIVE: { code: 'yaml-directive', message: 'a `%` directive has no meaning here: leave the line out' },
  KEY_OVER_1024_CHARS: {
    code: 'long-key',
    message: 'a key is longer than 1024 characters, or a colon is missing before it',
  },
};

function explain(error: YAMLError, text: string): Explanation {
  const offending = text.slice(error.pos[0], error.pos[0] + 1);
  const value = restOfValue(text, error.pos[0]);
  const isShort = shortenText(value) === value;
  const quoted = isShort ? say`: write ${writeValue(`"${value}"`)}` : ` around ${`\`${shortenText(value)}\``}`;
  switch (error.code) {
    case 'BAD_SCALAR_START':
      if (/^%\s?[\d.,]+\s?%?$/.test(value)) return { code: 'unquoted-value', message: explainPercent(value) };
      return {
        code: 'unquoted-value',
        message: say`a value that starts with ${offending === '`' ? 'a backtick' : `\`${offending}\``} needs quotes${quoted}`,
      };
    case 'BAD_ALIAS':
      return {
        code: 'unquoted-value',
        message: say`a value that starts with \`*\` needs quotes: write ${writeValue('"*"')} for any value`,
      };
    case 'MISSING_CHAR':
      return missingCharacter(error, text);
    default:
      return explanations[error.code] ?? { code: 'yaml', message: `not valid YAML: ${oneLine(error.message)}` };
  }
}

/** `%80`. In quotes it would be refused all the same. */
function explainPercent(value: string): Phrase {
  const percent = guessPercent(value);
  const written = percent === null ? example('80%') : writeValue(`${percent}%`);
  return say`the percent sign goes behind the number${percent === null ? ', as in' : ': write'} ${written}`;
}

function missingCharacter(error: YAMLError, text: string): Explanation {
  if (/quote/.test(error.message))
    return { code: 'open-quote', message: 'a quote is opened before this point and never closed' };
  if (/map (keys|values)/i.test(error.message)) {
    const word = shortenText(restOfValue(text, error.pos[0]));
    return {
      code: 'missing-colon',
      message: `\`${word}\` is neither a key nor part of the value above: write \`${word}: …\``,
    };
  }
  return { code: 'unexpected-text', message: `something is missing here: ${oneLine(error.message)}` };
}

/** From an offset to the end of what would have been the value. */
function restOfValue(text: string, offset: number): string {
  return rawValue(text, offset).replace(/[`"]/g, '');
}

function rawValue(text: string, offset: number): string {
  const line = text.slice(offset, offset + 200).split(/\r?\n/, 1)[0] ?? '';
  return line
    .replace(/\s#.*$/, '')
    .replace(/[,\]}].*$/, '')
    .trim();
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
