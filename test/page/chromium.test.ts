/** Pages as a browser shows them: nothing is asked for, nothing complained of, everything can be read. Pictures are kept. */

import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderPlanHtml } from '../../src/render/plan.ts';
import { hasBrowser, inBrowser, judge, lookAt, openBrowser, pictureFile } from './browser.ts';
import { hostilePage, hostilePlan, samplePage, samplePlan, writePageFile } from './pages.ts';

const pages = {
  status: samplePage,
  plan: async () => renderPlanHtml(await samplePlan()),
  'status-hostile': hostilePage,
  'plan-hostile': async () => renderPlanHtml(await hostilePlan(40)),
} as const;

describe.runIf(hasBrowser).each(Object.entries(pages))(`the page %s ${inBrowser}`, (name, render) => {
  let browser: Browser;
  let address = '';
  beforeAll(async () => {
    browser = await openBrowser();
    address = writePageFile(name, await render());
  });

  it.each([
    [390, 'light', false],
    [390, 'dark', true],
    [1280, 'light', true],
    [1280, 'dark', false],
  ] as const)(
    'at %i pixels, %s: no request, no complaint, nothing beyond the edge',
    async (width, scheme, isJudged) => {
      const { page, context, complaints, requests } = await lookAt(browser, address, { width, scheme });
      await page.screenshot({ path: pictureFile(`${name}-${width}-${scheme}`), fullPage: true });
      // What is folded is read too.
      await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      // Contrast, landmarks, names of what is to be seen: once in each scheme, as it takes its time.
      const violations = isJudged ? await judge(page) : [];
      const title = await page.title();
      await context.close();
      expect(violations).toEqual([]);
      expect([complaints, requests, wide]).toEqual([[], [address], width]);
      expect(title).not.toContain('acted');
    },
  );

  it('is the same where no script may run', async () => {
    const look = { width: 1280, scheme: 'light' } as const;
    const texts = [];
    for (const hasScripts of [true, false]) {
      const { page, context } = await lookAt(browser, address, { ...look, hasScripts });
      texts.push(await page.locator('body').innerText());
      await context.close();
    }
    expect(texts[1]).toBe(texts[0]);
    expect(texts[0]?.length).toBeGreaterThan(200);
  });

  it('is printed in ink on white, though the screen is dark', async () => {
    const { page, context } = await lookAt(browser, address, { width: 1280, scheme: 'dark' });
    const screen = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await context.close();
    expect([screen, paper]).toEqual(['rgb(15, 19, 24)', 'rgb(255, 255, 255)']);
  });
});
