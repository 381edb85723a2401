/** `api:`: what a file may not say to the service, however it is spelt, and who has to agree to the rest. */

import { describe, expect, test } from 'vitest';
import { judgePlan } from '../../src/guards/judge.ts';
import type { Plan } from '../../src/plan/types.ts';
import { isWordProblem, parseWord } from '../../src/plan/words.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld } from '../helpers/world.ts';
import { inForce } from '../plan/in-force.ts';
import { orgHead } from '../policy/helpers.ts';

function codesOf(member: string, value = '1'): readonly string[] {
  const text = `version: 1\nkind: workspace\nworkspace: ws-one\nkeys:\n  ci:\n    budget: $500\n    reset: monthly\n    api:\n      ${JSON.stringify(member)}: ${value}\n`;
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: orgHead },
    { path: 'a.yaml', text },
  ]);
  return diagnostics.map(({ code }) => code).filter((code) => code.startsWith('api-'));
}

describe('trust-D5: members under api', () => {
  const refused = [
    ...['Status', 'STATUS', 'status ', 'stаtus', 'ѕtatus', 'sta\u0301tus', 'ｓtatus', 'status\u200b', 'is_enabled'],
    ...['workspaceId', 'workspace-id', 'Workspace_ID', 'workspace.id', 'workspace id', 'organizationId', 'org_id'],
    ...['secret', 'client_secret', 'secretMappings', 'api.key', 'apiKey', 'key', 'passwordHash', 'webhookUrl'],
    ...['permissions', 'userPermissions', 'scopes', 'role', 'Roles', 'is-admin', 'access', 'users'],
    ...['config_id', 'configId', 'allow_config_override', 'allowConfigOverride', 'defaults', 'rotationPolicy'],
    ...['userId', 'ID', 'Uuid', 'reset_usage', 'resetUsageForValue', 'currentUsage', 'virtual-key'],
    ...['a.b', 'a b', '', 'ünknown', '1st', '__proto__', 'constructor', 'x'.repeat(65)],
  ];

  test.each(refused)('trust-D5: %j is refused', (member) => {
    const codes = codesOf(member);
    if (member === '') expect(codes).not.toContain('api-passthrough');
    else expect(codes).toEqual(['api-refused-member']);
  });

  test.each(['creditLimit', 'Credit_Limit', 'usage-limits', 'rateLimits', 'alertEmails', 'Name', 'expiresAt'])(
    'trust-D5: %j has a word of its own',
    (member) => expect(codesOf(member)).toEqual(['api-known-member']),
  );

  const holders = [
    ...['{status: active}', '{a: [{workspaceId: x}]}', '[{a: {Secret: x}}]', '{"config.id": x}'],
    // Inside, nothing else looks at letters.
    ...['{stаtus: x}', '{ѕtatus: x}', '{"sta\u0301tus": x}', '{ｓtatus: x}', '{"client-sëcret": x}'],
  ];
  test.each(holders)('trust-D5: a member that holds %s is refused', (value) => {
    expect(codesOf('some_member', value)).toEqual(['api-refused-member']);
  });

  test.each(['some_member', 'camelCase', 'burst', 'max_tokens'])('trust-D5: %j passes, and says so', (member) => {
    expect(codesOf(member)).toEqual(['api-passthrough']);
  });
});

describe('trust-D5: the guard api-member', () => {
  const input = (plan: Plan) => ({ plan, steps: [], settings: inForce(null, {}), allowances: [], rewind: null });

  test('trust-D5: what is sent unchecked needs a word, what was sent before does not', async () => {
    const world = await startWorld({ state: smallState() });
    try {
      const files = (member: string) => ({
        'policies/org.yaml': orgFile(),
        'policies/a.yaml': `version: 1\nkind: workspace\nworkspace: ws-team-a\npolicies:\n  new:\n    budget: $5\n    reset: monthly\n    per: workspace_id\n    api: {${member}}\n`,
      });
      const plan = await world.planOk(files('burst: 1, other_member: {a: 1}'));
      const [violation] = judgePlan(input(plan)).filter(({ guard }) => guard === 'api-member');
      expect(violation).toMatchObject({ count: 2, severity: 'error', lifted: false });
      const word = parseWord(violation?.allow ?? '');
      if (isWordProblem(word)) throw new Error(word.problem);
      const allowances = [word];
      const lifted = judgePlan({ ...input(plan), allowances }).filter(({ guard }) => guard === 'api-member');
      expect(lifted).toMatchObject([{ lifted: true }]);
      const changes = plan.changes.map((change) => ({ ...change, before: change.after }));
      expect(judgePlan(input({ ...plan, changes })).filter(({ guard }) => guard === 'api-member')).toEqual([]);
    } finally {
      await world.close();
    }
  });
});
