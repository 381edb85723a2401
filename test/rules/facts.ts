/** Files as text → findings, as `validate` makes them. */

import { dayOf } from '../../src/consumption/windows.ts';
import { noConditions } from '../../src/impact/condition-facts.ts';
import type { Finding } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { Desired } from '../../src/resources/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { buildFileFacts, findInFiles, reviewInFiles } from '../../src/rules/find.ts';
import type { LiveFacts } from '../../src/rules/types.ts';
import { testNow } from '../helpers/session.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';

export interface PolicyText {
  readonly path: string;
  readonly text: string;
}

/** What a plan reads for rules besides live state, where it reads nothing. */
export const nothingRead: Pick<LiveFacts, 'prices' | 'traffic' | 'configs' | 'conditions' | 'members'> = {
  prices: null,
  traffic: new Map(),
  configs: new Map(),
  conditions: noConditions,
  members: null,
};

export function desiredFrom(files: readonly PolicyText[]): Desired {
  const { desired, diagnostics } = compilePolicies(files, new Map(), dayOf(testNow));
  if (desired === null) throw new Error(JSON.stringify(diagnostics, null, 2));
  return desired;
}

export function findIn(files: readonly PolicyText[]): Finding[] {
  const desired = desiredFrom(files);
  return findInFiles(buildFileFacts(desired, files, reviewInFiles(desired)));
}

/** Messages of one rule over one workspace file, and what the organisation file says beside its head. */
export function messagesOf(rule: RuleName, body: string, org = ''): string[] {
  const files = [
    { path: 'org.yaml', text: orgHead + org },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ];
  return findIn(files)
    .filter((finding) => finding.rule === rule)
    .map(({ message }) => message);
}
