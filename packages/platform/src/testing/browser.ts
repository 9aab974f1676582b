// For tests: a browser.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Why there is none; false where there is one. */
export const noBrowser = existsSync(executablePath)
  ? false
  : `there is no Chromium at ${executablePath}: install it, or set CHROMIUM_PATH`;

/** Starts a browser without a window. @param more further arguments */
export const launchBrowser = (...more: readonly string[]): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-background-networking', ...more],
  });

/**
 * Waits until an expression is true on a page. Playwright's own way evaluates it in the page again and again, which our policy for scripts
 * forbids from the second time on.
 * @throws Error after 30 seconds
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (await page.evaluate(expression)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`On the page this did not become true: ${expression}`);
}
