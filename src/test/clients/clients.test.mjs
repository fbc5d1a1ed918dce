// Clients of InfluxDB and QuestDB in Java, JavaScript and Python, unmodified, against the real jar: what their examples do, a batch that
// is bad in part, a full journal, a restart. Each is one client from the first test to the last. Those that send again by themselves are
// left to it, the others are called again. The journal holds 2 MiB, and its only store waits 20 s for a batch, so it fills, and has
// room again.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {InfluxDB, Point, setLogger as setLogger2} from '@influxdata/influxdb-client';
import {BucketsAPI, HealthAPI, OrgsAPI, PingAPI, ReadyAPI, SetupAPI} from '@influxdata/influxdb-client-apis';
import {InfluxDBClient, setLogger as setLogger3} from '@influxdata/influxdb3-client';
import {Sender} from '@questdb/nodejs-client';
import {InfluxDB as InfluxV1} from 'influx';
import {Sluice, until} from '../page/sluice.mjs';

const {CLIENTS_PYTHON: PYTHON, CLIENTS_JAVA: JAVA, CLIENTS_JAVA_PATH: JAVA_PATH} = process.env;
const MINUTES = 60_000;

let sluice;
let port;
let token;

/** The values that are stored of a device; they become visible with the store's next batch. */
async function stored(device, count) {
  return until(`${count} readings of ${device}`, async () => {
    const answer = await fetch(`${sluice.ingest}/v1/readings?device=${device}&metric=temp`, {headers: {Authorization: `Bearer ${sluice.tokens.read}`}});
    const values = (await answer.json()).readings.map((reading) => reading.value).sort();
    return values.length >= count && values;
  }, 2 * MINUTES);
}

async function status(lines) {
  const answer = await fetch(`${sluice.ingest}/write`, {method: 'POST', headers: {Authorization: `Bearer ${token}`}, body: 'temp,host=filler value=1\n'.repeat(lines)});
  await answer.arrayBuffer();
  return answer.status;
}

/** Until not even one reading fits. */
async function fill() {
  for (const lines of [20_000, 1_000, 20, 1]) await until('the journal is full', async () => (await status(lines)) === 503, 2 * MINUTES);
}

const hasRoom = () => until('the journal has room', async () => (await status(1)) === 204, 2 * MINUTES);

/** A client that is a program of its own: it takes a command a line, and answers each with a line, see JavaClients.java. */
class Program {
  constructor(command, ...words) {
    this.process = spawn(command, words, {cwd: import.meta.dirname});
    this.log = '';
    this.process.stderr.on('data', (text) => { this.log = (this.log + text).slice(-4_000); });
    this.process.stdin.on('error', () => {}); // it has ended: ask says so
    this.lines = createInterface({input: this.process.stdout})[Symbol.asyncIterator]();
  }

  async ask(command, wanted) {
    this.process.stdin.write(`${command}\n`);
    const {value = `it has ended: ${this.log}`} = await this.lines.next();
    if (value !== wanted) throw new Error(value);
  }

  close() {
    this.process.stdin.end();
  }
}

/** @param kept what it says of readings that it has handed over */
const program = (start, kept = 'kept') => () => {
  const one = start();
  return {
    examples: (device) => one.ask(`examples ${device}`, kept),
    partial: (device) => one.ask(`partial ${device}`, kept),
    write: (device, value) => one.ask(`write ${device} ${value}`, kept),
    close: () => one.close(),
  };
};
// The first three are for Arrow, which influxdb3-java starts even if it only writes: docs/clients.md.
const java = (name, kept) => program(() => new Program(JAVA, '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '-Dio.netty.noUnsafe=false', '--enable-native-access=ALL-UNNAMED', '-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', JAVA_PATH, 'JavaClients', name, port, token), kept);

function v2() {
  const failed = [];
  // It takes Retry-After for milliseconds, so its usual five tries are over in a second: docs/clients.md.
  const writeOptions = {flushInterval: 100, maxRetries: 100, maxRetryDelay: 5_000, retryJitter: 2_000, writeFailed: (error) => { failed.push(error.body); }};
  const client = new InfluxDB({url: sluice.ingest, token});
  const api = client.getWriteApi('any', 'any', 'ms', writeOptions);
  const at = (value, device) => {
    const point = new Point('temp').floatField('value', value);
    return device ? point.tag('host', device) : point;
  };
  return {
    async examples(device) {
      assert.equal((await new HealthAPI(client).getHealth()).status, 'pass');
      await new PingAPI(client).getPing();
      await new ReadyAPI(client).getReady();
      assert.equal((await new SetupAPI(client).getSetup()).allowed, false);
      const orgs = await new OrgsAPI(client).getOrgs({org: 'ours'});
      assert.equal(orgs.orgs[0].name, 'ours');
      const buckets = await new BucketsAPI(client).getBuckets({orgID: orgs.orgs[0].id, name: 'readings'});
      assert.equal(buckets.buckets[0].name, 'readings');
      api.writePoint(at(1.5, device));
      await api.flush();
    },
    async partial(device) {
      api.writePoints([at(2.5, device), at(3.5)]);
      throw new Error(await until('it reports', () => failed.shift()));
    },
    async write(device, value) {
      api.writePoint(at(value, device));
    },
    close: () => api.close(),
  };
}

const v3 = (noSync) => () => {
  const client = new InfluxDBClient({host: sluice.ingest, token, database: 'any', writeOptions: {noSync}});
  return {
    async examples(device) {
      assert.match(await client.getServerVersion(), /sluice/);
      await client.write(`temp,host=${device} value=1.5`);
    },
    partial: (device) => client.write(`temp,host=${device} value=2.5\ntemp value=3.5`),
    write: (device, value) => client.write(`temp,host=${device} value=${value}`),
    close: () => client.close(),
  };
};

async function questDb() {
  const sender = await Sender.fromConfig(`http::addr=127.0.0.1:${port};token=${token};auto_flush=off;retry_timeout=120000`);
  const row = (device, value) => {
    const table = sender.table('temp');
    return (device ? table.symbol('host', device) : table).floatColumn('value', value).at(Date.now(), 'ms');
  };
  const write = async (device, value) => {
    await row(device, value);
    await sender.flush();
  };
  return {
    examples: (device) => write(device, 1.5),
    async partial(device) {
      await row(device, 2.5);
      await row(undefined, 3.5);
      await sender.flush();
    },
    write,
    close: () => sender.close(),
  };
}

function v1() {
  const client = new InfluxV1({host: '127.0.0.1', port, username: 'any', password: token, database: 'sensors'});
  const point = (value, tags) => ({measurement: 'temp', tags, fields: {value}});
  return {
    async examples(device) {
      assert.deepEqual(await client.getDatabaseNames(), ['sluice']);
      await client.createDatabase('sensors');
      await client.writePoints([point(1.5, {host: device})]);
    },
    partial: (device) => client.writePoints([point(2.5, {host: device}), point(3.5)]),
    write: (device, value) => client.writePoints([point(value, {host: device})]),
    close() {},
  };
}

/** What it is, how one is made, and whether it sends again by itself, or else what it says while the journal is full. */
const CLIENTS = [
  {name: '@influxdata/influxdb-client', device: 'js-v2', make: v2, again: true},
  {name: '@influxdata/influxdb3-client', device: 'js-v3', make: v3(false)},
  {name: '@influxdata/influxdb3-client with noSync', device: 'js-v3-no-sync', make: v3(true)},
  {name: '@questdb/nodejs-client', device: 'js-questdb', make: questDb, again: true},
  {name: 'influx', device: 'js-v1', make: v1, notNow: /^Service Unavailable$/}, // it does not read what a 503 says
  {name: 'InfluxDB-Python', device: 'python-v1', make: program(() => new Program(PYTHON, 'influxdb_v1.py', port, token)), skip: PYTHON ? false : 'not installed'},
  {name: 'influxdb3-java', device: 'java-v3', make: java('influxdb3-java')},
  {name: 'influxdb3-java with noSync', device: 'java-v3-no-sync', make: java('influxdb3-java-noSync')},
  {name: 'influxdb-client-java', device: 'java-v2', make: java('influxdb-client-java'), again: true},
  {name: 'influxdb-java', device: 'java-v1', make: java('influxdb-java', 'taken'), again: true},
  {name: "QuestDB's client for Java", device: 'java-questdb', make: java('questdb-client'), again: true},
];

const AT_ONCE = {concurrency: true, timeout: 5 * MINUTES};

/** Runs a step for each client. */
async function each(t, step) {
  await Promise.all(CLIENTS.map((one) => t.test(one.name, {skip: one.skip}, () => step(one))));
}

/**
 * Calls the client until it has handed the reading over; one that does not send again by itself must be refused before.
 * @param full whether the refusal is by a full journal
 */
async function persist({client, again, device, notNow = /nothing was stored, try again/}, value, full) {
  if (again) return client.write(device, value);
  const refusals = [];
  await until(`${device} has written`, async () => {
    try {
      await client.write(device, value);
      return true;
    } catch (e) {
      refusals.push(e.message);
      throw e;
    }
  }, 3 * MINUTES);
  assert.ok(refusals.length > 0, 'it was never refused');
  if (full) assert.match(refusals[0], notNow);
}

before(async () => {
  for (const setLogger of [setLogger2, setLogger3]) setLogger({error() {}, warn() {}}); // what they log, they also throw or report
  sluice = await Sluice.up({
    'cutover.initial-phase': 'retired', 'journal.max-bytes': '2MiB', 'journal.segment-bytes': '1MiB', 'questdb.linger': '20s',
  });
  port = Number(new URL(sluice.ingest).port);
  token = sluice.tokens.write;
  for (const one of CLIENTS) if (!one.skip) one.client = await one.make();
});

after(async () => {
  for (const {client} of CLIENTS) await client?.close();
  await sluice?.stop();
});

test('all do what their examples do', AT_ONCE, (t) => each(t, ({client, device}) => client.examples(device)));

test('all name what is refused of a batch', AT_ONCE, (t) => each(t, ({client, device}) => assert.rejects(client.partial(device), /unable to parse line 2/)));

test('the good readings are stored', AT_ONCE, (t) => each(t, async ({device}) => assert.deepEqual(await stored(device, 2), [1.5, 2.5])));

test('a full journal is outlasted, or reported', AT_ONCE, async (t) => {
  await fill();
  await each(t, (one) => persist(one, 4.5, true));
});

test('a restart is outlasted, or reported', AT_ONCE, async (t) => {
  await hasRoom();
  sluice.process.kill('SIGTERM');
  await sluice.ended;
  const all = each(t, (one) => persist(one, 5.5, false));
  await sluice.start();
  await all;
});

test('nothing is lost, and nothing is stored twice', AT_ONCE, (t) => each(t, async ({device}) =>
  assert.deepEqual(await stored(device, 4), [1.5, 2.5, 4.5, 5.5])));
