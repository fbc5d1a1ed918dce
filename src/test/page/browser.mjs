// A page in Debian's Chromium that watches itself: whatever the browser complains of is a failure, unless it is expected.

import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {chromium} from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param more arguments of Chromium beside the usual ones */
export async function launch(...more) {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
  assert.ok(executablePath, 'no Chromium: apt-get install chromium, or set CHROMIUM');
  return chromium.launch({executablePath, args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-dev-shm-usage', ...more]});
}

/** @param expected patterns of complaints that this test provokes */
export async function open(browser, url, {expected = [], ...options} = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, locale: 'en-GB', ...options});
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => expected.some((pattern) => pattern.test(text)) || complaints.push(text);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(`${message.type()}: ${message.text()} ${message.location().url}`));
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack}`));
  await page.exposeFunction('violated', (what) => complaints.push(`policy: ${what}`));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => globalThis.violated(`${event.violatedDirective} ${event.blockedURI}`)));
  page.done = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  await page.goto(url);
  return page;
}

/** What axe-core finds that is serious or critical, in the page as it is now. */
export async function faults(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const {violations} = await globalThis.axe.run(document, {resultTypes: ['violations']});
    return violations.filter((one) => ['serious', 'critical'].includes(one.impact))
      .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  });
}

export const words = (page, id) => page.locator(`#${id}`).textContent();

export async function says(page, id, pattern, ms = 30_000) {
  const end = Date.now() + ms;
  let seen;
  do {
    seen = await words(page, id);
    if (pattern.test(seen)) return seen;
    await page.waitForTimeout(100);
  } while (Date.now() < end);
  throw assert.fail(`#${id} says '${seen}', wanted ${pattern}`);
}
