// For tests: a browser.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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
