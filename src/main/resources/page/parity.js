// What is proven about each hour: the run, the map, an hour's mismatches, the repair.

import {$, Rows, fill, h, mark, text} from './dom.js';
import {Heatmap} from './heatmap.js';
import {Refusal, ask} from './client.js';
import {age, count, elapsed, of, plural, utc, value} from './format.js';
import {serverNow} from './series.js';

const MAP_EVERY_MS = 15_000;

let map;
let rows;
let loaded = 0;
let loading = false;
let seen = '';
let chosen = '';
let again = () => {};

export function start(askAgain) {
  again = askAgain;
  map = new Heatmap($('heat'), $('heat-text'), choose);
  rows = new Rows('hour-rows', (line) => `${line.class} ${line.device_id} ${line.metric} ${line.ts}`, [
    {cell: (line) => line.class, class: 'strong'},
    (line) => line.device_id,
    (line) => line.metric,
    (line) => line.ts?.slice(0, -1).replace('T', ' '),
    {n: (line) => value(line.mysql)},
    {n: (line) => value(line.questdb)},
  ]);
  $('verify-start').addEventListener('click', () => send({action: 'start', scope: $('verify-scope').value}, 'The comparison runs.'));
  $('verify-cancel').addEventListener('click', () => send({action: 'cancel'}, 'Cancelled. The hours that were compared stay so.'));
  $('map-load').addEventListener('click', load);
  $('repair-dry').addEventListener('click', () => repair(false));
  const form = $('repair-form');
  form.addEventListener('input', () => (form.querySelector('button').disabled = form.elements.confirm.value !== 'repair'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    repair(true);
  });
}

function outcome(id, level, words) {
  mark(id, 'data-level', level);
  text(id, words);
}

async function send(body, done) {
  outcome('verify-outcome', 'wait', 'Asking …');
  try {
    show(await ask('/v1/verify', body));
    outcome('verify-outcome', 'well', done);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    outcome('verify-outcome', 'wrong', refusal.message);
  }
  again();
}

export function show(verify) {
  const running = verify.state === 'running';
  text('verify-state', {idle: 'never compared', running: 'comparing', done: 'compared', cancelled: 'cancelled', failed: 'failed'}[verify.state] ?? verify.state);
  mark('verify-state', 'data-mark', verify.state === 'failed' ? 'wrong' : '');
  for (const state of ['matched', 'mismatched', 'dirty', 'unverified']) text(`hours-${state}`, of(verify.hours[state], 'hours'));
  text('verify-objection', verify.objection ?? 'Proven: every hour that has readings matched.');
  mark('verify-objection', 'data-mark', verify.objection ? '' : 'well');
  const share = verify.hours_total ? verify.hours_done / verify.hours_total : 0;
  fill('verify-bar', share);
  mark('verify-bar', 'aria-valuenow', Math.round(share * 100));
  const run = verify.hours_total === null ? '' : `${count(verify.hours_done)} of ${of(verify.hours_total, 'hours')}, ${of(verify.rows_compared, 'rows')}`;
  text('verify-run', running ? `${run}, ${of(verify.rows_per_second, 'rows/s')}, now ${verify.hour ?? 'beginning'}`
    : verify.finished_at ? `The last run: ${run}, ended ${utc(verify.finished_at)}${verify.why ? `; ${verify.why}` : ''}` : '');
  $('verify-start').disabled = running;
  $('verify-cancel').disabled = !running;
  const now = JSON.stringify([verify.hours, verify.hours_done, verify.finished_at]);
  if (now !== seen && Date.now() - loaded > MAP_EVERY_MS) {
    seen = now;
    load();
  } else if (loaded) {
    text('map-age', `loaded ${elapsed((Date.now() - loaded) / 1000)} ago`);
  }
}

async function load() {
  if (loading) return;
  loading = true;
  try {
    const {map: hours} = await ask('/v1/verify?map=true');
    loaded = Date.now();
    map.show(hours);
    text('map-age', `${plural(hours.length, 'hour')}`);
    const bad = hours.filter((hour) => hour.state === 'mismatched');
    $('map-bad').replaceChildren(
      ...bad.slice(-50).reverse().map((hour) => h('li', {}, h('button', {type: 'button', class: 'quiet', onclick: () => map.select(hour.hour, true)}, `${hour.hour.replace('T', ' ')} h`), ` ${plural(hour.mismatches, 'key')}`)),
      ...(bad.length === 0 ? [h('li', {}, 'none')] : bad.length > 50 ? [h('li', {}, `and ${count(bad.length - 50)} earlier ones`)] : []));
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    text('map-age', refusal.status === 503 ? 'asked for by many now, trying again' : refusal.message);
    seen = '';
  } finally {
    loading = false;
  }
}

async function choose(hour) {
  chosen = hour.hour;
  text('hour-name', `${hour.hour.replace('T', ' ')} h UTC: ${hour.state}`);
  text('hour-text', `MySQL ${of(hour.mysql_rows, 'rows')}, QuestDB ${of(hour.questdb_rows, 'rows')}, ${plural(hour.mismatches, 'key differs', 'keys differ')}. ${hour.verified_at ? `Compared ${elapsed(age(hour.verified_at, serverNow()))} ago.` : 'Never compared.'}${hour.dirty_since ? ` Written to since ${utc(hour.dirty_since)}.` : ''}`);
  rows.clear();
  text('hour-more', '');
  if (hour.mismatches === 0) {
    text('hour-more', 'No key is known to differ.');
    return;
  }
  try {
    const listing = await ask(`/v1/verify/mismatches?hour=${hour.hour}`);
    if (chosen !== hour.hour) return;
    rows.show(listing.lines);
    text('hour-more', listing.more ? `The first ${listing.lines.length}; all are in ${listing.file}` : listing.lines.length > 0 ? listing.file : 'Its file is gone: it was compared again. Load the map again.');
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    text('hour-more', refusal.message);
  }
}

async function repair(execute) {
  const form = $('repair-form');
  outcome('repair-outcome', 'wait', execute ? 'Repairing …' : 'Comparing the keys that differ again …');
  $('repair-dry').disabled = true;
  form.querySelector('button').disabled = true;
  try {
    const done = await ask('/v1/verify', {action: 'repair', execute});
    const {missing = 0, value: changed = 0, precision = 0, extra = 0} = done.repaired ?? {};
    const sum = missing + changed + precision + extra;
    const words = `${count(missing)} missing, ${count(changed)} with another value, ${count(precision)} less precise, ${count(extra)} extra`;
    const left = done.not_repaired_total ?? done.not_repaired?.length ?? 0;
    outcome('repair-outcome', 'well', `${execute ? 'Repaired' : 'It would repair'} ${plural(sum, 'key')}: ${words}. ${plural(done.unchanged ?? 0, 'key agrees', 'keys agree')} meanwhile.${left > 0 ? ` ${plural(left, 'key')} cannot be: ${done.not_repaired[0].reason}` : ''}${execute ? '' : ' Nothing was changed.'}`);
    form.hidden = execute || sum === 0;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    outcome('repair-outcome', 'wrong', refusal.message);
    form.hidden = true;
  } finally {
    $('repair-dry').disabled = false;
    form.elements.confirm.value = '';
  }
  if (execute) again();
}
