// The fleet: how many are live, late and silent, the worst of them, and one device with its gaps.

import {$, Rows, flag, h, mark, text} from './dom.js';
import {Refusal, ask} from './client.js';
import {Timeline} from './timeline.js';
import {bytes, count, decimal, duration, instant, of, plural, utc} from './format.js';
import {deviceLink} from './now.js';
import {serverNow} from './series.js';

const STATES = {
  live: 'sent when it was due', late: 'overdue, not yet silent', silent: 'overdue for long',
  learning: 'too new to have a rhythm', retired: 'no longer watched',
};

const CAUSES = {
  'sluice-down': 'Sluice itself was not running: ours',
  refused: 'Sluice answered “not now”, or a limit was reached: ours',
  fleet: 'began together with many others: a network, a gateway, power',
  late: 'the readings came afterwards: the device had kept them',
  device: 'this device alone, or its own link',
};

let causes, spread, together, latest, devices, gaps, line;
let device = '';
let again = () => {};

export const oneDevice = () => device;
export const devicesPath = () => {
  const {state, sort} = $('device-filter').elements;
  return `/v1/fleet/devices?${state.value ? `state=${state.value}&` : ''}sort=${sort.value}&limit=100`;
};
export const gapsPath = () => {
  const {cause} = $('gap-filter').elements;
  return `/v1/fleet/gaps?${cause.value ? `cause=${cause.value}&` : ''}limit=50`;
};
export const devicePath = () => `/v1/fleet/device?id=${encodeURIComponent(device)}`;

export function start(askAgain) {
  again = askAgain;
  for (const [state, about] of Object.entries(STATES)) {
    $('fleet-states').append(h('article', {class: 'tile', 'data-state': state}, h('h2', {}, state),
      h('p', {class: 'big'}, h('span', {id: `fleet-${state}`}, '–'), ' ', h('small', {}, 'devices')), h('p', {class: 'sub'}, about)));
  }
  causes = new Rows('fleet-causes', (cause) => cause.name, [
    {cell: (cause) => cause.name, mark: (cause) => cause.name, class: 'strong'}, {n: (cause) => count(cause.gaps)}, {cell: (cause) => CAUSES[cause.name] ?? '', class: 'wrap'}]);
  spread = new Rows('fleet-spread', (row) => row.name, [
    {cell: (row) => row.name, class: 'wrap'}, {n: (row) => row.show(row.of.p50)}, {n: (row) => row.show(row.of.p90)}, {n: (row) => row.show(row.of.p99)}, {n: (row) => row.show(row.of.max)}]);
  together = new Rows('fleet-together', (one) => one.from + one.cause, [
    (one) => instant(one.from), (one) => (one.to ? instant(one.to) : 'still lasts'), {n: (one) => duration(length(one))}, {n: (one) => count(one.devices)}, {cell: (one) => one.cause, mark: (one) => one.cause}]);
  latest = new Rows('fleet-gaps', (gap) => gap.device_id + gap.from, [
    (gap) => deviceLink(gap.device_id), (gap) => instant(gap.from), (gap) => (gap.to ? instant(gap.to) : 'still lasts'),
    {n: (gap) => duration(gap.to ? gap.seconds : length(gap))}, {cell: (gap) => gap.cause, mark: (gap) => gap.cause}]);
  devices = new Rows('fleet-devices', (one) => one.device_id, [
    (one) => deviceLink(one.device_id),
    {cell: (one) => one.state, mark: (one) => one.state},
    {n: (one) => (one.silent_seconds === undefined ? '' : duration(one.silent_seconds))},
    {n: (one) => duration(one.interval_seconds)},
    {n: (one) => duration(one.jitter_seconds)},
    {n: (one) => lateness(one.lateness_seconds)},
    {n: (one) => count(one.gaps)},
    {n: (one) => duration(one.longest_gap_seconds)},
    {n: (one) => count(one.readings)},
    {cell: (one) => one.cause ?? '', mark: (one) => one.cause ?? ''},
  ]);
  gaps = new Rows('device-gaps', (gap) => gap.from, [
    (gap) => instant(gap.from), (gap) => (gap.to ? instant(gap.to) : 'still lasts'), {n: (gap) => duration(gap.to ? gap.seconds : length(gap))}, {cell: (gap) => gap.cause, mark: (gap) => gap.cause}, {cell: (gap) => CAUSES[gap.cause] ?? '', class: 'wrap'}]);
  line = new Timeline($('device-line'));
  $('device-filter').addEventListener('change', () => {
    devices.clear();
    again();
  });
  $('gap-filter').addEventListener('change', () => {
    latest.clear();
    again();
  });
  $('device-filter').addEventListener('submit', (event) => event.preventDefault());
  $('device-find').addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/fleet/${encodeURIComponent(event.target.elements.id.value)}`;
  });
  const retire = $('device-retire');
  retire.addEventListener('input', () => (retire.querySelector('button').disabled = retire.elements.confirm.value !== device));
  retire.addEventListener('submit', (event) => {
    event.preventDefault();
    send(retire);
  });
}

async function send(form) {
  form.querySelector('button').disabled = true;
  try {
    showDevice(await ask('/v1/fleet', {action: 'retire', device_id: device}));
    outcome('well', 'It is retired: no longer watched, until it sends again.');
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    outcome('wrong', refusal.message);
  }
  form.elements.confirm.value = '';
  again();
}

const length = (one) => one.seconds ?? ((one.to ? Date.parse(one.to) : serverNow()) - Date.parse(one.from)) / 1000;

/** A sensor whose clock is ahead sends from the future. */
const lateness = (seconds) => (seconds <= -0.001 ? `${duration(-seconds)} ahead` : duration(seconds));

/** @param id of the device to show, or empty for all */
export function choose(id) {
  if (id !== device) {
    outcome('', '');
    gaps.clear();
    $('device-facts').replaceChildren();
    text('device-state', '–');
  }
  device = id;
  flag('fleet-all', 'hidden', id !== '');
  flag('fleet-one', 'hidden', id === '');
  if (id !== '') text('h-device', id);
}

export function show(fleet) {
  for (const state of Object.keys(STATES)) text(`fleet-${state}`, count(fleet.devices[state]));
  causes.show(Object.keys(CAUSES).map((name) => ({name, gaps: fleet.gaps[name] ?? 0})));
  const {ledger} = fleet;
  const watched = Object.values(fleet.devices).reduce((sum, devices) => sum + devices, 0);
  text('fleet-ledger', ledger ? `the ledger is ${duration(ledger.lag_seconds)} behind (${of(ledger.lag_readings, 'readings')})` : '');
  spread.show([
    {name: 'lateness: arrival after the reading’s own time', of: fleet.lateness_seconds ?? {}, show: duration},
    {name: 'interval, as a multiple of the usual one', of: fleet.interval_ratio ?? {}, show: (ratio) => (ratio === undefined ? '–' : `${decimal(ratio)} ×`)},
  ]);
  text('fleet-bounds', `${ledger?.bytes ? `${bytes(ledger.bytes)} for the ledger${watched >= 10_000 ? `, ${decimal(ledger.bytes_per_device)} bytes a device` : ''}. ` : ''}${fleet.unwatched > 0 ? `${plural(fleet.unwatched, 'device')} beyond fleet.max-devices (${count(fleet.max_devices)}): counted, not watched. Raise it to watch them.` : `Up to ${count(fleet.max_devices)} devices are watched.`}`);
  together.show((fleet.together ?? []).slice(0, 50));
  text('fleet-together-none', (fleet.together ?? []).length === 0 ? 'None is known.' : '');
}

export function showGaps(answer) {
  const held = latest.show(answer.gaps);
  text('gaps-note', answer.total === 0 ? 'None is known.' : `${count(answer.gaps.length)} of ${plural(answer.total, 'gap')}${held ? '; they stay while you point at the table' : ''}`);
}

export function showDevices(answer) {
  const held = devices.show(answer.devices);
  text('devices-note', `${count(answer.devices.length)} of ${plural(answer.total, 'device')}${held ? '; the order is kept while you point at the table' : ''}`);
}

function outcome(level, words) {
  mark('device-outcome', 'data-level', level);
  text('device-outcome', words);
}

export function showDevice(one) {
  if (one.device_id !== device) return;
  if ($('device-outcome').dataset.level === 'missing') outcome('', '');
  text('device-state', one.state === 'silent' && one.silent_seconds !== undefined ? `silent for ${duration(one.silent_seconds)}` : one.state);
  mark('device-state', 'data-mark', one.state);
  line.show(one, serverNow());
  const facts = {
    'interval, usually': duration(one.interval_seconds), jitter: duration(one.jitter_seconds), lateness: lateness(one.lateness_seconds),
    'silent after': duration(one.silent_after_seconds), readings: count(one.readings), gaps: count(one.gaps), 'longest gap': duration(one.longest_gap_seconds),
    'first arrival': utc(one.first_arrival), 'last arrival': utc(one.last_arrival), 'its newest ts': utc(one.last_ts),
  };
  const list = $('device-facts');
  if (list.childElementCount === 0) {
    list.append(...Object.keys(facts).map((name) => h('div', {}, h('dt', {}, name), h('dd', {}, '–'))));
  }
  Object.values(facts).forEach((words, i) => text(list.children[i].lastElementChild, words));
  gaps.show(one.recent_gaps ?? []);
  mark('device-line', 'aria-label', `${one.device_id}: ${one.state}, ${plural((one.recent_gaps ?? []).length, 'recent gap')}, listed below`);
}

export function missingDevice(refusal) {
  outcome('missing', refusal.message);
}
