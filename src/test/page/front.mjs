// Stands before the real Sluice and passes everything on, with the admin token, but for the paths that a test answers
// itself: a map of ten thousand hours and a ledger of a million devices, which no test can bring about in time.

import {createServer, request} from 'node:http';

export class Front {
  /** @param answers by path without query: a function of the URL that gives the JSON to answer */
  static async before(sluice, answers) {
    const front = new Front();
    front.asked = [];
    const target = new URL(sluice.admin);
    front.server = createServer((incoming, outgoing) => {
      const url = new URL(incoming.url, 'http://front');
      front.asked.push(url.pathname);
      const own = answers[url.pathname];
      const json = own?.(url);
      if (json !== undefined) {
        outgoing.writeHead(200, {'Content-Type': 'application/json'});
        outgoing.end(JSON.stringify(json));
        return;
      }
      const headers = {...incoming.headers, host: target.host, authorization: `Bearer ${sluice.tokens.admin}`};
      const passed = request({host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers}, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
    await new Promise((done) => front.server.listen(0, '127.0.0.1', done));
    front.url = `http://127.0.0.1:${front.server.address().port}`;
    return front;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** Ten thousand hours in a row; every 500th differs, every 90th is dirty, the last 24 were never compared. */
export function tenThousandHours() {
  const first = Date.parse('2025-10-05T00:00:00Z');
  return Array.from({length: 10_000}, (_, i) => {
    const state = i >= 9_976 ? 'unverified' : i % 500 === 7 ? 'mismatched' : i % 90 === 3 ? 'dirty' : 'matched';
    return {
      hour: new Date(first + i * 3_600_000).toISOString().slice(0, 13), state, mysql_rows: 36_000_000, questdb_rows: 36_000_000,
      mismatches: state === 'mismatched' ? 4 : 0, verified_at: state === 'unverified' ? null : '2026-11-25T03:00:00Z', dirty_since: state === 'dirty' ? '2026-11-25T04:00:00Z' : null,
    };
  });
}

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

/** A fleet of a million, as the ledger's routes tell it; devices change places at every answer. */
export function million() {
  let turn = 0;
  const device = (n) => ({
    device_id: `sensor-${String(n).padStart(7, '0')}`, state: n % 3 === 0 ? 'silent' : 'live', first_arrival: ago(86_400), last_arrival: ago(n % 3 === 0 ? 95 : 2),
    last_ts: ago(3), readings: 86_000 + n, interval_seconds: 1, jitter_seconds: 0.05 * (1 + (n % 7)), lateness_seconds: 0.2, gaps: 1 + ((n * 7 + turn * 13) % 100),
    longest_gap_seconds: 95.5, ...(n % 3 === 0 ? {silent_seconds: 95, cause: 'device'} : {cause: 'sluice-down'}),
  });
  return {
    '/v1/fleet': () => ({
      devices: {live: 968_211, late: 1_204, silent: 30_131, learning: 454, retired: 12}, unwatched: 0, max_devices: 1_000_000,
      ledger: {lag_readings: 1_200, lag_seconds: 0.4, bytes: 74_000_000, bytes_per_device: 74},
      gaps: {'sluice-down': 1_000_000, refused: 1_200, fleet: 333_000, late: 5_120, device: 8_331},
      together: [{from: ago(300), to: ago(240), devices: 333_000, cause: 'fleet'}, {from: ago(900), to: ago(893), devices: 968_000, cause: 'sluice-down'}],
      lateness_seconds: {p50: 0.2, p90: 0.9, p99: 4.2, max: 61}, interval_ratio: {p50: 1, p90: 1.1, p99: 1.9, max: 240},
      incidents: [{kind: 'stopped', from: ago(900), to: ago(893), detail: 'kill -9, or a crash: there was no stop'}, {kind: 'pause', from: ago(2_000), to: ago(1_999.8), detail: 'the process stood still for 0.2 s'}],
    }),
    '/v1/fleet/devices': () => {
      turn++;
      const devices = Array.from({length: 100}, (_, n) => device(n)).sort((a, b) => b.gaps - a.gaps);
      return {total: 1_000_000, devices};
    },
    '/v1/fleet/device': (url) => ({
      ...device(Number(url.searchParams.get('id').replace(/\D/g, ''))), silent_after_seconds: 10,
      recent_gaps: [{from: ago(95), seconds: 95, cause: 'device'}, {from: ago(300), to: ago(240), seconds: 60, cause: 'fleet'}, {from: ago(900), to: ago(893), seconds: 7, cause: 'sluice-down'}],
    }),
    '/v1/fleet/gaps': () => ({
      total: 1_347_651, together: [],
      gaps: Array.from({length: 6}, (_, n) => ({device_id: `sensor-${String(n).padStart(7, '0')}`, from: ago(95 + n), seconds: 95 + n, cause: ['device', 'fleet', 'late', 'sluice-down', 'refused', 'device'][n]})),
    }),
    '/v1/doctor': () => ({
      verdict: 'advice',
      checks: [
        {group: 'kernel', name: 'somaxconn', level: 'advice', seen: '128', wanted: 'at least 4096', why: 'Connections that arrive together are dropped beyond it.', mend: 'sysctl -w net.core.somaxconn=4096'},
        {group: 'jvm', name: 'options file', level: 'ok', seen: 'jdk25-small.options', wanted: 'one that fits', why: ''},
        {group: 'disk', name: 'fdatasync', level: 'ok', seen: 'p50 0.4 ms, p99 2.1 ms', wanted: 'p99 below 20 ms', why: ''},
        {group: 'clock', name: 'synchronised', level: 'unknown', seen: 'no timedatectl', wanted: 'synchronised', why: 'A step of the clock looks like a gap.'},
      ],
    }),
  };
}
