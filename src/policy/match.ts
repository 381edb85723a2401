/**
 * `match` and `per`: which requests a policy counts, and who shares a counter (docs/service-notes.md#condition-values,
 * docs/service-notes.md#grouping).
 */

import { type Advice, compareText } from '../diagnostics.ts';
import { nearestName } from '../nearest-name.ts';
import { everythingKey, reachesNothing, sortConditions } from '../resources/match.ts';
import type { Condition, Match } from '../resources/types.ts';
import { example, exampleOf, type Sentence, say, writeKey, writeQuoted, writeValue } from './advice.ts';
import { blank, type Form, type Keys, key, mapForm, oneOrList, orSay, refuseText, type Schema } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { expectMap, expectScalar, readItems, readMap, readText, refuseValue, shown } from './reader.ts';
import type { Report } from './report.ts';

export interface PolicyForm {
  readonly target: 'llm' | 'mcp_tools';
  readonly limits: 'budget' | 'rate';
}

const llmOnly = ['virtual_key', 'provider', 'model', 'config', 'prompt'];
const mcpOnly = ['mcp_server', 'mcp_tool'];

const longest = { value: 2000, metadata: 128 } as const;
const sayValue = 'write a value, a list of values, or "*" in quotes for any';
const value: Schema = { type: ['string'], minLength: 1, maxLength: longest.value, errorMessage: sayValue };
const model: Schema = {
  type: ['string'],
  pattern: patterns.model.source,
  maxLength: longest.value,
  examples: ['@openai/gpt-4o', '@openai/*'],
  errorMessage: 'write the model with its provider, such as "@openai/gpt-4o" or "@openai/*" in quotes',
};
const anyModel: Schema = { ...model, pattern: `^\\*$|${patterns.model.source}` };

interface ConditionForm {
  /** Values that are known without asking anybody. */
  readonly known?: readonly string[];
  /** How it stands in a file. */
  readonly example: string;
  readonly item?: Schema;
  /** Where an asterisk stands for any value. */
  readonly lone?: Schema;
}

const noAsterisk = refuseText('^\\*$', '"*" in `except` would leave nothing: write the values to leave out');

function condition(say: string, form: ConditionForm): Form {
  const examples = form.known === undefined ? {} : { examples: form.known };
  const { item = { ...value, ...examples } } = form;
  const { lone = item } = form;
  const except = form.lone === undefined ? { ...item, ...noAsterisk } : item;
  const keys = {
    any: key({ schema: oneOrList(item, lone) }, 'A value, a list of values, or `"*"` for any.', hoverOf('any: "*"')),
    except: key({ schema: oneOrList(item, except) }, 'Values that do not count.', hoverOf('except: [batch]')),
  };
  const map = mapForm(keys, { title: 'any, except', minProperties: 1 }).schema;
  const schema = { anyOf: [...oneOrList(item, lone).anyOf, map] };
  return key({ schema }, say, hoverOf(`match:\n  ${form.example}`));
}

const page = 'files.md#conditions-and-groupings';
const hoverOf = (example: string) => ({ hover: { example, page } });

const metadataSay = 'Values that callers send under this key of their metadata; `"*"`: any that is sent.';
const metadata = condition(metadataSay, {
  example: 'metadata.team: [nlp, vision]',
  item: { ...value, maxLength: longest.metadata },
});
const endpoints = ['chatComplete', 'embed', 'imageGenerate'];
const vendors = ['openai', 'anthropic', 'azure-openai', 'bedrock', 'vertex-ai', 'google', 'mistral-ai', 'cohere'];

/** By their names: of a pattern of names editors offer the word `property`, and say nothing of what it stands for. */
const conditionForms: Keys = {
  api_key: condition('API keys, by name or id. `"*"`: any.', { example: 'api_key: [ci-runner, nightly]' }),
  virtual_key: condition('Providers of this workspace, by slug.', { example: 'virtual_key: openai-prod' }),
  provider: condition('Vendors, such as `openai`.', { known: vendors, example: 'provider: openai' }),
  model: condition('Models as in requests, such as `@openai-prod/gpt-4o`.', {
    example: 'model: "@openai-prod/*"',
    item: model,
    lone: anyModel,
  }),
  config: condition('Gateway configs, by slug.', { example: 'config: pc-fallback' }),
  prompt: condition('Prompts, by slug.', { example: 'prompt: pp-support' }),
  endpoint_type: condition('Kinds of request, such as `chatComplete`; on rates alone.', {
    known: endpoints,
    example: 'endpoint_type: chatComplete',
  }),
  mcp_server: condition('MCP servers, by slug; with `target: mcp_tools`.', { example: 'mcp_server: github' }),
  mcp_tool: condition('Tools of MCP servers; with `target: mcp_tools`.', { example: 'mcp_tool: create_issue' }),
};
const conditions = mapForm(conditionForms, {
  title: 'conditions',
  patternProperties: { '^metadata\\.[\\s\\S]+$': { title: 'metadata', ...metadata.schema } },
  // What a pattern of names cannot offer: the keys that callers are told to send.
  defaultSnippets: [
    { label: 'metadata.team', description: metadataSay, body: { 'metadata.team': blank(1, 'nlp') } },
    { label: 'metadata._user', description: metadataSay, body: { 'metadata._user': '"*"' } },
  ],
});

/** Conditions first: of a map that fails, the first is what editors speak of. */
export const matchForm: Form = {
  schema: {
    anyOf: [
      orSay(conditions, 'write `all`, or lines such as `metadata.team: nlp` below it').schema,
      { title: 'all', type: ['string'], const: 'all' },
    ],
  },
  below: ({ key }) => (patterns.conditionKey.test(key) ? { schema: {} } : null),
};

export const perForm: Form = {
  schema: oneOrList({
    type: ['string'],
    pattern: patterns.groupKey.source,
    examples: ['workspace_id', 'api_key', 'metadata._user', 'metadata.team', 'model', 'provider', 'virtual_key'],
    errorMessage:
      'write workspace_id (one counter for all), api_key, metadata.KEY, or another key of `match`; or a list for one counter per combination',
  }),
};

const conditionKeys: Keys = { any: { schema: {} }, except: { schema: {} } };

/** Words for keys that people write by habit. */
const keyHabits: Readonly<Record<string, string>> = {
  key: 'api_key',
  api_keys: 'api_key',
  keys: 'api_key',
  virtual_keys: 'virtual_key',
  providers: 'provider',
  models: 'model',
  ai_model: 'model',
  configs: 'config',
  prompts: 'prompt',
  user: 'metadata._user',
  _user: 'metadata._user',
  workspace: 'workspace_id',
  endpoint: 'endpoint_type',
  tool: 'mcp_tool',
  server: 'mcp_server',
};

/** The key that such a word stands for; any other word for itself. */
export function keyMeantBy(word: string): string {
  return Object.hasOwn(keyHabits, word) ? (keyHabits[word] ?? word) : word;
}

function knownKeys(form: PolicyForm): string[] {
  const own = form.target === 'mcp_tools' ? mcpOnly : llmOnly;
  return ['api_key', ...own, ...(form.limits === 'rate' && form.target === 'llm' ? ['endpoint_type'] : [])];
}

/**
 * Why a key cannot stand in `match` or `per` of such a policy, or null.
 *
 * @param write how it is written there: as a key, or as a value
 */
function refuseKey(
  key: string,
  form: PolicyForm,
  write: (text: string) => Advice,
): { code: string; said: Sentence } | null {
  const known = knownKeys(form);
  if (known.includes(key) || /^metadata\.[\s\S]/.test(key)) return null;
  if (key === 'metadata' || key === 'metadata.') {
    return {
      code: 'unknown-condition',
      said: say`\`metadata\` needs the name of its key: write ${exampleOf(write('metadata.team'))}, for example`,
    };
  }
  if (mcpOnly.includes(key)) {
    const target: Advice = { write: 'target: mcp_tools', instead: 'in-entry' };
    const said = form.limits === 'rate' ? say`write ${target} in the policy` : 'only rate policies can limit MCP tools';
    return { code: 'condition-not-for-target', said: say`\`${key}\` exists for MCP tools alone: ${said}` };
  }
  if (key === 'endpoint_type' && form.limits === 'budget') {
    return {
      code: 'condition-not-for-budget',
      said: say`\`endpoint_type\` exists on rate policies alone: match on \`model\` instead`,
    };
  }
  if (llmOnly.includes(key) || key === 'endpoint_type') {
    const said =
      'exists for LLM calls alone: leave out `target: mcp_tools`, or use `mcp_server`, `mcp_tool`, `api_key` or `metadata.…`';
    return { code: 'condition-not-for-target', said: say`\`${key}\` ${said}` };
  }
  const habit = keyMeantBy(key);
  const isKnown = known.includes(habit) || habit.startsWith('metadata.');
  const meant = (isKnown ? habit : undefined) ?? nearestName(key, known) ?? nearestMetadata(key);
  const hint =
    meant === undefined
      ? `known are ${known.map((word) => `\`${word}\``).join(', ')} and \`metadata.…\``
      : say`did you mean ${write(meant)}?`;
  return { code: 'unknown-condition', said: say`${quote(key)} is nothing that a policy can look at: ${hint}` };
}

const anything = example('"*"');

/** A slip in `metadata.`, whose rest is anybody's word. */
function nearestMetadata(key: string): string | undefined {
  const [, head = '', rest = ''] = /^([^.]+)[.:/](.+)$/.exec(key) ?? [];
  return nearestName(head, ['metadata']) === undefined ? undefined : `metadata.${rest}`;
}

export function readMatch(field: FieldNode, form: PolicyForm, report: Report): Match | undefined {
  const { node } = field;
  if (node.type === 'scalar' && (node.value === 'all' || node.value === '*')) {
    if (node.value === 'all') return 'all';
    report('invalid-match', node.at, say`\`match\` for everything: write ${writeValue('all')}, or leave it out`);
    return undefined;
  }
  if (node.type === 'scalar' && node.value !== null) {
    const ways = say`write ${example('all')}, or lines such as \`metadata.team: nlp\` below it`;
    return refuseValue(field, 'invalid-match', say`is not a condition: ${ways}`, report);
  }
  if (node.type === 'list') {
    const map = example('{ metadata.team: nlp }');
    report('invalid-match', node.at, say`\`match\` is a list: write a map such as ${map}, or one line per condition`);
    return undefined;
  }
  const conditions = (expectMap(field, report)?.fields ?? []).flatMap(
    (entry) => readCondition(entry, form, report) ?? [],
  );
  const only = conditions.length === 1 ? conditions[0] : undefined;
  const everything = only?.key === everythingKey(form.target) && only.any === '*' && only.except.length === 0;
  // The way "everything" is said on the wire is the same wish.
  return conditions.length === 0 || everything ? 'all' : sortConditions(conditions);
}

function readCondition(field: FieldNode, form: PolicyForm, report: Report): Condition | undefined {
  const { key, node } = field;
  if (/^(?:workspace|organi[sz]ation)(?:_id)?$/.test(key)) {
    const said = `${quote(key)} is not a condition: a policy covers its own workspace; leave the line out`;
    report('scope-condition', field.at, said);
    return undefined;
  }
  if (key === 'metadata' && node.type === 'map') {
    const inner = node.fields[0]?.key ?? 'team';
    const flat = `metadata.${quote(inner).replaceAll('`', '')}`;
    report('unknown-condition', field.at, say`\`metadata\` is written flat, as \`${flat}: …\` on one line`);
    return undefined;
  }
  const refusal = refuseKey(key, form, writeKey);
  if (refusal !== null) {
    report(refusal.code, field.at, refusal.said);
    return undefined;
  }
  if (node.type !== 'map') {
    const any = readValues(field, key, report);
    return any === undefined ? undefined : { key, any, except: [] };
  }
  const written = readMap(field, conditionKeys, `the condition \`${shown(field)}\``, report);
  const anyField = written?.get('any');
  const exceptField = written?.get('except');
  if (anyField === undefined && exceptField === undefined) {
    if (node.fields.length === 0)
      report('empty-value', field.at, say`\`${shown(field)}\` has no value: write one, a list, or ${anything}`);
    return undefined;
  }
  const any = anyField === undefined ? '*' : readValues(anyField, key, report);
  const except = exceptField === undefined ? [] : readValues(exceptField, key, report);
  if (any === undefined || except === undefined) return undefined;
  if (except === '*') {
    const said = '`except: "*"` would leave nothing: write the values to leave out';
    report('invalid-match', exceptField?.at ?? field.at, said);
    return undefined;
  }
  if (reachesNothing({ key, any, except })) {
    const said = `\`${shown(field)}\` matches no call, as \`except\` leaves nothing of \`any\`: take one of the two back`;
    report('invalid-match', exceptField?.at ?? field.at, said);
    return undefined;
  }
  return { key, any, except };
}

/** `*` alone means any value; in a list it is the literal asterisk. */
function readValues(field: FieldNode, key: string, report: Report): '*' | readonly string[] | undefined {
  if (field.node.type === 'scalar' && field.node.value === '*') return '*';
  const values = readItems(field, say`a value, a list of values, or ${anything} for any`, report, { lone: true }).map(
    (item) => readValue(item, key, report),
  );
  const texts = values.filter((value) => value !== undefined);
  if (texts.length !== values.length || texts.length === 0) return undefined;
  return [...new Set(texts)].sort(compareText);
}

function readValue(field: FieldNode, key: string, report: Report): string | undefined {
  const text = readText(field, say`a value, or ${anything} for any value`, report, longest.value);
  if (text === undefined) return undefined;
  const { at } = field.node;
  if (key.startsWith('metadata.') && text.length > longest.metadata) {
    const said = `${quote(text)} has ${text.length} characters: metadata values have at most ${longest.metadata}`;
    report('metadata-too-long', at, said);
    return undefined;
  }
  if (key === 'model') return readModel(text, field, report);
  if (text.includes('*')) {
    const said = 'an asterisk is a wildcard only alone, as `"*"`, and at the end of a model, as `"@openai/*"`';
    report('literal-asterisk', at, `${quote(text)} matches only this very text: ${said}`, 'warning');
  }
  return text;
}

function readModel(text: string, field: FieldNode, report: Report): string | undefined {
  const { at } = field.node;
  if (patterns.model.test(text)) return text;
  if (text.includes('*') && text !== '*') {
    const said = `${quote(text)}: an asterisk stands only alone after the provider, as in \`"@openai/*"\``;
    report('model-wildcard', at, said);
    return undefined;
  }
  // Blanks are looked for by themselves: one at the end would be scanned for again from every `__`.
  const parts = /\s/.test(text) ? null : /^@?([a-z][\w.-]*?)(?:__|\/)([^/_].*)$/i.exec(text);
  const hint =
    parts === null
      ? say`its provider with it, such as ${['"@openai/gpt-4o"', '"@openai/*"'].map(example)}`
      : say`${writeQuoted(`@${parts[1]}/${parts[2]}`)}`;
  report('model-form', at, say`${quote(text)} is not how policies spell a model: write ${hint}`);
  return undefined;
}

/** What people write for one counter that all share. */
const everybody =
  /^(?:workspace|organi[sz]ation(?:_id)?|all|total|none|every(?:one|body|thing)?|any(?:one|body)?|shared|team|global|\*)$/i;

export function readPer(field: FieldNode, form: PolicyForm, report: Report): readonly string[] | undefined {
  const known = ['workspace_id', 'api_key', 'metadata._user'].map(example);
  const items = readItems(field, say`${known}, or a list of such words`, report, { lone: true });
  const keys = items.flatMap((item) => {
    const node = expectScalar(item, say`${known}`, report);
    if (node === undefined) return [];
    const key = node.text;
    if (key === 'workspace_id') return [key];
    const near = nearestName(key, ['workspace_id', ...knownKeys(form)]);
    if (everybody.test(key) || near === 'workspace_id') {
      const said = say`write ${writeValue('workspace_id')} for one counter that all share`;
      report('unknown-grouping', node.at, say`${quote(key)} is nothing that a counter can be kept by: ${said}`);
      return [];
    }
    const refusal = refuseKey(key, form, writeValue);
    if (refusal === null) return [key];
    const code = refusal.code === 'unknown-condition' ? 'unknown-grouping' : refusal.code;
    report(code, node.at, refusal.said);
    return [];
  });
  return keys.length === 0 ? undefined : [...new Set(keys)].sort(compareText);
}
