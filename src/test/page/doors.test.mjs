// What a foreign page in the operator's browser can do to a Sluice that asks for no token: nothing.

import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {launch} from './browser.mjs';
import {Sluice, until} from './sluice.mjs';

const EVIL = 'evil.example';

let sluice, browser, foreign, ingest, admin;

/** Pages of somebody else, by path; on this machine, so that no other rule of the browser is in the way. */
const pages = new Map();

before(async () => {
  foreign = createServer((request, response) => {
    response.writeHead(pages.has(request.url) ? 200 : 404, {'Content-Type': 'text/html'});
    response.end(pages.get(request.url) ?? '');
  });
  await new Promise((done) => foreign.listen(0, '127.0.0.1', done));
  [sluice, browser] = await Promise.all([
    Sluice.up({'auth.mode': null, 'auth.tokens-file': null}),
    // Newer browsers let no page of unknown origin fetch from this machine; those that people use may be older.
    launch(`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`, '--disable-features=LocalNetworkAccessChecks'),
  ]);
  ingest = new URL(sluice.ingest);
  admin = new URL(sluice.admin);
}, {timeout: 300_000});

after(async () => {
  await browser?.close();
  await sluice?.stop();
  foreign?.closeAllConnections();
  foreign?.close();
});

/** Opens this page at a host name; what the browser was answered, by address without query. */
async function visit(host, html, {at = `http://${host}:${foreign.address().port}/`} = {}) {
  pages.set('/', html);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.answers = [];
  page.on('response', (response) => page.answers.push({url: response.url(), status: response.status()}));
  await page.goto(at);
  page.statusOf = (part) => until(`an answer of ${part}`, () => page.answers.find((answer) => answer.url.includes(part))?.status);
  return page;
}

/** Requests refused so far for the page that sent them. */
const refusedPages = async () => Number((await (await fetch(`${sluice.admin}/metrics`)).text()).match(/sluice_http_refused_requests_total\{reason="origin"\} (\S+)/)[1]);

const accepted = async () => (await sluice.get('/v1/status')).ingest.accepted;

/** A form whose body is line protocol: text/plain needs no leave of the server. */
const form = (line) => `<form method="post" enctype="text/plain" action="${ingest.origin}/write"><input name="${line.split('=')[0]}" value="${line.split('=').slice(1).join('=')}"></form>
  <script>document.forms[0].submit()</script>`;

test('the body of the form is one that Sluice would take', async () => {
  const body = `temp,device=honest value=1\r\n`;
  const answer = await fetch(`${ingest.origin}/write`, {method: 'POST', headers: {'Content-Type': 'text/plain'}, body});
  assert.equal(answer.status, 204);
});

for (const host of ['localhost', '127.0.0.1', EVIL]) {
  test(`a form of a page at ${host} stores no reading`, async () => {
    const stored = await accepted();
    const page = await visit(host, form('temp,device=evil value=1'));
    assert.equal(await page.statusOf('/write'), 403);
    await until('the reason is shown', async () => /web page of another origin.*http.allowed-origins/.test(await page.textContent('body')));
    assert.equal(await accepted(), stored);
    await page.context().close();
  });

  test(`scripts of a page at ${host} change nothing and store nothing`, async () => {
    const stored = await accepted();
    const {epoch} = await sluice.get('/v1/cutover');
    const page = await visit(host, '<title>evil</title>');
    await page.evaluate(async ([ingest, admin]) => {
      const no = (url, body, type) => fetch(url, {method: 'POST', mode: 'no-cors', headers: {'Content-Type': type}, body}).catch(() => {});
      await no(`${ingest}/write`, 'temp,device=evil value=2', 'text/plain');
      await no(`${ingest}/v1/readings`, '{"device_id":"evil","temp":3}', 'text/plain');
      await no(`${admin}/v1/cutover`, '{"to":"questdb"}', 'text/plain');
      navigator.sendBeacon(`${ingest}/api/v2/write`, 'temp,device=evil value=4');
      // With a type that needs leave, the browser asks first.
      await fetch(`${admin}/v1/cutover`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"to":"questdb"}'}).catch(() => {});
    }, [ingest.origin, admin.origin]);
    for (const part of ['/write', '/v1/readings', '/v1/cutover', '/api/v2/write']) assert.equal(await page.statusOf(part), 403, part);
    assert.equal(await accepted(), stored);
    const {reports, epoch: now} = await sluice.get('/v1/cutover');
    assert.deepEqual([reports.length, now], [0, epoch]);
    await page.context().close();
  });

  test(`a page at ${host} can embed nothing, and link to the operator's page`, async () => {
    const refused = await refusedPages();
    const page = await visit(host, `<img src="${admin.origin}/v1/doctor"><script src="${admin.origin}/v1/status"></script><iframe src="${admin.origin}/v1/fleet"></iframe><a href="${admin.origin}/">Sluice</a>`);
    // The browser itself may hide the answers from everybody, so Sluice is asked.
    await until('all three are refused', async () => (await refusedPages()) === refused + 3);
    await page.click('a');
    await until('the page is open', async () => /Sluice/.test(await page.title()));
    assert.equal(page.answers.filter((answer) => answer.url === `${admin.origin}/`)[0].status, 200);
    await page.context().close();
  });
}

test('a page whose name is rebound to Sluice reads nothing and changes nothing', async () => {
  const stored = await accepted();
  for (const [port, path] of [[admin.port, '/v1/status'], [ingest.port, '/v1/readings?device=honest']]) {
    const own = `http://${EVIL}:${port}`;
    const context = await browser.newContext();
    const page = await context.newPage();
    // Its own server gave this page before the name was pointed here: same host, same port, so same origin.
    await page.route(`${own}/attack`, (route) => route.fulfill({contentType: 'text/html', body: '<title>evil</title>'}));
    await page.goto(`${own}/attack`);
    const seen = await page.evaluate(async (path) => {
      const read = await fetch(path);
      const post = async (to, type, body) => (await fetch(to, {method: 'POST', headers: {'Content-Type': type}, body})).status;
      return {
        read: read.status, text: await read.text(), cutover: await post('/v1/cutover', 'application/json', '{"to":"questdb"}'),
        write: await post('/write', 'text/plain', 'temp,device=evil value=5'),
      };
    }, path);
    assert.deepEqual({...seen, text: ''}, {read: 421, text: '', cutover: 421, write: 421});
    assert.match(seen.text, /does not answer to the host name .*evil\.example/);
    assert.equal((await page.goto(`${own}/`)).status(), 421);
    await context.close();
  }
  assert.equal(await accepted(), stored);
  assert.equal((await sluice.get('/v1/cutover')).reports.length, 0);
});

test("the operator's own page still changes things, by address and as localhost", async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const page = await visit(host, '', {at: `http://${host}:${admin.port}/`});
    const status = await page.evaluate(async () => (await fetch('/v1/verify', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"action":"repair"}'})).status);
    assert.ok([200, 409].includes(status), `${host}: ${status}`);
    await page.context().close();
  }
});
