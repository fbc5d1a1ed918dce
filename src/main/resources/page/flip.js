// A change of phase, never by one click: check, read the report, say who asks, type the name, and only then go.

import {$, Rows, flag, mark, text} from './dom.js';
import {Refusal, ask} from './client.js';
import {change} from './phases.js';
import {elapsed, utc} from './format.js';

let guards;
let report;
let busy = false;
let from = '';
let changed = () => {};

/** @param whenChanged called after a change, and while one is under way */
export function start(whenChanged) {
  changed = whenChanged;
  guards = new Rows('flip-guards', (guard) => guard.name, [
    {cell: (guard) => (guard.passed ? '✓ yes' : '✕ no'), mark: (guard) => (guard.passed ? 'well' : 'wrong')},
    {cell: (guard) => guard.name, class: 'strong'},
    (guard) => guard.value,
    (guard) => guard.threshold,
    {cell: (guard) => guard.reason || (guard.passed ? '' : 'no reason given'), class: 'wide'},
  ]);
  $('flip-form').addEventListener('input', judge);
  $('flip-form').addEventListener('submit', (event) => {
    event.preventDefault();
    go();
  });
  $('flip-again').addEventListener('click', () => check(report?.to ?? $('flip').dataset.to));
  $('flip-close').addEventListener('click', close);
}

const field = (name) => $('flip-form').elements.namedItem(name);

function close() {
  report = undefined;
  flag('flip-body', 'hidden', true);
  flag('flip-hint', 'hidden', false);
  text('flip-aside', '');
}

function outcome(level, words) {
  mark('flip-outcome', 'data-level', level);
  text('flip-outcome', words);
}

/** Makes a readiness report for going there; changes nothing. */
export async function check(to) {
  if (busy) return;
  busy = true;
  report = undefined;
  $('flip').dataset.to = to;
  flag('flip-body', 'hidden', false);
  flag('flip-hint', 'hidden', true);
  field('confirm').value = '';
  outcome('wait', `Measuring every guard for going to ${to}; this takes a few seconds …`);
  judge();
  $('flip').scrollIntoView({block: 'nearest'});
  try {
    showReport(await ask('/v1/cutover', {to}));
  } catch (refusal) {
    refused(refusal);
  } finally {
    busy = false;
    judge();
  }
}

function showReport(made) {
  report = made;
  from = made.from;
  const failed = made.guards.filter((guard) => !guard.passed);
  guards.clear();
  guards.show([...failed, ...made.guards.filter((guard) => guard.passed)]);
  $('flip-would').replaceChildren(...made.would.map((step) => Object.assign(document.createElement('li'), {textContent: step})));
  text('flip-aside', `${made.from} → ${made.to}, report ${made.id}, ${utc(made.at)}`);
  outcome(made.ready ? 'well' : 'wrong', made.ready
    ? `Ready: all ${made.guards.length} guards passed. Nothing has been changed yet.`
    : `Not ready: ${failed.length} of ${made.guards.length} guards did not pass. Nothing has been changed.`);
  text('flip-title', `${change(made.from, made.to).verb}: ${made.from} → ${made.to}`);
  text('flip-go', `${change(made.from, made.to).verb} to ${made.to}`);
  text('flip-confirm-label', made.to === 'retired' ? 'There is no way back. Type the name of the legacy table to confirm' : `Type ${made.to} to confirm`);
  judge();
}

function refused(refusal) {
  if (!(refusal instanceof Refusal)) throw refusal;
  const again = refusal.body?.report;
  if (again?.guards) showReport(again);
  outcome('wrong', refusal.message);
}

/** Says why the button is off. */
function judge() {
  const typed = field('confirm').value;
  const named = report && (report.to === 'retired' ? typed.trim() !== '' : typed === report.to);
  const why = busy ? 'Working …'
    : !report ? 'There is no report yet: check again.'
    : !report.ready ? 'A guard did not pass: do what it says, then check again.'
    : field('by').value.trim() === '' ? 'Say who asks for it; it is kept with the phase.'
    : !named ? 'Type the name to confirm.' : '';
  text('flip-why-not', why);
  $('flip-go').disabled = why !== '';
  $('flip-again').disabled = busy;
}

async function go() {
  const {to, id} = report;
  busy = true;
  judge();
  const began = performance.now();
  const words = () => outcome('wait', `Changing from ${from} to ${to} for ${elapsed((performance.now() - began) / 1000)}. Writes continue. ${progress}`);
  progress = '';
  words();
  const timer = setInterval(() => {
    changed();
    words();
  }, 500);
  const body = {to, execute: true, report: id, by: field('by').value.trim()};
  if (field('reason').value.trim()) body.reason = field('reason').value.trim();
  if (to === 'retired') body.confirm = field('confirm').value.trim();
  try {
    const done = await ask('/v1/cutover', body);
    report = undefined;
    outcome('well', `Phase ${done.phase} is in force, epoch ${done.epoch}. Reads were held for ${done.held_ms} ms; it waited ${done.waited_ms} ms in all.`);
  } catch (refusal) {
    refused(refusal);
  } finally {
    clearInterval(timer);
    busy = false;
    field('confirm').value = '';
    judge();
    changed();
  }
}

let progress = '';

/** @param cutover the answer of /v1/cutover, which names the step */
export function show(cutover) {
  progress = cutover.changing ? `Step: ${cutover.changing.step}.` : '';
}
