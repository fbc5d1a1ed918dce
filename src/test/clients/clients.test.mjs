// Clients of InfluxDB and QuestDB in JavaScript and Python, unmodified, against the real jar: what they write, a batch that is bad in
// part, a full journal, a restart. Those that send again by themselves are left to it. The journal holds 2 MiB,
// and its only store waits 20 s for a batch, so it fills, and has room again.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {after, before, test} from 'node:test';
import {InfluxDB, Point} from '@influxdata/influxdb-client';
import {BucketsAPI, HealthAPI, OrgsAPI, PingAPI, ReadyAPI, SetupAPI} from '@influxdata/influxdb-client-apis';
import {InfluxDBClient} from '@influxdata/influxdb3-client';
import {Sender} from '@questdb/nodejs-client';
import {InfluxDB as InfluxV1} from 'influx';
import {Sluice, until} from '../page/sluice.mjs';

const PYTHON = process.env.CLIENTS_PYTHON ?? '';
const python = {skip: PYTHON ? false : 'InfluxDB-Python is not installed'};
const MINUTES = 60_000;

let sluice;
let port;

before(async () => {
  sluice = await Sluice.up({
    'cutover.initial-phase': 'retired', 'auth.mode': null, 'auth.tokens-file': null,
    'journal.max-bytes': '2MiB', 'journal.segment-bytes': '1MiB', 'questdb.linger': '20s',
  });
  port = Number(new URL(sluice.ingest).port);
});

after(async () => sluice?.stop());

/** The values that are stored of a device; they become visible with the store's next batch. */
async function stored(device, count) {
  return until(`${count} readings of ${device}`, async () => {
    const answer = await fetch(`${sluice.ingest}/v1/readings?device=${device}&metric=temp`);
    const values = (await answer.json()).readings.map((reading) => reading.value).sort();
    return values.length >= count && values;
  }, 2 * MINUTES);
}

async function status(lines) {
  const answer = await fetch(`${sluice.ingest}/write`, {method: 'POST', body: 'temp,host=filler value=1\n'.repeat(lines)});
  await answer.arrayBuffer();
  return answer.status;
}

/** Until not even one reading fits. */
async function fill() {
  for (const lines of [20_000, 1_000, 20, 1]) await until('the journal is full', async () => (await status(lines)) === 503, 2 * MINUTES);
}

const v2 = (options) => new InfluxDB({url: sluice.ingest, token: 'any', ...options}).getWriteApi('any', 'any', 'ms', options?.writeOptions);
const at = (value, device) => {
  const point = new Point('temp').floatField('value', value);
  return device ? point.tag('host', device) : point;
};
const questDb = () => Sender.fromConfig(`http::addr=127.0.0.1:${port};retry_timeout=60000`);
const v1 = () => new InfluxV1({host: '127.0.0.1', port, database: 'sensors'});
const v3 = (options) => new InfluxDBClient({host: sluice.ingest, token: 'any', database: 'any', writeOptions: options});
const inPython = (what, device) => execFileSync(PYTHON, ['influxdb_v1.py', port, what, device], {cwd: import.meta.dirname, encoding: 'utf8'}).trim();
const oneOfQuestDb = async (sender, device, value) => {
  await sender.table('temp').symbol('host', device).floatColumn('value', value).at(Date.now(), 'ms');
  await sender.flush();
};

test('all write what they are given, and name what is refused', async (t) => {
  await t.test('@influxdata/influxdb-client', async () => {
    const refused = [];
    const api = v2({writeOptions: {writeFailed: (error) => { refused.push(error.body); }}});
    api.writePoint(at(1.5, 'v2'));
    await api.flush();
    api.writePoints([at(2.5, 'v2'), at(3.5)]);
    await api.close().catch(() => {});
    assert.match(refused.join(), /unable to parse line 2/);
  });
  await t.test('@influxdata/influxdb-client-apis', async () => {
    const client = new InfluxDB({url: sluice.ingest, token: 'any'});
    assert.equal((await new HealthAPI(client).getHealth()).status, 'pass');
    await new PingAPI(client).getPing();
    await new ReadyAPI(client).getReady();
    assert.equal((await new SetupAPI(client).getSetup()).allowed, false);
    const orgs = await new OrgsAPI(client).getOrgs({org: 'ours'});
    assert.equal(orgs.orgs[0].name, 'ours');
    const buckets = await new BucketsAPI(client).getBuckets({orgID: orgs.orgs[0].id, name: 'readings'});
    assert.equal(buckets.buckets[0].name, 'readings');
  });
  for (const noSync of [false, true]) {
    await t.test(`@influxdata/influxdb3-client, noSync ${noSync}`, async () => {
      const client = v3({noSync});
      await client.write(`temp,host=v3-${noSync} value=1.5`);
      await assert.rejects(client.write(`temp,host=v3-${noSync} value=2.5\ntemp value=3.5`), /unable to parse line 2/);
      await client.close();
    });
  }
  await t.test('@questdb/nodejs-client', async () => {
    const sender = await questDb();
    await oneOfQuestDb(sender, 'questdb', 1.5);
    await sender.table('temp').symbol('host', 'questdb').floatColumn('value', 2.5).at(Date.now(), 'ms');
    await sender.table('temp').floatColumn('value', 3.5).at(Date.now(), 'ms');
    await assert.rejects(sender.flush(), /unable to parse line 2/);
    await sender.close();
  });
  await t.test('influx', async () => {
    assert.deepEqual(await v1().getDatabaseNames(), ['sluice']);
    await v1().createDatabase('sensors');
    await v1().writePoints([{measurement: 'temp', tags: {host: 'v1'}, fields: {value: 1.5}}]);
    await assert.rejects(v1().writePoints([
      {measurement: 'temp', tags: {host: 'v1'}, fields: {value: 2.5}}, {measurement: 'temp', fields: {value: 3.5}},
    ]), /unable to parse line 2/);
  });
  await t.test('InfluxDB-Python', python, () => {
    inPython('good', 'python');
    inPython('partial', 'python');
  });
  for (const device of ['v2', 'v3-false', 'v3-true', 'questdb', 'v1', ...(PYTHON ? ['python'] : [])]) {
    await t.test(`the good readings of ${device} are stored`, async () => assert.deepEqual(await stored(device, 2), [1.5, 2.5]));
  }
});

test('a full journal is outlasted, or reported', {timeout: 4 * MINUTES}, async (t) => {
  const sender = await questDb();
  await fill();
  // It takes Retry-After for milliseconds, so its usual five tries are over in a second: docs/clients.md.
  const api = v2({writeOptions: {flushInterval: 100, maxRetries: 100, retryJitter: 2_000}});
  api.writePoint(at(4.5, 'v2-full'));
  const questDbDone = oneOfQuestDb(sender, 'questdb-full', 4.5);
  await t.test('@influxdata/influxdb3-client leaves it to its caller', () => assert.rejects(v3().write('temp,host=v3-full value=4.5'), /try again/));
  await t.test('influx leaves it to its caller', () => assert.rejects(v1().writePoints([{measurement: 'temp', tags: {host: 'v1-full'}, fields: {value: 4.5}}])));
  await t.test('InfluxDB-Python leaves it to its caller', python, () => assert.equal(inPython('again', 'python-full'), 'not now'));
  await t.test('@questdb/nodejs-client tries until its retry_timeout', () => questDbDone);
  await sender.close();
  for (const device of ['v2-full', 'questdb-full']) {
    await t.test(`the reading of ${device} is stored`, async () => assert.deepEqual(await stored(device, 1), [4.5]));
  }
  await api.close();
});

test('a restart is outlasted, or reported', {timeout: 4 * MINUTES}, async (t) => {
  const sender = await questDb();
  await until('the journal has room', async () => (await status(1)) === 204, 2 * MINUTES);
  sluice.process.kill('SIGTERM');
  await sluice.ended;
  const api = v2({writeOptions: {flushInterval: 100, maxRetries: 10, maxRetryDelay: 5_000}});
  api.writePoint(at(5.5, 'v2-restart'));
  const questDbDone = oneOfQuestDb(sender, 'questdb-restart', 5.5);
  await assert.rejects(v3().write('temp,host=v3-restart value=5.5'));
  await sluice.start();
  await t.test('@questdb/nodejs-client sends what waited', () => questDbDone);
  await sender.close();
  for (const device of ['v2-restart', 'questdb-restart']) {
    await t.test(`the reading of ${device} is stored`, async () => assert.deepEqual(await stored(device, 1), [5.5]));
  }
  await api.close();
});
