// QuestDB's console: there when asked for, behind its password, and closed to pages of others, even in a browser that knows the password.

import assert from 'node:assert/strict';
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {launch} from './browser.mjs';
import {Sluice, until} from './sluice.mjs';

const EVIL = 'evil.example';
const USER = 'sluice';
const QUERY = 'query=SELECT%20*%20FROM%20readings';

let sluice, browser, foreign, console_, password;
let html = '';

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const {port} = server.address();
    server.close(() => done(port));
  });
});

before(async () => {
  foreign = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, {'Content-Type': 'text/html'});
    response.end(request.url === '/' ? html : '');
  });
  await new Promise((done) => foreign.listen(0, '127.0.0.1', done));
  [sluice, browser] = await Promise.all([
    freePort().then((port) => Sluice.up({'questdb.console-port': port})),
    launch(`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`, '--disable-features=LocalNetworkAccessChecks'),
  ]);
  const ready = readFileSync(sluice.out, 'utf8');
  console_ = ready.match(/ console=(\S+)/)[1].replace(/\/$/, '');
  password = readFileSync(ready.match(/ console-password=(\S+)/)[1], 'utf8').trim();
  await sluice.send([{device_id: 'secret-place', metric: 'temp', value: 20}]);
  await until('the reading can be queried', async () => (await exec(password)).body.includes('secret-place'));
}, {timeout: 300_000});

after(async () => {
  await browser?.close();
  await sluice?.stop();
  foreign?.closeAllConnections();
  foreign?.close();
});

/** Asks as a program does, not a page. */
async function exec(secret) {
  const headers = secret === undefined ? {} : {Authorization: `Basic ${Buffer.from(`${USER}:${secret}`).toString('base64')}`};
  const answer = await fetch(`${console_}/exec?${QUERY}`, {headers});
  return {status: answer.status, body: await answer.text()};
}

/** A browser in which somebody has used the console: it knows the password, and sends it where it is asked for. */
async function knowing() {
  const context = await browser.newContext({httpCredentials: {username: USER, password}});
  const page = await context.newPage();
  page.answers = [];
  page.on('response', (response) => page.answers.push({url: response.url(), status: response.status()}));
  page.statusOf = (part) => until(`an answer of ${part}`, () => page.answers.findLast((answer) => answer.url.includes(part))?.status);
  await page.goto(`${console_}/`);
  assert.equal(await page.evaluate(async (query) => (await fetch(`/exec?${query}`)).status, QUERY), 200, 'its own page may query');
  return page;
}

test('opens its page in a browser, and answers queries with the password only', async () => {
  for (const wrong of [undefined, '', 'quest', `${password}x`]) {
    const {status, body} = await exec(wrong);
    assert.equal(status, 401, `${wrong}`);
    assert.doesNotMatch(body, /secret-place/);
  }
  assert.equal((await exec(password)).status, 200);

  const context = await browser.newContext();
  const page = await context.newPage();
  assert.equal((await page.goto(`${console_}/`)).status(), 200);
  assert.match(await page.title(), /QuestDB/);
  assert.equal(await page.evaluate(async (query) => (await fetch(`/exec?${query}`)).status, QUERY), 401);
  await context.close();
});

for (const host of ['localhost', '127.0.0.1', EVIL]) {
  test(`a page at ${host} runs no query, though the browser knows the password`, async () => {
    const page = await knowing();
    html = `<title>evil</title><img src="${console_}/exec?${QUERY}&by=img"><script src="${console_}/exec?${QUERY}&by=script"></script><iframe src="${console_}/exp?${QUERY}&by=frame"></iframe>`;
    await page.goto(`http://${host}:${foreign.address().port}/`);
    for (const by of ['by=img', 'by=script', 'by=frame']) assert.equal(await page.statusOf(by), 401, by);

    const seen = await page.evaluate(async ([at, query]) => {
      const ask = async (path, options) => {
        try {
          return await (await fetch(`${at}${path}`, {credentials: 'include', ...options})).text();
        } catch {
          return '';
        }
      };
      return [await ask(`/exec?${query}&by=fetch`), await ask(`/exec?${query}&by=blind`, {mode: 'no-cors'}), await ask('/imp?name=x&by=import', {method: 'POST', mode: 'no-cors', body: 'a,b\n1,2'})].join();
    }, [console_, QUERY]);
    assert.doesNotMatch(seen, /secret-place/);
    for (const by of ['by=fetch', 'by=blind', 'by=import']) assert.equal(await page.statusOf(by), 401, by);
    await page.context().close();
  });

  test(`a form and a link of a page at ${host} run no query either`, async () => {
    for (const [by, body] of [
      ['by=post', `<form method="post" action="${console_}/exec?${QUERY}&by=post"></form><script>document.forms[0].submit()</script>`],
      ['by=get', `<form action="${console_}/exec"><input name="query" value="SELECT * FROM readings"><input name="by" value="get"></form><script>document.forms[0].submit()</script>`],
      ['by=link', `<a href="${console_}/exec?${QUERY}&by=link">more</a><script>document.querySelector('a').click()</script>`],
    ]) {
      const page = await knowing();
      html = body;
      await page.goto(`http://${host}:${foreign.address().port}/`).catch(() => {}); // it leaves at once
      assert.equal(await page.statusOf(by), 401, by);
      assert.doesNotMatch(await page.content().catch(() => ''), /secret-place/);
      await page.context().close();
    }
  });
}

test('a page whose name is rebound to the console reads nothing', async () => {
  const own = `http://${EVIL}:${new URL(console_).port}`;
  const page = await knowing();
  await page.route(`${own}/attack`, (route) => route.fulfill({contentType: 'text/html', body: '<title>evil</title>'}));
  await page.goto(`${own}/attack`);
  const {status, text} = await page.evaluate(async (query) => {
    const answer = await fetch(`/exec?${query}`);
    return {status: answer.status, text: await answer.text()};
  }, QUERY);
  assert.equal(status, 401);
  assert.doesNotMatch(text, /secret-place/);
  await page.context().close();
});

/** Ports that a process listens on, as the kernel knows them. */
function listening(pid) {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)]$/)?.[1];
    } catch {
      return undefined; // closed meanwhile
    }
  }));
  return ['tcp', 'tcp6'].flatMap((kind) => readFileSync(`/proc/${pid}/net/${kind}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(inode))
    .map(([, address]) => parseInt(address.split(':')[1], 16));
}

test('is off under serve unless asked for', async () => {
  const serving = await Sluice.serve({'questdb.console-port': null, 'questdb.pg-port': null, 'cutover.initial-phase': 'retired'});
  try {
    assert.doesNotMatch(readFileSync(serving.out, 'utf8'), /console|pg=/);
    const ports = [new URL(serving.ingest).port, new URL(serving.admin).port].map(Number);
    assert.deepEqual(listening(serving.process.pid).sort((a, b) => a - b), ports.sort((a, b) => a - b));
  } finally {
    await serving.stop();
  }
});
