/** `forget:`, a list of paths such as `keys/ci/rate`. */

import { nearestName } from '../nearest-name.ts';
import type { Forget } from '../resources/types.ts';
import { example, say, writeValue } from './advice.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './reader.ts';
import { readItems, readText } from './reader.ts';
import { integrationShape, keyShape, limitsShape, policyShape, providerShape } from './schema.ts';

/** Keys of an entry that are no limits and cannot be forgotten one by one. */
const notFields = ['name', 'id', 'previously', 'owner', 'silence', 'protect', 'target', 'per', 'match'];
const fieldsOf = (shape: { readonly shape: object }): readonly string[] =>
  Object.keys(shape.shape).filter((key) => !notFields.includes(key));

const sections: Readonly<Record<Forget['section'], readonly string[]>> = {
  policies: fieldsOf(policyShape),
  limits: fieldsOf(limitsShape),
  keys: fieldsOf(keyShape),
  providers: fieldsOf(providerShape),
  integrations: fieldsOf(integrationShape),
};
const sectionNames = Object.keys(sections) as Forget['section'][];

export function readForget(field: FieldNode | undefined, workspace: string | null, report: Report): readonly Forget[] {
  if (field === undefined) return [];
  const seen = new Set<string>();
  return readItems(
    field,
    say`a list of paths such as ${[example('[policies/old]'), example('[keys/ci/rate]')]}`,
    report,
    { empty: true },
  ).flatMap((item) => {
    const path = readText(item, say`a path such as ${example('policies/old')}`, report, 600);
    if (path === undefined) return [];
    if (seen.has(path)) report('duplicate-forget', item.at, `\`forget\`: ${quote(path)} stands here twice: keep one`);
    seen.add(path);
    if (path === '*') return sectionNames.map((name) => ({ workspace, path, section: name, source: item.at.source }));
    const [head = '', ...rest] = path.split('/');
    const section = sectionNames.find((name) => name === head);
    if (section === undefined || rest.some((part) => part === '')) {
      const near = nearestName(head, sectionNames);
      const hint =
        section !== undefined || near === undefined
          ? say`write a path such as ${['policies/old', 'keys/old/rate', 'providers/old'].map(example)}`
          : say`did you mean ${writeValue([near, ...rest].join('/'))}?`;
      report('invalid-forget', item.at, say`\`forget\`: ${quote(path)} is no path: ${hint}`);
      return [];
    }
    const target = split(section, rest);
    if (section === 'limits' && target.name !== undefined) {
      report(
        'invalid-forget',
        item.at,
        say`\`forget\`: ${quote(path)} is no field of \`limits\`: write ${['limits', 'limits/budget', 'limits/rate'].map(example)}`,
      );
      return [];
    }
    const last = rest.at(-1) ?? '';
    const near = target.field === undefined && rest.length > 1 ? nearestName(last, sections[section]) : undefined;
    if (near !== undefined) {
      const meant = writeValue([section, ...rest.slice(0, -1), near].join('/'));
      report(
        'invalid-forget',
        item.at,
        say`\`forget\`: ${quote(path)} ends in no field of ${quote(section)}: did you mean ${meant}?`,
      );
      return [];
    }
    return [{ workspace, path, section, ...target, source: item.at.source }];
  });
}

/** Names may hold slashes: the last part is a field only if it is called like one and a name stands before it. */
function split(section: Forget['section'], parts: readonly string[]): { name?: string; field?: string } {
  const last = parts.at(-1);
  if (last === undefined) return {};
  const isField = sections[section].includes(last) && (section === 'limits' ? parts.length === 1 : parts.length > 1);
  const name = (isField ? parts.slice(0, -1) : parts).join('/');
  return { ...(name === '' ? {} : { name }), ...(isField ? { field: last } : {}) };
}
