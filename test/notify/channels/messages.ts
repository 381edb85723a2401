/** What is told in these tests, to whom, and what stands in for the world around it. */

import type { SenderPorts } from '../../../src/notify/channels/delivery.ts';
import type { Message } from '../../../src/notify/message.ts';
import { fakeTiming } from '../../client/loopback.ts';

const at = Date.parse('2026-11-20T12:00:00Z');

export function message(over: Partial<Message> = {}): Message {
  return {
    id: 'production usage-policy/ws-team-a/monthly 80% 2026-11-01',
    kind: 'threshold',
    title: 'team-a has used 80 % of its $500 a month',
    facts: [
      { label: 'used', value: '$402.10 of $500' },
      { label: 'resets', value: '2026-12-01 00:00 UTC' },
    ],
    paragraphs: ['At the pace of the last seven days it is used up on 2026-11-24.', 'See `tollgate status`.'],
    link: 'https://github.com/example/budgets/actions/runs/7',
    at,
    data: { limit: 'usage-policy/ws-team-a/monthly', percent: 80, usedCents: 40_210 },
    ...over,
  };
}

/** Names that do harm where somebody forgets that they are from outside. */
export const hostileNames = [
  'a\r\nBcc: thief@evil.example\r\n\r\nbody',
  `<script>document.title='acted'</script><img src=https://evil.example.com/x.png onerror=alert(1)>`,
  '[click](https://evil.example.com) ![p](https://evil.example.com/x.png) **bold** `code`',
  '<!channel> <!here> <@U123456> <https://evil.example.com|your bank> *bold* :tada:',
  '@octocat #1 GH-1 @everyone <at>all</at> https://evil.example.com www.evil.example.com evil.com',
  'someone@evil.com mailto:someone@evil.com javascript:alert(1) evil。com раypal.com',
  '| a | b |\n|---|---|\n</td></tr></table><a href="https://evil.example.com">x</a> -->',
  '\u202egnp.exe \u200b\u2066x\u2069 =?utf-8?q?=0d=0aBcc:_x?=',
] as const;

/** Everything that can be named is named so. */
export function hostileMessage(name: string): Message {
  return message({
    id: name,
    title: `${name} has used 80 %`,
    facts: [{ label: name, value: name }],
    paragraphs: [`${name} resets soon.`, `Type \`${name}\`.`],
    link: 'https://github.com/example/budgets',
    data: { name },
  });
}

export function ports(over: Partial<SenderPorts> = {}): SenderPorts {
  return { env: {}, timing: fakeTiming(), userAgent: 'tollgate/test', ...over };
}
