/** Every broken policy under test/fixtures/policies, named after its fault. Its `# expect:` lines say what is reported where. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { summarize } from './helpers.ts';

const directory = new URL('../fixtures/policies/', import.meta.url);
const fixtures = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

const org = `version: 1
kind: org
environment: production
organisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10
review:
  recipient_domains: [example.com]
defaults:
  policies:
    burst-guard:
      rate: 600 requests/minute
      per: workspace_id
`;

it('has fixtures', () => expect(fixtures.length).toBeGreaterThan(120));

describe.each(fixtures)('%s', (name) => {
  const text = readFileSync(new URL(name, directory), 'utf8');
  const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map((match) => match[1]);
  const isOrg = /^kind: org$/m.test(text);
  const files = [{ path: name, text }, ...(isOrg ? [] : [{ path: 'a-good-org.yaml', text: org }])];
  const compiled = compilePolicies(files);

  it('is reported with its code, line and column', () => {
    expect(expected).not.toEqual([]);
    expect(compiled.diagnostics.map((diagnostic) => diagnostic.source.file)).toEqual(expected.map(() => name));
    expect(summarize(compiled)).toEqual(expected);
    const broken = compiled.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    expect(compiled.desired === null).toBe(broken);
  });

  it('is told in one line', () => {
    for (const { message } of compiled.diagnostics) {
      expect(message).toMatch(/^[^\n]{10,400}$/);
      expect(message).not.toMatch(/undefined|\[object|NaN/);
    }
  });
});
