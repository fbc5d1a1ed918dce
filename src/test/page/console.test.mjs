// QuestDB's console: there when asked for, and behind its password.

import assert from 'node:assert/strict';
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {launch} from './browser.mjs';
import {Sluice, until} from './sluice.mjs';

const USER = 'sluice';
const QUERY = 'query=SELECT%20*%20FROM%20readings';

let sluice, browser, console_, password;

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const {port} = server.address();
    server.close(() => done(port));
  });
});

before(async () => {
  [sluice, browser] = await Promise.all([
    freePort().then((port) => Sluice.up({'questdb.console-port': port})),
    launch(),
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
});

/** Asks as a program does, not a page. */
async function exec(secret) {
  const headers = secret === undefined ? {} : {Authorization: `Basic ${Buffer.from(`${USER}:${secret}`).toString('base64')}`};
  const answer = await fetch(`${console_}/exec?${QUERY}`, {headers});
  return {status: answer.status, body: await answer.text()};
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
