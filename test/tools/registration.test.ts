/** What the registry of servers for agents is told of this one. Its schema is fetched by `npm run test:mcp`. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/program.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const server = read('server.json') as {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly {
    readonly identifier: string;
    readonly version: string;
    readonly packageArguments: readonly { readonly value?: string }[];
    readonly environmentVariables: readonly { readonly name: string; readonly isSecret?: boolean }[];
  }[];
};
const own = read('package.json') as Readonly<Record<'name' | 'version' | 'mcpName', string>>;

it('server.json names this package, its version and the command that serves', () => {
  expect([server.name, server.version]).toEqual([own.mcpName, own.version]);
  const [entry, ...others] = server.packages;
  expect(others).toEqual([]);
  expect([entry?.identifier, entry?.version]).toEqual([own.name, own.version]);
  expect(entry?.packageArguments[0]?.value).toBe('mcp');
});

it('server.json calls what is a key a secret, so that a client hides it', () => {
  const secrets = server.packages.flatMap(({ environmentVariables }) =>
    environmentVariables.filter(({ isSecret }) => isSecret === true).map(({ name }) => name),
  );
  expect(secrets).toEqual(['PORTKEY_API_KEY']);
});

it('each server that docs/agents.md configures is JSON, and starts with flags that there are', async () => {
  const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, text = '']) => JSON.parse(text) as object);
  expect(blocks.length).toBeGreaterThan(2);
  const commands = [...page.matchAll(/"?args"? ?[:=] (\[.*?\])/g)].map(([, text = '']) => JSON.parse(text) as string[]);
  expect(commands.length).toBeGreaterThan(3);
  const known = buildProgram('0', async () => {}).commands.find((command) => command.name() === 'mcp')?.options ?? [];
  for (const [name, verb, ...flags] of commands) {
    expect([name, verb]).toEqual(['tollgate', 'mcp']);
    for (const flag of flags.filter((word) => word.startsWith('-')))
      expect(known.map(({ long }) => long)).toContain(flag);
  }
});
