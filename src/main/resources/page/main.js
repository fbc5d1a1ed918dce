// The operator's page: which view is shown, and what it asks for.

import * as backfill from './backfill.js';
import * as fleet from './fleet.js';
import * as flip from './flip.js';
import * as now from './now.js';
import * as parity from './parity.js';
import * as phases from './phases.js';
import * as system from './system.js';
import * as token from './token.js';
import * as verdict from './verdict.js';
import {$, flag, text} from './dom.js';
import {poll, start} from './client.js';
import {path as historyPath, series, serverNow, take} from './series.js';

const VIEWS = ['now', 'migration', 'parity', 'fleet', 'system'];
const known = {series};

let view = 'now';
const on = (...views) => () => views.includes(view);

function route(event) {
  const [, name, rest] = location.hash.match(/^#\/([a-z]+)(?:\/(.+))?$/) ?? [];
  view = VIEWS.includes(name) ? name : 'now';
  for (const section of document.querySelectorAll('[data-view]')) flag(section, 'hidden', section.dataset.view !== view);
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${view}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  let device = '';
  try {
    device = view === 'fleet' && rest ? decodeURIComponent(rest) : '';
  } catch {
    // a % that is no escape: the whole fleet
  }
  fleet.choose(device);
  if (event) {
    $('view').focus({preventScroll: true});
    scrollTo(0, 0);
    for (const [name, one] of Object.entries(polls)) if (name !== 'doctor') one.soon(); // it measures the disk
  }
}

function absent(what, gone) {
  for (const panel of document.querySelectorAll(`[data-needs=${what}]`)) {
    flag(panel.querySelector('.absent'), 'hidden', !gone);
    for (const part of panel.querySelectorAll('.scroll, .sub')) flag(part, 'hidden', gone);
  }
  for (const node of document.querySelectorAll(`[data-absent=${what}]`)) flag(node, 'hidden', !gone);
  for (const node of document.querySelectorAll(`[data-present=${what}]`)) flag(node, 'hidden', gone);
}

const judge = () => verdict.show(known);

verdict.start(judge);
token.start();
now.start();
flip.start(() => polls.cutover.soon());
phases.start((to) => flip.check(to));
backfill.start(() => polls.backfill.soon());
parity.start(() => polls.verify.soon());
fleet.start(() => {
  polls.fleetGaps.soon();
  polls.devices.soon();
  polls.device.soon();
});
system.start();

const polls = {
  status: poll('/v1/status', 1, (status) => {
    known.status = status;
    text('bar-phase', status.phase);
    if (view === 'now') now.showStatus(status);
    if (view === 'system') system.showNodes(status);
    judge();
  }, {failed: judge}),
  history: poll(historyPath, 1, (history) => {
    take(history);
    text('bar-time', `${new Date(serverNow()).toISOString().slice(11, 19)} UTC`);
    if (view === 'now') now.showHistory(known.status);
    judge();
  }, {failed: judge}),
  cutover: poll('/v1/cutover', 1, (cutover) => {
    phases.show(cutover);
    flip.show(cutover);
  }, {wanted: on('migration')}),
  backfill: poll('/v1/backfill', 1, (answer) => {
    known.backfill = answer;
    backfill.show(answer);
  }, {wanted: on('migration')}),
  verify: poll('/v1/verify', 1, parity.show, {wanted: on('parity')}),
  fleet: poll('/v1/fleet', 2, (answer) => {
    absent('fleet', false);
    now.showFleet(answer);
    fleet.show(answer);
    system.showIncidents(answer);
  }, {wanted: on('now', 'fleet', 'system'), failed: (refusal) => {
    if (refusal.status !== 404) return;
    absent('fleet', true);
    now.showFleet(undefined);
  }}),
  gaps: poll('/v1/fleet/gaps?limit=6', 3, now.showGaps, {wanted: on('now')}),
  fleetGaps: poll(fleet.gapsPath, 3, fleet.showGaps, {wanted: () => view === 'fleet' && fleet.oneDevice() === ''}),
  devices: poll(fleet.devicesPath, 2, fleet.showDevices, {wanted: () => view === 'fleet' && fleet.oneDevice() === ''}),
  device: poll(fleet.devicePath, 2, fleet.showDevice, {wanted: () => view === 'fleet' && fleet.oneDevice() !== '', failed: fleet.missingDevice}),
  deadLetters: poll('/v1/dead-letters', 10, system.showDeadLetters, {wanted: on('system')}),
  doctor: poll('/v1/doctor', 600, (answer) => {
    known.doctor = answer;
    absent('doctor', false);
    system.showDoctor(answer);
  }, {failed: (refusal) => refusal.status === 404 && absent('doctor', true)}),
  about: poll('/v1/about', 60, system.showAbout, {wanted: on('system')}),
};
$('doctor-again').addEventListener('click', () => polls.doctor.soon());

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault(); // its address would be that of a view
  $('view').focus();
});
addEventListener('hashchange', route);
route();
start(token.askForToken);
