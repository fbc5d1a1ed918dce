// The page against the real jar: `./sluice up` with tokens, both stores, readings coming in all the time.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {faults, launch, open, says, words} from './browser.mjs';
import {Front, million, tenThousandHours} from './front.mjs';
import {Sluice, until} from './sluice.mjs';

const VIEWS = ['now', 'migration', 'parity', 'fleet', 'system'];

const NO_TOKEN = [/401 .*\/v1\//];

let sluice, browser, load;

before(async () => {
  [sluice, browser] = await Promise.all([Sluice.up(), launch()]);
  load = sluice.load();
}, {timeout: 300_000});

after(async () => {
  await load?.stop();
  await browser?.close();
  await sluice?.stop();
});

async function enter(scope, view = 'now', options = {}) {
  const page = await open(browser, `${sluice.admin}/#/${view}`, {...options, expected: [...NO_TOKEN, ...(options.expected ?? [])]});
  await page.locator('#token input').fill(sluice.tokens[scope]);
  await page.locator('#token button').click();
  await says(page, 'bar-phase', /mysql|mirror|questdb|retired/);
  return page;
}

test('asks for a token, refuses a wrong one, and keeps it nowhere but in memory', async () => {
  const page = await open(browser, `${sluice.admin}/`, {expected: NO_TOKEN});
  await page.locator('#token').waitFor({state: 'visible'});
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#token').isVisible(), true);
  await page.locator('#token input').fill('not-the-token');
  await page.locator('#token button').click();
  await says(page, 'token-why', /does not know this token/);
  await page.locator('#token input').fill(sluice.tokens.read);
  await page.keyboard.press('Enter');
  await says(page, 'verdict-text', /Nothing is wrong/);
  assert.equal(await page.locator('#token').isVisible(), false);
  const kept = await page.evaluate(async () => ({local: localStorage.length, session: sessionStorage.length, cookies: document.cookie, bases: (await indexedDB.databases()).length, address: location.href, field: document.querySelector('#token input').value}));
  assert.deepEqual({...kept, address: kept.address.includes(sluice.tokens.read)}, {local: 0, session: 0, cookies: '', bases: 0, address: false, field: ''});
  await page.reload();
  await page.locator('#token').waitFor({state: 'visible'});
  await page.done();
});

test('shows numbers that move, and the minutes before it was opened', async () => {
  await until('the history has ten points', async () => (await sluice.get('/v1/history')).time.length >= 10);
  const page = await enter('read');
  await says(page, 'now-ack', /^[1-9]/);
  const first = await words(page, 'now-accepted');
  const drawn = await page.evaluate(async () => (await import('/page/series.js')).series.time.length);
  assert.ok(drawn >= 10, `${drawn} points at once`);
  await until('the count grows', async () => (await words(page, 'now-accepted')) !== first);
  const number = (text) => Number(text.replace(/\D/g, ''));
  assert.ok(number(await words(page, 'now-accepted')) > number(first));
  const rows = await page.locator('#now-stores tr').allTextContents();
  assert.equal(rows.length, 2);
  rows.forEach((row) => assert.match(row, /running/));
  assert.equal(await words(page, 'now-residue'), '0');
  // Something is drawn: the canvas has more than one colour.
  const colours = await page.evaluate(() => {
    const canvas = document.querySelector('#chart-rates canvas');
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
  assert.ok(colours > 3, `${colours} colours in the chart`);
  await page.done();
});

for (const colorScheme of ['light', 'dark']) {
  test(`has no serious fault that axe-core finds, ${colorScheme}`, async () => {
    const page = await enter('admin', 'now', {colorScheme});
    for (const view of VIEWS) {
      await page.locator(`nav a[href="#/${view}"]`).click();
      await page.waitForLoadState('networkidle').catch(() => {});
      await page.waitForTimeout(500);
      assert.deepEqual(await faults(page), [], view);
    }
    await page.done();
  });
}

test('fits a telephone, and goes by keyboard', async () => {
  const page = await enter('read', 'now', {viewport: {width: 360, height: 740}});
  for (const view of VIEWS) {
    await page.goto(`${sluice.admin}/#/${view}`);
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true, `${view} is wider than the screen`);
  }
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'view');
  await page.locator('[data-view=system]').waitFor({state: 'visible'});
  await page.locator('.skip').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('[data-view=migration]').waitFor({state: 'visible'});
  assert.equal(await page.evaluate(() => document.activeElement.id), 'view');
  await page.done();
});

test('lets a reader look but not change', async () => {
  const page = await enter('read', 'migration', {expected: [/403 /]});
  await page.locator('#phases button[data-to=questdb]:enabled').click();
  await says(page, 'flip-outcome', /this token has scope read, needed is admin/);
  assert.equal(await page.locator('#flip-go').isDisabled(), true);
  assert.equal((await sluice.get('/v1/cutover')).reports.length, 0);
  await page.done();
});

test('limits, pauses, resumes and cancels a backfill by hand', async () => {
  const page = await enter('admin', 'migration');
  const press = (action) => page.locator(`[data-backfill=${action}]:enabled`).click();
  const limit = async (rows) => {
    await page.locator('#backfill-throttle [name=rows]').fill(String(rows));
    await page.locator('#backfill-throttle button').click();
    await says(page, 'backfill-outcome', /The limit is in force/);
    await says(page, 'backfill-limit', rows === 0 ? /^none$/ : new RegExp(`^${rows} rows/s$`));
  };
  const number = async () => Number((await words(page, 'backfill-rows')).replace(/ of .*/, '').replace(/\D/g, ''));
  await until('there are rows to copy', async () => (await sluice.get('/v1/status')).sinks.mysql.delivered > 1_000);
  // So slow that it will not end by itself.
  await limit(20);
  await press('start');
  await says(page, 'backfill-state', /running/, 60_000);
  await until('a row is copied', async () => (await number()) > 0);

  await press('pause');
  await says(page, 'backfill-state', /paused/);
  assert.equal(await page.locator('[data-backfill=pause]').isDisabled(), true);
  await until('the chunk at hand is done', async () => {
    const before = await number();
    await page.waitForTimeout(1_500);
    return (await number()) === before;
  });
  const paused = await number();
  assert.equal((await sluice.get('/v1/backfill')).rows_copied, paused);

  await press('resume');
  await says(page, 'backfill-state', /running/);
  await until('it goes on where it was', async () => (await number()) > paused);
  await limit(10);

  await press('cancel');
  await says(page, 'backfill-outcome', /Press Cancel again within 8 s/);
  assert.notEqual((await sluice.get('/v1/backfill')).state, 'cancelled', 'one click must not do it');
  await press('cancel');
  await says(page, 'backfill-state', /cancelled/);
  assert.equal((await sluice.get('/v1/backfill')).state, 'cancelled');
  await limit(0);
  await page.done();
});

test('backfills, compares, cuts over and rolls back, each by hand', async () => {
  const page = await enter('admin', 'migration', {expected: [/409 .*\/v1\/(cutover|verify|backfill)/]});
  await page.locator('[data-backfill=start]:enabled').click();
  await says(page, 'backfill-state', /complete/, 60_000);
  await page.locator('nav a[href="#/parity"]').click();
  await page.locator('#verify-start:enabled').click();
  await says(page, 'verify-objection', /Proven/, 60_000);
  // The hour that is being written is dirty again at once.
  await until('an hour is known', async () => /[1-9]/.test((await words(page, 'hours-matched')) + (await words(page, 'hours-dirty'))));

  await flip(page, 'questdb', 'Cut over');
  assert.equal((await sluice.get('/v1/cutover')).by, 'ada');
  await says(page, 'bar-phase', /questdb/);
  await flip(page, 'mirror', 'Roll back');
  await says(page, 'bar-phase', /mirror/);
  await page.done();
});

async function flip(page, to, verb) {
  await page.locator('nav a[href="#/migration"]').click();
  const {epoch} = await sluice.get('/v1/cutover');
  await page.locator(`#phases button[data-to=${to}]:enabled`).click();
  await says(page, 'flip-outcome', /^Ready: all \d+ guards passed/, 60_000);
  assert.match(await words(page, 'flip-go'), new RegExp(verb));
  const go = page.locator('#flip-go');
  assert.equal(await go.isDisabled(), true, 'one click must not do it');
  const form = page.locator('#flip-form');
  await form.locator('[name=by]').fill('ada');
  await form.locator('[name=reason]').fill('a test of the page');
  await form.locator('[name=confirm]').fill('something else');
  assert.equal(await go.isDisabled(), true, 'the wrong name must not do it');
  assert.equal((await sluice.get('/v1/cutover')).epoch, epoch, 'a report changes nothing');
  await form.locator('[name=confirm]').fill(to);
  await go.click();
  await says(page, 'flip-outcome', new RegExp(`Phase ${to} is in force, epoch ${epoch + 1}\\. Reads were held for \\d+ ms`), 60_000);
  await page.locator(`#phases li[data-phase=${to}][data-is=present]`).waitFor();
  assert.equal((await sluice.get('/v1/cutover')).phase, to);
}

test('repairs by hand what differs, after a dry run that changes nothing', async () => {
  const hour = new Date(Date.now() - 5 * 3_600_000).toISOString().slice(0, 13);
  const ts = Date.parse(`${hour}:00:00Z`);
  await sluice.send(Array.from({length: 5}, (_, i) => ({device_id: `old-${i}`, metric: 'temp', ts: ts + i, value: 20})));
  const there = "FROM sensor_data WHERE device_id LIKE 'old-%' AND superseded = 0";
  await until('MySQL has them', () => sluice.sql(`SELECT COUNT(*) ${there}`) === '5');
  const page = await enter('admin', 'parity');
  const state = async () => (await sluice.get('/v1/verify?map=true')).map.find((one) => one.hour === hour)?.state;
  const compare = async () => {
    await page.locator('#verify-scope').selectOption('all');
    await page.locator('#verify-start:enabled').click();
    await says(page, 'verify-outcome', /The comparison runs/);
    await says(page, 'verify-state', /^compared/, 60_000);
  };
  // QuestDB may show the last of them a moment later.
  await until('they agree', async () => {
    await compare();
    return (await state()) === 'matched';
  });
  sluice.sql("UPDATE sensor_data SET temp = 21.5 WHERE device_id = 'old-3'");
  await compare();
  await says(page, 'hours-mismatched', /^1 hours?$/);
  await page.locator('#map-load').click();
  await page.locator('#map-bad button').click();
  await says(page, 'hour-name', new RegExp(`${hour.replace('T', ' ')} h UTC: mismatched`));
  await until('the key is named', async () => /value.*old-3.*temp.*21\.5.*20/.test((await page.locator('#hour-rows tr').allTextContents()).join()));

  const form = page.locator('#repair-form');
  assert.equal(await form.isVisible(), false, 'no repair without a dry run');
  await page.locator('#repair-dry').click();
  await says(page, 'repair-outcome', /It would repair 1 key: 0 missing, 1 with another value.*Nothing was changed/);
  assert.equal(await state(), 'mismatched');
  const go = form.locator('button');
  assert.equal(await go.isDisabled(), true, 'one click must not do it');
  await form.locator('[name=confirm]').fill('Repair');
  assert.equal(await go.isDisabled(), true, 'another word must not do it');
  await form.locator('[name=confirm]').fill('repair');
  await go.click();
  await says(page, 'repair-outcome', /^Repaired 1 key: 0 missing, 1 with another value/);
  await says(page, 'hours-mismatched', /^0 hours$/);
  assert.equal(await state(), 'matched');
  assert.equal(await form.isVisible(), false);
  await page.done();
});

/** A page behind the front, which brings what no test can bring about in time. */
async function before10000(view, answers, options = {}) {
  const front = await Front.before(sluice, answers);
  const page = await open(browser, `${front.url}/#/${view}`, options);
  return {front, page, async done() {
    await page.done();
    await front.close();
  }};
}

test('a map of 10,000 hours stays fluid, and tells an hour by mouse and by keyboard', async () => {
  const hours = tenThousandHours();
  const {page, done} = await before10000('parity', {
    '/v1/verify': (url) => (url.searchParams.get('map') ? {map: hours} : undefined),
    '/v1/verify/mismatches': (url) => ({hour: url.searchParams.get('hour'), file: '/data/verify/mismatches/x.ndjson', bytes: 1, more: false, lines: [{class: 'value', device_id: 's-17', metric: 'temp', ts: '2026-11-20T10:00:00.000001Z', mysql: 21.5, questdb: 21.4}]}),
  });
  await page.locator('#map-bad button').first().waitFor();
  assert.equal(await page.locator('#map-bad button').count(), 20);
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok(nodes < 2_000, `${nodes} elements`);
  const frames = await page.evaluate(async () => {
    const box = document.getElementById('heat');
    const times = [];
    box.scrollLeft = 0;
    let last = performance.now();
    for (let i = 0; i < 60; i++) {
      box.scrollLeft += box.scrollWidth / 60;
      const now = await new Promise(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  console.log(`scrolling through 10,000 hours: a frame takes ${frames[30].toFixed(1)} ms, at most ${frames.at(-1).toFixed(1)} ms`);
  assert.ok(frames[30] < 100, `half of the frames take more than ${frames[30]} ms`);
  await page.locator('#map-bad button').first().click();
  await says(page, 'hour-name', /h UTC: mismatched/);
  assert.match(await page.locator('#hour-rows tr').textContent(), /value.*s-17.*temp.*21\.5.*21\.4/);
  await page.locator('#heat canvas').focus();
  await page.keyboard.press('ArrowDown');
  await says(page, 'heat-text', /: matched, MySQL 36,000,000 rows/);
  await page.keyboard.press('Home');
  await says(page, 'heat-text', /^2025-10-05 00 h UTC/);
  await page.keyboard.press('Enter');
  await says(page, 'hour-name', /2025-10-05 00 h UTC: matched/);
  assert.deepEqual(await faults(page), []);
  await done();
});

test('a fleet of a million stays fluid, and keeps its order while somebody points at it', async () => {
  const {page, done} = await before10000('fleet', million());
  await page.locator('#fleet-devices tr').nth(99).waitFor();
  await says(page, 'fleet-live', /968,211/);
  await says(page, 'devices-note', /100 of 1,000,000 devices/);
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok(nodes < 4_000, `${nodes} elements`);
  for (const width of [360, 1280]) {
    await page.setViewportSize({width, height: 900});
    assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true, `wider than ${width} pixels`);
  }
  const order = () => page.locator('#fleet-devices tr td:first-child').allTextContents();
  const first = await order();
  await until('the order changes', async () => (await order()).join() !== first.join());
  await page.locator('#fleet-devices tr').nth(3).hover();
  await says(page, 'devices-note', /the order is kept/);
  const held = await order();
  const gaps = await page.locator('#fleet-devices tr td:nth-child(7)').allTextContents();
  await until('the numbers change', async () => (await page.locator('#fleet-devices tr td:nth-child(7)').allTextContents()).join() !== gaps.join());
  assert.deepEqual(await order(), held);
  await page.locator('.brand').hover();
  await until('the order changes again', async () => (await order()).join() !== held.join());
  assert.deepEqual(await faults(page), []);
  await done();
});

test('a device has a line that is broken where a gap is', async () => {
  const {page, done} = await before10000('fleet/sensor-0000003', million());
  await page.locator('#device-gaps tr').nth(2).waitFor();
  await says(page, 'device-state', /silent for 1 min 35 s/);
  assert.match((await page.locator('#device-gaps tr').allTextContents()).join(), /still lasts.*this device alone.*fleet.*a network.*sluice-down.*ours/);
  // Along the middle, where it sent is solid; how often it changes tells the breaks.
  const runs = await page.evaluate(() => {
    const canvas = document.querySelector('#device-line canvas');
    const pen = canvas.getContext('2d');
    const {data, width} = pen.getImageData(0, Math.round(canvas.height / 2) - 8, canvas.width, 1);
    const ink = getComputedStyle(document.documentElement).getPropertyValue('--ack').trim();
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(ink.slice(i, i + 2), 16));
    let runs = 0;
    let inside = false;
    for (let x = 0; x < width; x++) {
      const solid = data[4 * x] === r && data[4 * x + 1] === g && data[4 * x + 2] === b && data[4 * x + 3] === 255;
      if (solid && !inside) runs++;
      inside = solid;
    }
    return runs;
  });
  assert.equal(runs, 3);
  assert.deepEqual(await faults(page), []);
  await done();
});

test('a hidden tab asks for nothing', async () => {
  const {front, page, done} = await before10000('now', million());
  await says(page, 'verdict-text', /Nothing is wrong/);
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => value});
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await page.waitForTimeout(500); // what was asked for before is answered
  front.asked.length = 0;
  await page.waitForTimeout(3_000);
  assert.deepEqual(front.asked, []);
  await hide(false);
  await until('it asks again', () => front.asked.includes('/v1/status'));
  await done();
});

test('shows what the doctor and the ledger found', async () => {
  const {page, done} = await before10000('system', million());
  await page.locator('#doctor-checks tr').nth(3).waitFor();
  assert.match(await page.locator('#doctor-checks tr').first().textContent(), /advice.*somaxconn.*128.*4096.*sysctl -w/);
  assert.match((await page.locator('#incidents tr').allTextContents()).join(), /stopped.*7\.0 s.*kill -9/);
  await page.locator('#about dd').first().waitFor();
  assert.match(await words(page, 'about'), /jdk\d\d-(small|big)\.options/);
  assert.deepEqual(await faults(page), []);
  await done();
});

/** A name that no path of a URL can hold. */
const ODD = 'hall/7 50%;a\\b//../ü&id=+#';

test('retires a device by hand, once its id is typed', async () => {
  await sluice.send([{device_id: ODD, metric: 'temp', value: 20}]);
  await until('the ledger has it', async () => (await sluice.get(`/v1/fleet/device?id=${encodeURIComponent(ODD)}`)).state === 'learning');
  const reader = await enter('read', `fleet/${encodeURIComponent(ODD)}`, {expected: [/403 /]});
  await reader.locator('#device-retire [name=confirm]').fill(ODD);
  await reader.locator('#device-retire button').click();
  await says(reader, 'device-outcome', /this token has scope read, needed is admin/);
  await reader.done();

  const page = await enter('admin', 'fleet');
  await page.locator('#device-find [name=id]').fill(ODD);
  await page.locator('#device-find button').click();
  await says(page, 'device-state', /learning/);
  const go = page.locator('#device-retire button');
  assert.equal(await go.isDisabled(), true, 'one click must not do it');
  await page.locator('#device-retire [name=confirm]').fill('hall/7');
  assert.equal(await go.isDisabled(), true, 'another id must not do it');
  await page.locator('#device-retire [name=confirm]').fill(ODD);
  await go.click();
  await says(page, 'device-outcome', /It is retired: no longer watched, until it sends again/);
  await says(page, 'device-state', /^retired$/);
  await page.goto(`${sluice.admin}/#/fleet`);
  await says(page, 'fleet-retired', /^1$/);
  await sluice.send([{device_id: ODD, metric: 'temp', value: 20}]);
  await says(page, 'fleet-retired', /^0$/);
  await page.done();
});

test('shows a kill -9 as one incident, and names the gaps that it caused as ours', async () => {
  const fleet = sluice.bench('--connections', '40', '--devices', '40', '--rate', '40', '--drop-outs', '0.02');
  try {
    // While it is away the browser complains of no answer, and while it starts of "not now".
    const page = await enter('admin', 'fleet', {expected: [/ERR_/, /503 /]});
    const gaps = async (cause) => Number((await page.locator(`#fleet-causes tr:has([data-mark=${cause}]) td`).nth(1).textContent()).replace(/\D/g, ''));
    const live = async () => Number((await words(page, 'fleet-live')).replace(/\D/g, ''));
    await page.locator('.brand').hover(); // a table that is pointed at stays as it is
    await until('the fleet is known', async () => (await live()) >= 35);
    await until('a drop-out is a gap of the device', async () => (await gaps('device')) + (await gaps('late')) > 0);
    const before = await gaps('sluice-down');

    await sluice.crash();
    await says(page, 'verdict-text', /Sluice does not answer/);
    await sluice.start();
    await until('the gaps are ours', async () => (await gaps('sluice-down')) >= before + 30);

    const together = page.locator('#fleet-together tr').filter({has: page.locator('[data-mark=sluice-down]')}).first();
    assert.ok(Number((await together.locator('td').nth(3).textContent()).replace(/\D/g, '')) >= 30);
    const ours = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(--ours)';
      const red = getComputedStyle(probe).color;
      probe.remove();
      return getComputedStyle(document.querySelector('#fleet-together [data-mark=sluice-down]')).color === red;
    });
    assert.ok(ours, 'in the colour of what is ours');
    await page.locator('nav a[href="#/system"]').click();
    const stopped = page.locator('#incidents tr').filter({has: page.locator('td.strong', {hasText: /^stopped$/})});
    await stopped.first().waitFor();
    assert.equal(await stopped.count(), 1, 'one incident');
    assert.match(await stopped.textContent(), /\d s.*not running, or not ready/);
    const {devices} = await sluice.get('/v1/fleet/devices?sort=name&limit=1000');
    let hit;
    for (const {device_id: id} of devices.filter((one) => one.device_id.startsWith('sensor-'))) {
      const {recent_gaps: recent} = await sluice.get(`/v1/fleet/devices/${id}`);
      if (recent.some((gap) => gap.cause === 'sluice-down')) hit = id;
    }
    await page.goto(`${sluice.admin}/#/fleet/${hit}`);
    await until('its gap says so', async () => /sluice-down.*Sluice itself was not running: ours/.test((await page.locator('#device-gaps tr').allTextContents()).join()));
    await page.goto(`${sluice.admin}/#/now`);
    await until('so does the overview', async () => /[1-9]\d* ours/.test(await words(page, 'now-gaps')));
    // What was refused while it started is told for a minute.
    await says(page, 'verdict-text', /Nothing is wrong/, 120_000);
    await page.done();
  } finally {
    await fleet.stop();
  }
});

test('says so when a store goes away, and since when', async () => {
  const page = await enter('read');
  await says(page, 'verdict-text', /Nothing is wrong/);
  sluice.killDatabase();
  await says(page, 'verdict-text', /does not take readings/, 60_000);
  assert.equal(await page.locator('#verdict').getAttribute('data-level'), 'wrong');
  await says(page, 'verdict-what', /nothing is lost/);
  await says(page, 'verdict-since', /for \d+ s/);
  await page.locator('#verdict-more').click();
  assert.match(await words(page, 'verdict-list'), /mysql does not take readings: /i);
  // A page that is opened now knows since when, too.
  const late = await enter('read');
  await says(late, 'verdict-since', /for ([1-9]|\d\d) s/);
  await late.done();
  await page.locator('#now-stores [data-mark=wrong]').waitFor();
  await until('the lag grows', async () => /[1-9]/.test(await page.locator('#now-stores tr').first().locator('td').nth(4).textContent()));
  await page.done();
});

test('says so when Sluice does not answer', async () => {
  const page = await enter('read', 'now', {expected: [/ERR_/]});
  await load.stop();
  sluice.kill();
  await says(page, 'verdict-text', /Sluice does not answer/);
  await says(page, 'verdict-since', /for \d+ s/);
  await page.done();
});
