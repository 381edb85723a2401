import { describe, expect, it } from 'vitest';
import { type Added, addUnmanaged } from '../../src/importing/add-unmanaged.ts';
import type { LiveObject } from '../../src/live/live.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderAdded } from '../../src/render/import.ts';
import { uuid } from '../helpers/state.ts';
import { filesOf, keyObject, liveOf, now, policyObject, spend, workspaceObject } from '../plan/kit.ts';

const [p, k] = [uuid(11), uuid(12)];
const money = { type: 'cost', credit_limit: 90, periodic_reset: 'monthly', alert_threshold: 50 };
const rate = { type: 'requests', unit: 'rpm', value: 5 };
const app = 'keys:\n  app:\n    budget: $90\n    reset: monthly\n';
const live: readonly LiveObject[] = [
  policyObject(p, { description: 'ask Ana', alert_threshold: 100 }),
  keyObject('app', k, { usage_limits: money, rate_limits: [rate], alert_emails: ['a@example.com'] }),
  workspaceObject({ usage_limits: [{ type: 'cost', credit_limit: 5, periodic_reset: 'weekly' }], rate_limits: [rate] }),
];

function add(body: string, objects: readonly LiveObject[] = live, workspaces: readonly string[] = []): Added {
  const files = Object.entries(filesOf({ body })).map(([path, text]) => ({ path, text }));
  const { desired } = compilePolicies(files);
  if (desired === null) throw new Error('the files have an error');
  const input = { desired, files, directory: 'policies', live: liveOf(objects), record: null, now, workspaces };
  const added = addUnmanaged(input);
  if ('diagnostics' in added) throw new Error(added.diagnostics.map(({ message }) => message).join());
  return added;
}

describe('mistakes-D16: import lists what is live beside what is declared', () => {
  const limits = 'limits:\n  budget: $5\n  reset: weekly\n';
  const whole = `${spend()}${app}${limits}`;

  it('by entry and field, and does not say that all is declared', () => {
    const added = add(whole);
    expect(added.additions).toEqual([]);
    expect(added.further.map(({ key, fields }) => [key.kind, key.name, fields])).toEqual([
      ['key-limits', 'app', ['alert', 'rate[requests/minute]', 'recipients']],
      ['usage-policy', 'spend', ['alert', 'description']],
      ['workspace-limits', 'limits', ['rate[requests/minute]']],
    ]);
    expect(renderAdded(added, 'text')).toBe(
      [
        'Nothing to add: every live object that can be written is declared, though not all of it.',
        '',
        '3 declared entries have more live than the files say. It stays as it is; to manage it, write it there:',
        '  key app (ws-team-a): alert, rate[requests/minute], recipients',
        '  spend (ws-team-a): alert, description',
        '  workspace limits (ws-team-a): rate[requests/minute]',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(renderAdded(added, 'json'))).toMatchObject({
      further: [{ kind: 'key-limits', workspace: 'ws-team-a', name: 'app', id: k }, {}, {}],
    });
  });

  it('nothing of what is declared, cleared or forgotten', () => {
    const said = `${spend('description: ask Ana\nalert: $100')}${app}    alert: $50\n    rate: 5 requests/minute\n    recipients: a@example.com\n${limits}  rates: none\n`;
    expect(add(said).further).toEqual([]);
    const forgotten = `forget: [keys/app/rate, keys/app/recipients, keys/app/alert, policies/spend/alert, policies/spend/description, limits/rate]\n${whole}`;
    expect(add(forgotten).further).toEqual([]);
    expect(renderAdded(add(said), 'text')).toBe('Nothing to add: every live object that can be written is declared.\n');
  });

  it('of the workspaces that were asked for, and not of what it adds', () => {
    expect(add(whole, live, ['ws-team-b']).further).toEqual([]);
    const added = add(spend(), live);
    expect(added.additions.map(({ key }) => key.kind).sort()).toEqual(['key-limits', 'workspace-limits']);
    expect(added.further.map(({ key }) => key.name)).toEqual(['spend']);
  });
});
