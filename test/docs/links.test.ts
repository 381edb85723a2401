import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/program.ts';
import { anchorsOf, commandLines, markdownFiles, readText, root, withoutCodeBlocks } from './markdown.ts';

describe.each(markdownFiles)('%s', (file) => {
  const text = readText(file);

  it('links to what is there', () => {
    const links = [...withoutCodeBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const linked = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(root, linked))) return true;
        return anchor !== undefined && !anchorsOf(readText(linked)).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = [...withoutCodeBlocks(text).matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('shows command lines that parse', async () => {
    const wrong: string[] = [];
    for (const words of commandLines(text)) {
      const complaints: string[] = [];
      const program = buildProgram('0.0.0', async () => {});
      silence(program, complaints);
      try {
        await program.parseAsync([...words], { from: 'user' });
      } catch (error) {
        // The help of a group of commands, and the version, end in an exception as well.
        if (!(error instanceof Error && 'exitCode' in error && error.exitCode === 0)) wrong.push(words.join(' '));
      }
      wrong.push(...complaints.map((complaint) => `${words.join(' ')}: ${complaint}`));
    }
    expect(wrong).toEqual([]);
  });
});

it('finds command lines', () => {
  expect(markdownFiles.flatMap((file) => commandLines(readText(file))).length).toBeGreaterThan(100);
});

function silence(command: ReturnType<typeof buildProgram>, complaints: string[]): void {
  command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: (text) => complaints.push(text) });
  for (const inner of command.commands) silence(inner, complaints);
}
