/** One policy that stands in no file, as the grammar of policy files reads it: what they refuse is refused here too. */

import { compilePolicies } from '../policy/compile.ts';
import { type PrintedValue, renderYaml } from '../policy/yaml-text.ts';
import { limitsOfDesired } from './desired-limits.ts';
import type { NamedLimit } from './replay-limit.ts';

const organisation: Readonly<Record<string, PrintedValue>> = {
  version: 1,
  kind: 'org',
  environment: 'backtest',
  organisation: '00000000-0000-0000-0000-000000000000',
};

const anywhere = 'any-workspace';

/**
 * @param workspace null: each workspace by itself
 * @returns a text: why it is refused
 */
export function readLonePolicy(
  policy: ReadonlyMap<string, PrintedValue>,
  workspace: string | null,
): Omit<NamedLimit, 'name'> | string {
  const files = [
    { path: 'org.yaml', text: renderYaml(new Map(Object.entries(organisation))) },
    {
      path: 'workspace.yaml',
      text: renderYaml(
        new Map<string, PrintedValue>([
          ['version', 1],
          ['kind', 'workspace'],
          ['workspace', workspace ?? anywhere],
          ['policies', new Map([['limit', policy]])],
        ]),
      ),
    },
  ];
  const { desired, diagnostics } = compilePolicies(files);
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  if (problem !== undefined) return problem.message;
  const [limit] = desired === null ? [] : limitsOfDesired(desired);
  return limit === undefined ? 'it limits nothing' : { ...limit, workspace };
}
