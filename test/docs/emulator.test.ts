import { expect, it } from 'vitest';
import { parseFault } from '../../src/emulator/faults.ts';
import { buildDefaultQuirks, parseQuirk } from '../../src/emulator/quirks.ts';
import { createEmulator } from '../../src/emulator/server.ts';
import { readText } from './markdown.ts';

const text = readText('docs/emulator.md');

/** Path below `/v1` → methods, from the table. */
const documented = new Map(
  [...text.matchAll(/^\| `(\/[^`]+)` \| ([A-Z, ]+) \|$/gm)].map(([, path = '', methods = '']) => [
    path,
    methods.split(', '),
  ]),
);

it('lists every endpoint and no other', () => {
  const served = new Map<string, Set<string>>();
  for (const { method, path } of createEmulator().app.routes) {
    if (method === 'ALL' || !path.startsWith('/v1/') || path.startsWith('/v1/logs/groups/')) continue;
    const shown = path
      .slice(3)
      .replace(/^\/analytics\/graphs\/.*$/, '/analytics/graphs/:graph')
      .replace(/\{.*\}$/, '');
    served.set(shown, (served.get(shown) ?? new Set()).add(method));
  }
  const sorted = (methods: Iterable<string>) => [...methods].sort();
  expect(Object.fromEntries([...documented].map(([path, methods]) => [path, sorted(methods)]))).toEqual(
    Object.fromEntries([...served].map(([path, methods]) => [path, sorted(methods)])),
  );
});

it('lists every quirk and no other', () => {
  const section = /## Quirks\n([\s\S]*?)\n## /.exec(text)?.[1] ?? '';
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(Object.keys(buildDefaultQuirks()).sort());
});

it('lists every fault', () => {
  for (const kind of ['latency', 'reset', 'truncated', 'cut', 'malformed', 'hang', 'rival']) {
    expect(parseFault(`* /** ${kind}`).fault.kind).toBe(kind);
    expect(text).toContain(`kind: '${kind}'`);
  }
  expect(parseFault('GET /** 502 body=html').fault.kind).toBe('status');
  expect(text).toContain("kind: 'status'");
});

it('shows rules and quirks that parse', () => {
  const rules = [...text.matchAll(/^\| `((?:[A-Z]+|\*) \/[^`]+ [^`]+)` \|/gm)].map(([, rule = '']) => rule);
  expect(rules.length).toBeGreaterThan(3);
  for (const rule of rules) expect(() => parseFault(rule), rule).not.toThrow();
  const quirks = [...text.matchAll(/--quirk ([\w=.]+)(?= |$)/gm)].map(([, quirk = '']) => quirk);
  expect(quirks.length).toBeGreaterThan(1);
  for (const quirk of quirks.filter((word) => word !== 'NAME')) expect(() => parseQuirk(quirk), quirk).not.toThrow();
});
