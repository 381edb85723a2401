/** GitHub's own published description of its REST API, as a judge over requests and answers. */

import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

type Node = null | boolean | number | string | readonly Node[] | { readonly [key: string]: Node };
type NodeObject = { readonly [key: string]: Node };

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: NodeObject;
}

interface Content {
  readonly 'application/json'?: { readonly schema?: NodeObject };
}

interface Operation {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content } | { readonly $ref: string }>>;
}

export interface JudgedRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined: none was sent. */
  readonly body: unknown;
}

/** One operation: a method on a path template. */
export interface OperationJudge {
  /** What is wrong with the path and the query; empty when nothing is. */
  judgeParameters(request: JudgedRequest): readonly string[];
  judgeBody(body: unknown): readonly string[];
  judgeAnswer(status: number, body: unknown): readonly string[];
}

export interface Description {
  /** Null: GitHub has no such operation. */
  find(method: string, template: string): OperationJudge | null;
}

/** Some answers every operation may give, described or not. */
const commonStatuses = new Set([400, 401, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504]);

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text),
  uri: (text) => URL.canParse(text),
  email: (text) => /^[^\s@]+@[^\s@]+$/.test(text),
};

/** The operations of the stand-in alone: `scripts/refresh-github-fixtures.mjs`. */
const published = new URL('../../fixtures/github/rest.json', import.meta.url);

let loaded: Description | undefined;

/** Read once in a process, at first use. */
export function loadDescription(): Description {
  loaded ??= openDescription();
  return loaded;
}

function openDescription(): Description {
  const document = JSON.parse(readFileSync(published, 'utf8')) as NodeObject;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, validate);
  for (const name of ['int32', 'int64', 'float', 'double', 'repo.nwo', 'timestamp', 'uri-template', 'ssh-url']) {
    ajv.addFormat(name, true);
  }
  const added = new Set<string>();

  const resolve = <Found>(value: Found | { readonly $ref: string }): Found => {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value as Found;
    const keys = value.$ref.replace(/^#\//, '').split('/');
    return keys.reduce<Node>((at, key) => (at as NodeObject)[key] ?? null, document) as unknown as Found;
  };

  /** OpenAPI 3.0 to JSON Schema. What it refers to is added under its own name, so it is compiled once for all operations. */
  const convert = (node: Node): Node => {
    if (Array.isArray(node)) return node.map(convert);
    if (node === null || typeof node !== 'object') return node;
    const { $ref } = node as NodeObject;
    if (typeof $ref === 'string') {
      const id = $ref.replace(/^#/, 'https://github.example.com/description');
      if (!added.has(id)) {
        added.add(id);
        ajv.addSchema(Object.assign({}, convert(resolve<Node>({ $ref })) as NodeObject, { $id: id }));
      }
      return { $ref: id };
    }
    const schema: Record<string, Node> = {};
    for (const [key, value] of Object.entries(node as NodeObject)) {
      if (key === 'example' || key === 'examples' || key === 'nullable' || key === 'default') continue;
      // Alternatives in the description overlap: "one of" often means "any of".
      if (key === 'properties') schema[key] = convertValues(value as NodeObject, convert);
      else schema[key === 'oneOf' ? 'anyOf' : key] = key === 'enum' ? value : convert(value);
    }
    return (node as NodeObject).nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
  };
  const compile = (schema: NodeObject): ValidateFunction => ajv.compile(convert(schema) as NodeObject);

  const judges = new Map<string, OperationJudge | null>();
  return {
    find(method, template) {
      const key = `${method} ${template}`;
      const known = judges.get(key);
      if (known !== undefined) return known;
      const path = (document.paths as NodeObject)[template] as NodeObject | undefined;
      const operation = path?.[method.toLowerCase()] as unknown as Operation | undefined;
      const judge = operation === undefined ? null : createJudge(operation, resolve, compile);
      judges.set(key, judge);
      return judge;
    },
  };
}

function convertValues(object: NodeObject, convert: (node: Node) => Node): NodeObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, convert(value)]));
}

type Resolve = <Found>(value: Found | { readonly $ref: string }) => Found;

function createJudge(
  operation: Operation,
  resolve: Resolve,
  compile: (schema: NodeObject) => ValidateFunction,
): OperationJudge {
  const parameters = (operation.parameters ?? []).map((parameter) => resolve<Parameter>(parameter));
  const compiled = new Map<string, ValidateFunction>();
  const judge = (key: string, schema: NodeObject, value: unknown): readonly string[] => {
    const validate = compiled.get(key) ?? compile(schema);
    compiled.set(key, validate);
    return validate(value) ? [] : (validate.errors ?? []).map(describeError);
  };
  return {
    judgeParameters({ params, query }) {
      const given = [
        ...Object.entries(params).map(([name, value]) => ({ place: 'path', name, value })),
        ...[...query].map(([name, value]) => ({ place: 'query', name, value })),
      ];
      const wrong = given.flatMap(({ place, name, value }) => {
        const parameter = parameters.find((one) => one.in === place && one.name === name);
        if (parameter === undefined) return [`${place} parameter "${name}" is not described`];
        const schema = resolve<NodeObject>(parameter.schema);
        return judge(`${place} ${name}`, schema, readValue(schema, value)).map((text) => `${place} ${name}: ${text}`);
      });
      const missing = parameters
        .filter((one) => one.in === 'query' && one.required === true && !query.has(one.name))
        .map((one) => `query parameter "${one.name}" is missing`);
      return [...wrong, ...missing];
    },
    judgeBody(body) {
      const { requestBody } = operation;
      if (body === undefined) return requestBody?.required === true ? ['a body is needed'] : [];
      const schema = requestBody?.content['application/json']?.schema;
      if (schema === undefined) return ['no body is described'];
      const names = new Set(listProperties(schema, resolve));
      const isOpen = names.size === 0 || typeof body !== 'object' || body === null || Array.isArray(body);
      const unknown = isOpen ? [] : Object.keys(body).filter((name) => !names.has(name));
      return [...judge('body', schema, body), ...unknown.map((name) => `member "${name}" is not described`)];
    },
    judgeAnswer(status, body) {
      const described = operation.responses[String(status)];
      if (described === undefined) {
        if (!commonStatuses.has(status)) return [`status ${status} is not described`];
        return judge('error', { $ref: '#/components/schemas/basic-error' }, body);
      }
      const schema = resolve<{ readonly content?: Content }>(described).content?.['application/json']?.schema;
      if (schema === undefined) return body === undefined ? [] : [`status ${status} is described without a body`];
      return judge(`answer ${status}`, schema, body);
    },
  };
}

/** All that an object may have, whichever alternative it follows. */
function listProperties(node: NodeObject, resolve: Resolve): readonly string[] {
  const schema = resolve<NodeObject>(node);
  const alternatives = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => (schema[key] as readonly NodeObject[]) ?? []);
  return [
    ...Object.keys((schema.properties as NodeObject | undefined) ?? {}),
    ...alternatives.flatMap((one) => listProperties(one, resolve)),
  ];
}

/** Everything in a URL is text. */
function readValue(schema: NodeObject, text: string): unknown {
  if ((schema.type === 'integer' || schema.type === 'number') && /^-?\d+$/.test(text)) return Number(text);
  if (schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  const alternatives = (schema.oneOf ?? schema.anyOf) as readonly NodeObject[] | undefined;
  if (alternatives?.some((one) => one.type === 'integer') === true && /^\d+$/.test(text)) return Number(text);
  return text;
}

function describeError({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const detail = Object.values(params as Record<string, unknown>).filter((value) => typeof value !== 'object');
  return `${instancePath === '' ? '/' : instancePath} ${message}${detail.length > 0 ? ` (${detail.join(', ')})` : ''}`;
}
