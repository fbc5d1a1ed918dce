// The real jar, started as a user would, with tokens, on free ports and a data directory of its own.

import {execFileSync, spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const START_MS = 240_000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until `condition` gives something true, and gives that. */
export async function until(what, condition, ms = 60_000) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (e) {
      last = e;
    }
    await sleep(100);
  }
  throw new Error(`within ${ms / 1000} s not true: ${what}${last ? ` (${last.message})` : ''}`);
}

export class Sluice {
  /** @param changed settings in the place of the usual ones; null leaves one out */
  static async up(changed = {}) {
    return Sluice.of('up', changed);
  }

  /** In production, with its stores' schemas made first. */
  static async serve(changed = {}) {
    return Sluice.of('serve', changed);
  }

  static async of(command, changed) {
    const work = join(ROOT, 'target');
    mkdirSync(work, {recursive: true});
    const one = new Sluice();
    one.command = command;
    one.directory = mkdtempSync(join(work, 'page.'));
    one.tokens = Object.fromEntries(['write', 'read', 'admin'].map((scope) => [scope, randomBytes(16).toString('hex')]));
    const file = join(one.directory, 'tokens');
    writeFileSync(file, Object.entries(one.tokens).map(([scope, token]) => `sha256:${createHash('sha256').update(token).digest('hex')} ${scope}\n`).join(''), {mode: 0o600});
    one.out = join(one.directory, 'out');
    one.log = join(one.directory, 'log');
    one.settings = {
      'data.dir': join(one.directory, 'data'), 'ingest.port': 0, 'admin.port': 0, 'questdb.console-port': 0, 'questdb.pg-port': 0,
      'auth.mode': 'tokens', 'auth.tokens-file': file, ...changed,
    };
    try {
      if (command === 'serve') execFileSync(process.env.SLUICE ?? './sluice', ['migrate', ...one.words()], {cwd: ROOT, stdio: 'ignore'});
      await one.start();
    } catch (e) {
      await one.stop();
      throw e;
    }
    return one;
  }

  /** The settings as options of a command. */
  words() {
    return Object.entries(this.settings).filter(([, value]) => value !== null).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  }

  /** Starts the process on its directory: at first on free ports, after that on the same ones. */
  async start() {
    this.process = spawn(process.env.SLUICE ?? './sluice', [this.command, ...this.words()],
      {cwd: ROOT, stdio: ['ignore', openSync(this.out, 'w'), openSync(this.log, 'a')]});
    this.ended = new Promise((done) => this.process.on('exit', done));
    const line = await until('Sluice is ready', () => {
      if (this.process.exitCode !== null) throw new Error(`it ended: ${readFileSync(this.log, 'utf8').slice(-2000)}`);
      return readFileSync(this.out, 'utf8').match(/Sluice is ready: .* ingest=(\S+) admin=(\S+)/);
    }, START_MS);
    [, this.ingest, this.admin] = line;
    this.settings['ingest.port'] = new URL(this.ingest).port;
    this.settings['admin.port'] = new URL(this.admin).port;
  }

  async get(path) {
    const answer = await fetch(this.admin + path, {headers: {Authorization: `Bearer ${this.tokens.admin}`}});
    return answer.json();
  }

  /** Sends a few readings every 50 ms until stopped; the answer says how many were acknowledged. */
  load() {
    let running = true;
    let acknowledged = 0;
    const over = (async () => {
      for (let n = 0; running; n++) {
        const readings = Array.from({length: 5}, (_, i) => ({device_id: `pump-${i}`, metric: 'temp', ts: Date.now(), value: 20 + (n % 10)}));
        try {
          await this.send(readings);
          acknowledged += readings.length;
        } catch {
          // stopped meanwhile
        }
        await sleep(50);
      }
    })();
    return {
      get acknowledged() {
        return acknowledged;
      },
      async stop() {
        running = false;
        await over;
      },
    };
  }

  /** Sends these readings, and fails unless they are acknowledged. */
  async send(readings) {
    const answer = await fetch(`${this.ingest}/v1/readings`, {method: 'POST', headers: {'Content-Type': 'application/json', Authorization: `Bearer ${this.tokens.write}`}, body: JSON.stringify(readings)});
    if (answer.status !== 204) throw new Error(`${answer.status}: ${await answer.text()}`);
  }

  /** The load generator as a process of its own, until stopped: a simulated fleet. */
  bench(...options) {
    const child = spawn(process.env.SLUICE ?? './sluice', ['bench', '--url', this.ingest, '--duration', '10m', ...options],
      {cwd: ROOT, stdio: 'ignore', env: {...process.env, SLUICE_TOKEN: this.tokens.write}});
    const over = new Promise((done) => child.on('exit', done));
    return {
      async stop() {
        child.kill('SIGTERM');
        await over;
      },
    };
  }

  /** Runs a statement in the private MariaDB, with the client that is unpacked beside it. */
  sql(statement) {
    const home = join(this.directory, 'data', 'mysql');
    const kept = (name) => readFileSync(join(home, name), 'utf8').trim();
    return execFileSync(join(home, 'server', 'bin', 'mariadb'), ['--no-defaults', '--protocol=tcp', '--host=127.0.0.1', `--port=${kept('port')}`, '--user=sluice', '--skip-ssl', '--batch', '--skip-column-names', '--execute', statement, 'sluice'],
      {encoding: 'utf8', env: {...process.env, MYSQL_PWD: kept('password'), LD_LIBRARY_PATH: join(home, 'server', 'libs')}}).trim();
  }

  /** Ends the private MariaDB as a crash would: the one on this directory, which a killed process may have left to this one. */
  killDatabase() {
    for (const pid of readdirSync('/proc')) {
      let words = '';
      try {
        words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // no process, or it has ended
      }
      if (/mariadbd|mysqld/.test(words.split('\0')[0]) && words.includes(this.directory)) {
        process.kill(Number(pid), 'SIGKILL');
        return;
      }
    }
    throw new Error(`no database process on ${this.directory}`);
  }

  descendants() {
    const parents = new Map();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      } catch {
        // it has ended
      }
    }
    const found = [this.process.pid];
    for (let i = 0; i < found.length; i++) for (const [pid, parent] of parents) if (parent === found[i]) found.push(pid);
    return found.slice(1);
  }

  /** kill -9 of Sluice alone: its database goes on until the next start ends it, or `stop`. */
  async crash() {
    this.orphans = this.descendants();
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Ends everything at once. */
  kill() {
    for (const pid of [this.process.pid, ...this.descendants()]) process.kill(pid, 'SIGKILL');
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM');
    await this.ended;
    for (const pid of this.orphans ?? []) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.directory)) process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended
      }
    }
    rmSync(this.directory, {recursive: true, force: true});
  }
}
