/**
 * The container file, as far as it can be judged without an engine: its stages, who it runs as, what it copies, and that its check of health
 * tells a server that serves from one that does not. `npm run test:package` builds and runs it where there is an engine.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { buildProgram } from '../../src/program.ts';
import { readText, root } from '../docs/markdown.ts';

interface Instruction {
  readonly name: string;
  readonly words: string;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** One a line, comments left out, lines that end in a backslash joined. */
function parseInstructions(text: string): Instruction[] {
  const joined = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', words = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
      if (name === '') throw new Error(`no instruction: ${line}`);
      return { name, words };
    });
}

function parseStages(text: string): Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const instruction of parseInstructions(text)) {
    const [, from, name] = instruction.name === 'FROM' ? (/^(\S+) AS (\w+)$/.exec(instruction.words) ?? []) : [];
    if (from !== undefined && name !== undefined) stages.push({ name, from, instructions: [] });
    else if (stages.length > 0) stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

const text = readText('Dockerfile');
const stages = parseStages(text);
const stageOf = (name: string): Stage => {
  const found = stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`there is no stage ${name}`);
  return found;
};

/** With what its base brings, which counts where it says nothing itself. */
function effective(name: string, instruction: string): string | undefined {
  const { from, instructions } = stageOf(name);
  const own = instructions.filter((one) => one.name === instruction).at(-1)?.words;
  return own ?? (stages.some((stage) => stage.name === from) ? effective(from, instruction) : undefined);
}

it('is made in stages, on one base that a digest can be named for', () => {
  expect(stages.map(({ name }) => name)).toEqual(['base', 'build', 'packages', 'command', 'emulator', 'tollgate']);
  expect(stages.filter(({ from }) => !stages.some(({ name }) => name === from)).map(({ from }) => from)).toHaveLength(
    1,
  );
  expect(parseInstructions(text)[0]).toEqual({
    name: 'ARG',
    words: 'NODE_IMAGE=docker.io/library/node:24-bookworm-slim',
  });
  expect(text).toContain('--build-arg NODE_IMAGE=docker.io/library/node@sha256:');
});

it.each(['tollgate', 'emulator'])('%s is not run by root, and holds no tools that only build it', (name) => {
  const [user = ''] = (effective(name, 'USER') ?? '').split(':');
  expect(Number(user)).toBeGreaterThan(0);
  expect(effective(name, 'ENTRYPOINT')).toBe('["tollgate"]');
  const own = [...stageOf('command').instructions, ...stageOf(name).instructions];
  expect(own.filter(({ words }) => /\bnpm\b/.test(words))).toEqual([]);
});

it('copies only what is there and what .dockerignore lets in, and from stages that come before', () => {
  const ignored = readText('.dockerignore');
  const allowed = new Set([...ignored.matchAll(/^!(.+)$/gm)].map(([, path = '']) => path));
  expect(ignored.split('\n').filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*');
  expect([...allowed].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  for (const [index, { instructions }] of stages.entries()) {
    for (const { words } of instructions.filter(({ name }) => name === 'COPY')) {
      const [, stage, paths = ''] = /^(?:--from=(\w+) )?(.+) \S+$/.exec(words) ?? [];
      if (stage !== undefined) expect(stages.slice(0, index).map(({ name }) => name)).toContain(stage);
      else if (paths !== '.') expect([...allowed]).toEqual(expect.arrayContaining(paths.split(' ')));
    }
  }
});

it('lets in what the build reads', () => {
  const allowed = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path);
  expect(allowed).toEqual(
    expect.arrayContaining(['src', 'scripts', 'policies', 'tsconfig.json', 'tsconfig.build.json']),
  );
});

it('starts the emulator with flags that there are, where others reach it', async () => {
  const words = JSON.parse(effective('emulator', 'CMD') ?? '') as string[];
  const ran: unknown[] = [];
  await buildProgram('0.0.0', async (flags) => void ran.push(flags)).parseAsync(words, { from: 'user' });
  expect(ran).toHaveLength(1);
  expect(words).toEqual(['emulate', '--host', '0.0.0.0']);
});

it('asks the emulator for its health, at the port that it listens at by default', async () => {
  const [, check = ''] = /CMD (\[.*\])$/.exec(effective('emulator', 'HEALTHCHECK') ?? '') ?? [];
  const [program, ...words] = JSON.parse(check) as string[];
  expect([program, effective('emulator', 'EXPOSE')]).toEqual(['node', '8788']);
  const emulator = await startEmulator({ acceptKeys: 'k', faults: [{ fault: { kind: 'status', status: 503 } }] });
  let isOpen = true;
  onTestFinished(() => (isOpen ? emulator.close() : undefined));
  const ask = async (): Promise<unknown> => {
    const asked = words.map((word) => word.replace('127.0.0.1:8788', `127.0.0.1:${emulator.port}`));
    expect(asked).not.toEqual(words);
    const [exit] = await once(spawn(process.execPath, asked), 'close');
    return exit;
  };
  expect(await ask()).toBe(0);
  await emulator.close();
  isOpen = false;
  expect(await ask()).toBe(1);
  expect(effective('tollgate', 'HEALTHCHECK')).toBeUndefined();
});
