/** Different spellings of one meaning are no change; different meanings are. */

import { describe, expect, it } from 'vitest';
import type { WireRow } from '../../src/resources/kind.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';
import { keyObject, planOf, policyObject, spend } from './kit.ts';

const id = uuid(41);
const team = spend('match: {metadata.team: nlp}');
const any = spend('match: {metadata.team: "*"}');
const literal = spend('match: {metadata.team: ["*"]}');
const never = spend().replace('reset: monthly', 'reset: never');

describe('policies', () => {
  it.each<readonly [string, string, WireRow, number]>([
    ['500 and 500.0', spend(), { credit_limit: JSON.parse('500.0') as number }, 0],
    ['a value and a list of one', team, { conditions: [{ key: 'metadata.team', value: ['nlp'] }] }, 0],
    [
      'a list of one and a value',
      spend('match: {metadata.team: [nlp]}'),
      { conditions: [{ key: 'metadata.team', value: 'nlp' }] },
      0,
    ],
    [
      'list order',
      spend('match: {metadata.team: [a, b]}'),
      { conditions: [{ key: 'metadata.team', value: ['b', 'a'] }] },
      0,
    ],
    ['excludes [] and absent', team, { conditions: [{ key: 'metadata.team', value: 'nlp', excludes: [] }] }, 0],
    ['"*" and "*"', any, { conditions: [{ key: 'metadata.team', value: '*' }] }, 0],
    ['["*"] and ["*"]', literal, { conditions: [{ key: 'metadata.team', value: ['*'] }] }, 0],
    ['"*" against ["*"]', any, { conditions: [{ key: 'metadata.team', value: ['*'] }] }, 1],
    ['["*"] against "*"', literal, { conditions: [{ key: 'metadata.team', value: '*' }] }, 1],
    ['all: own workspace', spend(), { conditions: [{ key: 'workspace_id', value: teamA }] }, 0],
    ['all: own workspace by slug', spend(), { conditions: [{ key: 'workspace_id', value: ['ws-team-a'] }] }, 0],
    ['all: own organisation', spend(), { conditions: [{ key: 'organisation_id', value: organisationId }] }, 0],
    ['another workspace is not all', spend(), { conditions: [{ key: 'workspace_id', value: uuid(99) }] }, 1],
    ['never: null', never, { periodic_reset: null }, 0],
    ['never: ""', never, { periodic_reset: '' }, 0],
    ['never: days absent', never, { periodic_reset: null, periodic_reset_days: undefined }, 0],
    ['never against monthly', never, { periodic_reset: 'monthly' }, 1],
    ['no group and the workspace', spend(), { group_by: [] }, 0],
    [
      'order of groups',
      spend().replace('per: workspace_id', 'per: [model, api_key]'),
      { group_by: [{ key: 'api_key' }, { key: 'model' }] },
      0,
    ],
    ['no description: "" and none', spend('description: none'), { description: '' }, 0],
    ['an alert of null and none', spend('alert: none'), { alert_threshold: null }, 0],
    ['500 against 0', spend(), { credit_limit: 0 }, 1],
    ['500 against null', spend(), { credit_limit: null }, 1],
  ])('%s', (_, body, row, changes) => {
    expect(planOf({ body, live: [policyObject(id, row)] }).changes).toHaveLength(changes);
  });
});

describe('keys', () => {
  const key = (text: string) => `keys:\n  app:\n    ${text}\n`;
  it.each<readonly [string, string, WireRow, number]>([
    ['emails null', 'recipients: none', { alert_emails: null }, 0],
    ['emails []', 'recipients: none', { alert_emails: [] }, 0],
    ['emails in order and letters', 'recipients: [b@x.io, a@x.io]', { alert_emails: ['A@x.io', 'b@X.io'] }, 0],
    ['rates null', 'rate: none', { rate_limits: null }, 0],
    ['rates []', 'rate: none', { rate_limits: [] }, 0],
    [
      'mistakes-J1: a rate of zero is none',
      'rate: none',
      { rate_limits: [{ type: 'requests', unit: 'rpm', value: 0 }] },
      0,
    ],
    ['no budget null', 'budget: none', { usage_limits: null }, 0],
    ['no budget but flags', 'budget: none', { usage_limits: { is_expired_alerts_sent: true } }, 0],
    ['mistakes-J1: a budget of zero is none', 'budget: none', { usage_limits: { credit_limit: 0 } }, 0],
    [
      '80 and 80.0',
      'budget: $80\n    reset: never',
      { usage_limits: { credit_limit: JSON.parse('80.0') as number, periodic_reset: '' } },
      0,
    ],
  ])('%s', (_, text, row, changes) => {
    expect(planOf({ body: key(text), live: [keyObject('app', id, row)] }).changes).toHaveLength(changes);
  });
});
