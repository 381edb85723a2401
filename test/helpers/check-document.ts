/** Every document that a command prints in a test is held against the command's schema, closed: a member that it does not name fails. */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { closedSchema } from '../../src/render/documents/json-schema.ts';
import { failure } from '../../src/render/documents/parts.ts';
import { documentCommands, documentForms } from '../../src/tools/documents.ts';

/** Of the test that ran the command, whatever the command may throw itself. */
export class DocumentProblem extends Error {}

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const usage = ajv.compile(closedSchema(failure));
const forms = new Map<string, readonly ValidateFunction[]>();

/** The command of a line, such as `logs spend` of `logs spend june.jsonl --by user`. */
export function commandOf(words: readonly string[]): string {
  const names = words.filter((word) => word !== 'list' && word !== '--no-color');
  const [longest] = documentCommands
    .filter((command) => command.split(' ').every((word, index) => names[index] === word))
    .sort((a, b) => b.length - a.length);
  return longest ?? words.join(' ');
}

/** @throws DocumentProblem for what no form of the command's schema allows, and for a failure that does not say `ok: false` */
export function checkDocument(command: string, text: string, exit: number): void {
  const document = JSON.parse(text) as { readonly ok?: unknown; readonly data?: unknown };
  const fail = (what: string): never => {
    throw new DocumentProblem(`${command} --format json: ${what}:\n${text.slice(0, 5_000)}`);
  };
  // mistakes-F12. An answer of a tool may be that what was asked is not done: its data says so.
  if (exit !== 0 && document.ok !== false && document.data === undefined)
    fail(`exit ${exit}, and the document does not say that it is not ok`);
  const found = formsOf(command);
  // Of a line that names no command nothing is known but that it failed.
  if (found.length === 0 && exit !== 0 && usage(document)) return;
  if (found.length === 0) fail('there is no schema for it');
  if (found.some((isValid) => isValid(document))) return;
  const closest = found
    .map(({ errors }) => errors ?? [])
    .sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length);
  fail(`not as its schema says: ${(closest[0] ?? []).map(describe).join('; ')}`);
}

function formsOf(command: string): readonly ValidateFunction[] {
  const known = forms.get(command);
  if (known !== undefined) return known;
  const made = (documentForms(command) ?? []).map((form) => ajv.compile(closedSchema(form)));
  forms.set(command, made);
  return made;
}

/** Of the form that was meant most is right: its first mistake is the furthest down. */
function depthOf(errors: readonly ErrorObject[]): number {
  return Math.min(...errors.map(({ instancePath }) => instancePath.split('/').length));
}

function describe({ instancePath, message = '', params }: ErrorObject): string {
  return `${instancePath === '' ? 'the document' : instancePath} ${message} ${JSON.stringify(params)}`;
}
