/** Defaults of the organisation, `"*"`, and what a plan takes away: what a rule must not take for something else. */

import { expect, it } from 'vitest';
import { uuid } from '../helpers/state.ts';
import { type Given, policyObject, recordAfter } from '../plan/kit.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { findIn, messagesOf } from './facts.ts';
import { findingsOf } from './plan-facts.ts';

const weekly = 'budget: $5\n      reset: weekly\n      alert: 99%\n      per: workspace_id\n';
const defaults = `defaults:\n  policies:\n    week:\n      ${weekly}`;
const keyOf = (name: string): string => `keys:\n  ${name}:\n    budget: $5\n    reset: weekly\n    alert: none\n`;

it('a default that is copied into two workspaces is told once', () => {
  const findings = findIn([
    { path: 'org.yaml', text: orgHead + defaults },
    { path: 'one.yaml', text: workspaceHead },
    { path: 'two.yaml', text: workspaceHead.replace('ws-one', 'ws-two') },
  ]);
  expect(findings.filter(({ rule }) => rule === 'alert-too-late')).toHaveLength(1);
});

it('the entry beside a default is the one to look at', () => {
  const findings = findIn([
    { path: 'org.yaml', text: orgHead + defaults },
    { path: 'one.yaml', text: workspaceHead + keyOf('app') },
  ]);
  expect(findings.find(({ rule }) => rule === 'weeks-differ')?.source.file).toBe('one.yaml');
});

it('a named key has the alert that "*" gives it', () => {
  const star = 'keys:\n  "*":\n    budget: $9\n    reset: monthly\n    alert: 80%\n';
  expect(messagesOf('alert-missing', `${star}  app:\n    budget: $5\n    reset: monthly\n`)).toEqual([]);
});

it('a lifetime cap is compared with budgets of its own kind', () => {
  const never = '  grant:\n    budget: $5\n    reset: never\n    alert: none\n    per: workspace_id\n';
  expect(
    messagesOf('lifetime-amount-like-monthly', `policies:\n${never}${keyOf('app').replace('weekly', 'monthly')}`),
  ).toEqual([]);
});

it('metadata of MCP tools is no matter of the calls of models', () => {
  const tools = '  tools:\n    target: mcp_tools\n    rate: 5 requests/minute\n    per: metadata.team\n';
  expect(messagesOf('metadata-escapable', `policies:\n${tools}`)).toEqual([]);
});

const withoutBudget = (given: Given): number => findingsOf('workspace-without-budget', given).length;

it('a live budget that the plan deletes bounds nothing any more', () => {
  const live = [policyObject(uuid(41))];
  const declared = 'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n';
  const record = recordAfter({ body: declared, live });
  expect(withoutBudget({ body: '', live, record })).toBe(1);
  expect(withoutBudget({ body: '', live })).toBe(0);
});
