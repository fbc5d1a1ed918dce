// System: dead letters, incidents, the doctor's findings, and what this Sluice is.

import {$, Rows, flag, h, mark, text} from './dom.js';
import {bytes, count, duration, instant, plural, utc, value} from './format.js';
import {serverNow} from './series.js';
import {storeName} from './now.js';

const ORDER = {broken: 0, advice: 1, unknown: 2, ok: 3};
const SIGNS = {broken: '✕ broken', advice: '! advice', unknown: '? unknown', ok: '✓ ok'};

let dead, incidents, checks, nodes;

export function start() {
  dead = new Rows('dead-rows', (line) => `${line.store} ${line.offset} ${line.n}`, [
    {cell: (line) => storeName(line.store), class: 'strong'}, (line) => line.device_id ?? '–', (line) => line.metric ?? '–', (line) => line.ts?.slice(0, -1).replace('T', ' ') ?? '–',
    {n: (line) => value(line.value)}, {cell: (line) => line.reason, class: 'wide'}, (line) => instant(line.refused_at)]);
  incidents = new Rows('incidents', (one) => one.kind + one.from, [
    {cell: (one) => one.kind, class: 'strong'}, (one) => instant(one.from), (one) => (one.to ? instant(one.to) : 'still lasts'),
    {n: (one) => duration(((one.to ? Date.parse(one.to) : serverNow()) - Date.parse(one.from)) / 1000)}, {cell: (one) => one.detail ?? '', class: 'wide'}]);
  nodes = new Rows('nodes', (node) => node.id, [
    {cell: (node) => `${node.id}${node.self ? ' (this one)' : ''}`, class: 'strong'}, (node) => node.roles.join(' + '),
    {cell: (node) => (node.leads ? 'leads' : node.state), mark: (node) => (node.state === 'live' ? 'well' : 'wrong')},
    {n: (node) => (node.partitions === undefined ? '–' : count(node.partitions))},
    {n: (node) => count(node.epoch)}, {n: (node) => duration(node.seen_seconds)}, (node) => node.admin_url]);
  checks = new Rows('doctor-checks', (check) => `${check.group} ${check.name}`, [
    {cell: (check) => SIGNS[check.level] ?? check.level, mark: (check) => ({broken: 'wrong', ok: 'well'})[check.level] ?? check.level},
    (check) => check.group, {cell: (check) => check.name, class: 'strong'}, (check) => check.seen, (check) => check.wanted,
    (check) => mends(check)]);
}

function mends(check) {
  const words = h('span', {'data-key': `${check.why}${check.mend ?? ''}`}, check.why ?? '');
  if (check.mend && check.level !== 'ok') words.append(h('code', {class: 'mend'}, check.mend));
  return words;
}

export function showDeadLetters(answer) {
  const all = Object.entries(answer).flatMap(([store, listing]) => listing.lines.map((line, n) => ({...line, store, n})));
  dead.show(all);
  text('dead-none', all.length === 0 ? 'None: every reading was stored.' : '');
  text('dead-files', Object.entries(answer).filter(([, listing]) => listing.bytes > 0)
    .map(([store, listing]) => `${storeName(store)}: ${listing.file}, ${bytes(listing.bytes)}${listing.more ? ', more than is shown' : ''}`).join(' · '));
}

export function showIncidents(fleet) {
  incidents.show(fleet.incidents ?? []);
  text('incidents-none', (fleet.incidents ?? []).length === 0 ? 'None is known.' : '');
}

/** One Sluice alone has no need of a table. */
export function showNodes(status) {
  const all = status.nodes ?? [];
  flag('nodes-panel', 'hidden', all.length < 2);
  nodes.show(all);
}

export function showDoctor(doctor) {
  const sorted = [...doctor.checks].sort((a, b) => ORDER[a.level] - ORDER[b.level]);
  checks.show(sorted);
  const broken = doctor.checks.filter((check) => check.level === 'broken').length;
  const advice = doctor.checks.filter((check) => check.level === 'advice').length;
  text('doctor-verdict', doctor.verdict === 'ok' ? 'nothing to mend' : `${broken > 0 ? `${plural(broken, 'thing')} will break, ` : ''}${plural(advice, 'piece')} of advice`);
  mark('doctor-verdict', 'data-mark', {ok: 'well', broken: 'wrong'}[doctor.verdict] ?? '');
  text('doctor-fine', `${plural(doctor.checks.filter((check) => check.level === 'ok').length, 'check is', 'checks are')} fine.`);
}

export function showAbout(about) {
  const facts = {
    version: about.version, Java: about.java, 'options file': about.options_file ?? 'none: started without @FILE', 'max heap': bytes(about.max_heap_bytes),
    processors: count(about.processors), system: about.system, 'data directory': about.data_dir, process: String(about.pid), started: utc(about.started_at),
  };
  const list = $('about');
  if (list.childElementCount === 0) list.append(...Object.keys(facts).map((name) => h('div', {}, h('dt', {}, name), h('dd', {}, '–'))));
  Object.values(facts).forEach((words, i) => text(list.children[i].lastElementChild, words));
}
