/** What tests need to know about the markdown files of this repository. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { anchorOf } from '../../scripts/contents.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Paths from the root, with forward slashes. */
export const markdownFiles: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.split('\\').join('/')}`),
].sort();

export function readText(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

export interface Block {
  /** `sh`, `yaml`, `text` … */
  readonly language: string;
  readonly text: string;
}

export function codeBlocks(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

export function withoutCodeBlocks(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '');
}

/** Anchors as GitHub makes them of headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...withoutCodeBlocks(markdown).matchAll(/^#{1,6} +(.+)$/gm)].map(([, text = '']) => text);
  const named = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...named, ...headings.map(anchorOf)]);
}

/** Every command line of ours that is shown: in blocks of shell text, and between backticks. Arguments only. */
export function commandLines(markdown: string): readonly (readonly string[])[] {
  const inBlocks = codeBlocks(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .flatMap((line) => line.replace(/\s(?:#|> ).*$/, '').split(/&&|\|/));
  const inline = [...withoutCodeBlocks(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  return [...inBlocks, ...inline].flatMap((line) => {
    const words = /^\s*(?:\w+=\S+ )*(?:tollgate|node build\/cli\.js)(?: (.*))?$/.exec(line)?.[1];
    return words === undefined ? [] : [commandWords(words)];
  });
}

/** A quoted word may hold spaces. */
export function commandWords(line: string): readonly string[] {
  return (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? ['']).map(unquote);
}

function unquote(word: string): string {
  return /^(["']).*\1$/.test(word) ? word.slice(1, -1) : word;
}
