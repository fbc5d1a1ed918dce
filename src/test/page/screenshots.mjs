// Takes the pictures of docs/ from a Sluice that runs: node screenshots.mjs URL [DIRECTORY]. It checks readiness, and
// changes nothing.

import {resolve} from 'node:path';
import {launch, says} from './browser.mjs';

const [url, directory = resolve(import.meta.dirname, '../../../docs')] = process.argv.slice(2);
const browser = await launch();
const page = await browser.newPage({viewport: {width: 1280, height: 900}, deviceScaleFactor: 1});
await page.goto(`${url}/#/now`);
await says(page, 'now-ack', /\d/);
await page.waitForTimeout(3_000);
await page.screenshot({path: `${directory}/page-now.png`, fullPage: true});
await page.locator('nav a[href="#/migration"]').click();
await page.locator('#phases button:enabled').last().click();
await says(page, 'flip-outcome', /eady: /, 60_000);
await page.mouse.move(0, 0);
await page.screenshot({path: `${directory}/page-migration.png`, fullPage: true});
await browser.close();
