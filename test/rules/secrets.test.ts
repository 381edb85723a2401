/** A secret that ended up in a condition is found, and repeated by no rule. */

import { expect, it } from 'vitest';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

it('no message holds what looks like a secret', () => {
  const secret = `sk-proj-${'a1B2c3D4'.repeat(4)}`;
  const body = `policies:\n  chat:\n    rate: 5 requests/minute\n    match: {model: "@OpenAI/${secret}"}\n    per: workspace_id\n`;
  const findings = findIn([
    { path: 'org.yaml', text: orgHead },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ]);
  expect(findings.map(({ rule }) => rule).sort()).toEqual(['secret-in-file', 'vendor-case']);
  expect(JSON.stringify(findings)).not.toContain(secret);
});
