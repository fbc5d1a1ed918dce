// Now: rates, lag, journal, conservation, and the last quarter of an hour.

import {Chart} from './charts.js';
import {Rows, fill, mark, text} from './dom.js';
import {bytes, count, decimal, duration, instant, of} from './format.js';
import {fullIn, latest, series} from './series.js';

const COLOURS = {mysql: '--mysql', questdb: '--questdb'};
const NAMES = {mysql: 'MySQL', questdb: 'QuestDB'};
export const storeName = (name) => NAMES[name] ?? name;

/** A journal that would be full in more than a week keeps a segment or two, no more. */
const FAR_SECONDS = 7 * 86_400;

let charts;
let stores;
let gaps;

export function start() {
  const lines = Object.keys(COLOURS).map((name) => ({label: storeName(name), colour: COLOURS[name]}));
  charts = {
    rates: new Chart('chart-rates', 'keys-rates', [{label: 'acknowledged', colour: '--ack', fill: true}, ...lines.map((line) => ({...line, label: `delivered to ${line.label}`})), {label: 'rejected', colour: '--bad', dash: [3, 3]}], (value) => `${decimal(value)}/s`),
    lag: new Chart('chart-lag', 'keys-lag', lines, (value) => duration(value)),
    bytes: new Chart('chart-bytes', 'keys-bytes', [{label: 'on disk', colour: '--ack', fill: true}], bytes, bytes, 1024),
  };
  stores = new Rows('now-stores', (store) => store.name, [
    {cell: (store) => storeName(store.name), class: 'strong'},
    {cell: (store) => store.state, mark: (store) => ({running: 'well', off: 'off', starting: 'off', elsewhere: 'off'}[store.state] ?? 'wrong')},
    {n: (store) => decimal(store.rate)},
    {n: (store) => (store.lag_seconds === null ? '–' : decimal(store.lag_seconds))},
    {n: (store) => count(store.lag_readings)},
    {n: (store) => count(store.delivered)},
    {n: (store) => count(store.dead_letters), mark: (store) => (store.dead_letters > 0 ? 'wrong' : '')},
    {cell: (store) => store.last_error ?? 'none', class: 'clip', title: (store) => store.last_error ?? ''},
  ]);
  gaps = new Rows('now-latest', (gap) => gap.device_id + gap.from, [
    (gap) => deviceLink(gap.device_id),
    (gap) => instant(gap.from),
    {n: (gap) => (gap.to ? duration(gap.seconds) : `${duration(gap.seconds)} so far`)},
    {cell: (gap) => gap.cause, mark: (gap) => gap.cause},
  ]);
}

export function deviceLink(id) {
  const link = document.createElement('a');
  link.href = `#/fleet/${encodeURIComponent(id)}`;
  link.textContent = id;
  return link;
}

export function showHistory(status) {
  const {time, acknowledged, rejected, journal_bytes} = series;
  const blank = time.map(() => null);
  const column = (name, what) => series.stores[name]?.[what] ?? blank;
  charts.rates.draw(time, acknowledged, column('mysql', 'delivered'), column('questdb', 'delivered'), rejected);
  charts.lag.draw(time, column('mysql', 'lag_seconds'), column('questdb', 'lag_seconds'));
  charts.bytes.draw(time, journal_bytes);
  text('now-ack', decimal(latest(acknowledged)));
  if (status) showStatus(status);
}

export function showStatus(status) {
  const {journal} = status;
  text('now-accepted', of(status.ingest.accepted, 'readings'));
  text('now-rejected', of(status.ingest.rejected, 'readings'));
  const share = journal.bytes / journal.max_bytes;
  text('now-fill', share < 0.1 ? (share * 100).toFixed(1) : count(Math.floor(share * 100)));
  fill('now-meter', share);
  mark('now-meter', 'data-level', share > 0.5 ? 'wrong' : 'well');
  mark('now-meter', 'aria-label', `Journal: ${(share * 100).toFixed(1)} % full`);
  text('now-bytes', `${bytes(journal.bytes)} of ${bytes(journal.max_bytes)}, ack after ${{ os: 'write', fsync: 'fsync', replicated: 'replication' }[journal.ack]}`);
  const left = fullIn(journal.max_bytes);
  text('now-full-in', journal.full ? 'full: ingest answers 503' : left === undefined || left > FAR_SECONDS ? 'not filling' : `full in ${duration(left)} at this rate`);
  const residues = Object.entries(status.conservation).filter(([, residue]) => residue !== null);
  const sum = residues.reduce((total, [, residue]) => total + Math.abs(residue), 0);
  text('now-residue', residues.length === 0 ? '–' : count(sum));
  mark(document.getElementById('now-residue').parentElement, 'data-mark', sum === 0 ? 'well' : 'wrong');
  text('now-residue-stores', residues.map(([name, residue]) => `${storeName(name)} ${count(residue)}`).join(', '));
  stores.show(Object.entries(status.sinks).map(([name, sink]) => ({...sink, name, rate: latest(series.stores[name]?.delivered)})));
}

/** @param fleet the answer of /v1/fleet, or undefined while there is none */
export function showFleet(fleet) {
  if (!fleet) {
    text('now-live', '–');
    text('now-silent', 'not available in this version');
    text('now-gaps', '');
    return;
  }
  const {live, late, silent} = fleet.devices;
  text('now-live', count(live));
  text('now-silent', `${count(silent)} silent, ${count(late)} late`);
  const all = Object.values(fleet.gaps).reduce((sum, gaps) => sum + gaps, 0);
  const ours = (fleet.gaps['sluice-down'] ?? 0) + (fleet.gaps.refused ?? 0);
  text('now-gaps', `${count(all)} gaps, ${count(ours)} ours`);
}

export function showGaps(answer) {
  gaps.show(answer.gaps.slice(0, 6));
}
