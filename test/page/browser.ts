/** A browser of the system, where there is one: pages are looked at as people see them. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { closeWithFile } from '../helpers/shared.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Null: there is none. `CHROMIUM` names one. */
function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun) ?? null;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const executablePath = findChromium();

export const hasBrowser = executablePath !== null;

/** For the name of what is skipped. */
export const inBrowser = hasBrowser ? 'in Chromium' : 'in Chromium (skipped: there is none here; CHROMIUM names one)';

/** Ends with the test file. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: executablePath ?? '',
    // Of a container that runs as root; nothing but our own files is opened.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  closeWithFile(() => browser.close());
  return browser;
}

export interface Seen {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Whatever the browser complained of. */
  readonly complaints: readonly string[];
  /** Addresses that were asked for, the page's own first. */
  readonly requests: readonly string[];
}

export interface Look {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly hasScripts?: boolean;
}

export async function lookAt(browser: Browser, address: string, { width, scheme, hasScripts }: Look): Promise<Seen> {
  const viewport = { width, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme: scheme, javaScriptEnabled: hasScripts ?? true });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('request', (request) => void requests.push(request.url()));
  await page.goto(address);
  return { page, context, complaints, requests };
}

/** Where pictures are kept; CI uploads that folder. */
export function pictureFile(name: string): string {
  const folder = process.env.TOLLGATE_ARTIFACTS ?? join(tmpdir(), 'tollgate-pictures');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}

/** What the rules that others judge by say: contrast, landmarks, names of what is to be seen. */
export async function judge(page: Page): Promise<unknown[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run({resultTypes: ["violations"]})')) as { readonly violations: Violation[] };
  return found.violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]);
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}
