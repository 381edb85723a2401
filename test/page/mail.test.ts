/** Mail as a program shows it that knows as much as a browser, and as one that reads no style sheets; after a server and a parser. */

import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/notify/message.ts';
import { mailChannel, openMail, startMailServer } from '../notify/channels/mail-server.ts';
import { hostileMessage, hostileNames, message } from '../notify/channels/messages.ts';
import { hasBrowser, inBrowser, judge, lookAt, openBrowser, pictureFile } from './browser.ts';
import { writePageFile } from './pages.ts';

const mails: Readonly<Record<string, Message>> = {
  usual: message(),
  hostile: {
    ...hostileMessage(hostileNames.join(' ')),
    facts: hostileNames.map((name) => ({ label: name, value: name })),
  },
  long: message({ facts: [{ label: 'x'.repeat(200), value: 'y'.repeat(900) }], paragraphs: ['z'.repeat(3_000)] }),
};

async function receive(sent: Message): Promise<string> {
  const server = await startMailServer(null);
  await openMail(mailChannel(server.port)).send(sent, ['a@example.com']);
  return String(server.got[0]?.mail.html);
}

describe.runIf(hasBrowser).each(Object.entries(mails))(`the mail %s ${inBrowser}`, (name, sent) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  it('asks for nothing, can be read in the light and in the dark, and stays within the edge', async () => {
    const address = writePageFile(name, await receive(sent));
    for (const [width, scheme] of [
      [390, 'light'],
      [390, 'dark'],
      [800, 'light'],
      [800, 'dark'],
    ] as const) {
      const { page, context, complaints, requests } = await lookAt(browser, address, { width, scheme });
      await page.screenshot({ path: pictureFile(`mail-${name}-${width}-${scheme}`), fullPage: true });
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      const links = await page.evaluate('[...document.links].map(({ href }) => href)');
      const violations = await judge(page);
      const [title, body] = [await page.title(), await page.locator('body').innerText()];
      const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      await context.close();
      expect([violations, complaints, requests, wide]).toEqual([[], [], [address], width]);
      expect(links).toEqual([sent.link]);
      expect(title).not.toBe('acted');
      expect(body).toContain('Sent by tollgate.');
      expect(paper).toBe(scheme === 'dark' ? 'rgb(15, 19, 24)' : 'rgb(255, 255, 255)');
    }
  });

  it('can be read without its style sheet, as most programs for mail leave it out', async () => {
    const html = (await receive(sent)).replace(/<style>.*?<\/style>/s, '');
    const address = writePageFile(`${name}-plain`, html);
    const { page, context } = await lookAt(browser, address, { width: 640, scheme: 'light' });
    await page.screenshot({ path: pictureFile(`mail-${name}-plain`), fullPage: true });
    const violations = await judge(page);
    await context.close();
    expect(violations).toEqual([]);
  });
});
