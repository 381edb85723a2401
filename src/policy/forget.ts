/** `forget:`, a list of paths such as `keys/ci/rate`. */

import { nearestName } from '../nearest-name.ts';
import type { Forget, Kind } from '../resources/types.ts';
import { example, say, writeValue } from './advice.ts';
import { entryKeys } from './entry-keys.ts';
import { listSchema, type Shape, textForm } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import { readItems, readText, refuseValue } from './reader.ts';
import type { Report } from './report.ts';

const limitsOf = (kind: Kind): readonly string[] =>
  Object.entries(entryKeys[kind]).flatMap(([name, { isForgettable }]) => (isForgettable ? [name] : []));

const sections: Readonly<Record<Forget['section'], readonly string[]>> = {
  policies: limitsOf('usage-policy'),
  limits: limitsOf('workspace-limits'),
  keys: limitsOf('key-limits'),
  providers: limitsOf('provider-limits'),
  integrations: [...limitsOf('integration-limits'), 'prices', ...limitsOf('integration-prices')],
};
const sectionNames = Object.keys(sections) as Forget['section'][];

const sectionPaths = sectionNames.map((name) =>
  name === 'limits' ? `limits(?:/(?:${sections.limits.join('|')}))?` : `${name}(?:/[^/]+)*`,
);
const path = textForm(
  `^(?:\\*|${sectionPaths.join('|')})$`,
  'write a path such as policies/old, keys/ci/rate or limits',
  ['policies/old', 'keys/ci/rate', 'limits', '*'],
);

/** Without the workspace of the file. */
export type ForgetPath = Omit<Forget, 'workspace'>;

export const forget: Shape<readonly ForgetPath[]> = {
  schema: listSchema({ ...path.schema, maxLength: 600 }, 'write a list of paths, such as [policies/old]', {
    uniqueItems: true,
  }),
  read: readForget,
};

function readForget(field: FieldNode, report: Report): readonly ForgetPath[] {
  const seen = new Set<string>();
  return readItems(
    field,
    say`a list of paths such as ${[example('[policies/old]'), example('[keys/ci/rate]')]}`,
    report,
    { empty: true },
  ).flatMap((item) => {
    const path = readText(item, say`a path such as ${example('policies/old')}`, report, 600);
    if (path === undefined) return [];
    if (seen.has(path)) refuseValue(item, 'duplicate-forget', 'stands here twice: keep one', report);
    seen.add(path);
    if (path === '*') return sectionNames.map((name) => ({ path, section: name, source: item.at.source }));
    const [head = '', ...rest] = path.split('/');
    const section = sectionNames.find((name) => name === head);
    if (section === undefined || rest.some((part) => part === '')) {
      const near = nearestName(head, sectionNames);
      const hint =
        section !== undefined || near === undefined
          ? say`write a path such as ${['policies/old', 'keys/old/rate', 'providers/old'].map(example)}`
          : say`did you mean ${writeValue([near, ...rest].join('/'))}?`;
      refuseValue(item, 'invalid-forget', say`is not a path: ${hint}`, report);
      return [];
    }
    const target = split(section, rest);
    if (section === 'limits' && target.name !== undefined) {
      const ways = ['limits', 'limits/budget', 'limits/rate'].map(example);
      refuseValue(item, 'invalid-forget', say`is not a field of \`limits\`: write ${ways}`, report);
      return [];
    }
    const last = rest.at(-1) ?? '';
    const near = target.field === undefined && rest.length > 1 ? nearestName(last, sections[section]) : undefined;
    if (near !== undefined) {
      const meant = writeValue([section, ...rest.slice(0, -1), near].join('/'));
      refuseValue(item, 'invalid-forget', say`ends in no field of ${quote(section)}: did you mean ${meant}?`, report);
      return [];
    }
    return [{ path, section, ...target, source: item.at.source }];
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
