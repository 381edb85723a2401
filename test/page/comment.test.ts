/** The comment as GitHub shows it: how high it is, and that nothing in it acts. Pictures are kept. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Marked } from 'marked';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/types.ts';
import { renderComment } from '../../src/render/comment.ts';
import { hasBrowser, inBrowser, lookAt, openBrowser, pictureFile } from './browser.ts';
import { hostilePlan, samplePlan, writePageFile } from './pages.ts';

const style = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css'), 'utf8');
const facts = { environment: 'production', head: 'a'.repeat(40), run: 7, attempt: 1, record: null, at: '' };
const links = { repository: 'https://github.com/example/budgets', run: 'https://github.com/example/budgets/runs/7' };
const width = 830;

const commentOf = (plan: Plan): string =>
  renderComment({ state: 'planned', plan, diagnostics: [], remark: null }, facts, links);

/** As a comment stands on GitHub, which sets no width of its own. */
async function showComment(name: string, markdown: string): Promise<string> {
  const html = await new Marked({ gfm: true, breaks: true }).parse(markdown);
  return writePageFile(
    name,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>comment</title><style>${style}
body{margin:0}.markdown-body{width:${width}px;box-sizing:border-box}</style><article class="markdown-body">${html}</article></html>`,
  );
}

/** Five changes, of which one stops keys at once and one lets a workspace spend a lot more. */
async function fiveChanges(): Promise<Plan> {
  const plan = await samplePlan(
    {
      'workspaces/marketing.yaml': (text) => text.replace('$100', '$250').replace('$500', '$900'),
      'workspaces/research.yaml': (text) => text.replace('$3,000', '$2,000').replace('$2,700', '$1,800'),
    },
    [
      'usage-policy/ws-market-4f2a1c/key-ceiling',
      'usage-policy/ws-market-4f2a1c/monthly-spend',
      'usage-policy/ws-market-4f2a1c/old-trial',
      'key-limits/ws-market-4f2a1c/campaign-writer',
      'usage-policy/ws-research-07c3d8/grant-2231',
    ],
  );
  expect(plan.changes).toHaveLength(5);
  return plan;
}

describe.runIf(hasBrowser)(inBrowser, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  it('five changes with two guards are at most 1,000 pixels high', async () => {
    const plan = await fiveChanges();
    expect(plan.violations.map(({ guard }) => guard)).toEqual(expect.arrayContaining(['blocks-now', 'spend-up']));
    expect(plan.undeclared?.workspaces).toHaveLength(1);
    const address = await showComment('five-changes', commentOf(plan));
    for (const scheme of ['light', 'dark'] as const) {
      const { page, context } = await lookAt(browser, address, { width, scheme });
      const height = await page.evaluate('document.querySelector("article").offsetHeight');
      await page.screenshot({ path: pictureFile(`comment-five-${scheme}`), fullPage: true });
      await context.close();
      expect(height).toBeLessThanOrEqual(1_000);
    }
  });

  it('names from outside act on nothing, and break no table', async () => {
    const address = await showComment('hostile', commentOf(await hostilePlan(300)));
    const { page, context, complaints, requests } = await lookAt(browser, address, { width, scheme: 'light' });
    await page.screenshot({ path: pictureFile('comment-hostile'), fullPage: true });
    const found = await page.evaluate(`({
      title: document.title,
      foreign: document.querySelectorAll('article img, article script, article h1, article style').length,
      links: [...document.querySelectorAll('article a')].map((link) => link.href),
      columns: [...document.querySelectorAll('article tr')].map((row) => row.cells.length),
      wide: document.documentElement.scrollWidth,
    })`);
    await context.close();
    const { title, foreign, links: addresses, columns, wide } = found as Found;
    expect([title, foreign, complaints, requests]).toEqual(['comment', 0, [], [address]]);
    for (const link of addresses) expect(link).toMatch(/^https:\/\/github\.com\/example\/budgets\//);
    expect(new Set(columns).size).toBeLessThanOrEqual(3);
    expect(wide).toBe(width);
  });
});

interface Found {
  readonly title: string;
  readonly foreign: number;
  readonly links: readonly string[];
  readonly columns: readonly number[];
  readonly wide: number;
}
