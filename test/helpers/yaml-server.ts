/** The language server that editors check and complete YAML by, asked as an editor asks it. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import { makeFolder } from '../record/git-fixture.ts';

const require = createRequire(import.meta.url);
const program = require.resolve('yaml-language-server/bin/yaml-language-server');

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

interface Item {
  readonly label: string;
  readonly insertText?: string;
  readonly documentation?: string | { readonly value: string };
}

export interface YamlServer {
  /** What it says of a file, as `line: message`, lines counted from 1 without the line that names the schema. */
  readonly check: (text: string) => Promise<readonly string[]>;
  /** @param marked a file with `|` where the pointer is */
  readonly hover: (marked: string) => Promise<string>;
  readonly complete: (marked: string) => Promise<readonly Item[]>;
  readonly close: () => Promise<void>;
}

/** @param schemas where the schemas are: a folder or an address */
export async function startYamlServer(schemas: string): Promise<YamlServer> {
  const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const waiting = new Map<string, (found: readonly Diagnostic[]) => void>();
  connection.onNotification(
    'textDocument/publishDiagnostics',
    ({ uri, diagnostics }: { uri: string; diagnostics: readonly Diagnostic[] }) => waiting.get(uri)?.(diagnostics),
  );
  connection.onNotification('window/logMessage', () => {});
  const settings = { validate: true, hover: true, completion: true, schemaStore: { enable: false } };
  connection.onRequest('workspace/configuration', ({ items }: { items: readonly { section?: string }[] }) =>
    items.map(({ section }) => (section === 'yaml' ? settings : {})),
  );
  connection.onRequest('client/registerCapability', () => null);
  connection.listen();
  const markdown = ['markdown', 'plaintext'];
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      textDocument: {
        hover: { contentFormat: markdown },
        completion: { completionItem: { snippetSupport: true, documentationFormat: markdown } },
      },
      workspace: { configuration: true },
    },
  });
  await connection.sendNotification('initialized', {});

  const folder = makeFolder();
  let count = 0;
  async function open(text: string) {
    const kind = /^kind: (\w+)/m.exec(text)?.[1] ?? 'workspace';
    const whole = `# yaml-language-server: $schema=${schemas}/${kind}.schema.json\n${text}`;
    const path = join(folder, `file-${count++}.yaml`);
    writeFileSync(path, whole);
    const uri = pathToFileURL(path).href;
    const found = new Promise<readonly Diagnostic[]>((resolve) => waiting.set(uri, resolve));
    await connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'yaml', version: 1, text: whole },
    });
    return { uri, found };
  }
  async function openAt(marked: string) {
    const [before = '', after] = marked.split('|');
    if (after === undefined) throw new Error('no | in the text');
    const lines = before.split('\n');
    const { uri } = await open(before + after);
    // The line that names the schema comes first.
    return { textDocument: { uri }, position: { line: lines.length, character: lines.at(-1)?.length ?? 0 } };
  }

  return {
    check: async (text) => {
      const { found } = await open(text);
      return (await found).map(({ message, range }) => `${range.start.line}: ${message}`);
    },
    hover: async (marked) => {
      const found: { contents: { value: string } } | null = await connection.sendRequest(
        'textDocument/hover',
        await openAt(marked),
      );
      return found?.contents.value ?? '';
    },
    complete: async (marked) => {
      const found: { items: readonly Item[] } = await connection.sendRequest(
        'textDocument/completion',
        await openAt(marked),
      );
      return found.items;
    },
    close: async () => {
      connection.dispose();
      child.kill();
      await ended;
    },
  };
}
