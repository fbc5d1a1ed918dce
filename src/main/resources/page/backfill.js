// History, copied in chunks: how far it is, why it yields, and its reins.

import {$, Rows, fill, flag, h, mark, text} from './dom.js';
import {Refusal, ask} from './client.js';
import {count, duration, of, utc} from './format.js';

const CHOICES = {'similar-devices': ['stop', 'copy'], 'far-future': ['stop', 'copy']};
const SKIPPABLE = ['stop', 'skip'];

const MAY = {
  none: ['preflight', 'start'], preflight: ['pause', 'cancel'], running: ['pause', 'cancel'],
  throttled: ['pause', 'cancel'], paused: ['resume', 'cancel'], cancelled: ['preflight', 'start'],
  failed: ['preflight', 'start'], complete: ['preflight', 'start'],
};

const decisions = {};
let findings;
let state = 'none';
let sure = 0;
let again = () => {};

export function start(askAgain) {
  again = askAgain;
  findings = new Rows('backfill-findings', (finding) => finding.kind, [
    {cell: (finding) => finding.kind, class: 'strong'},
    {n: (finding) => count(finding.count)},
    (finding) => finding.decision,
    (finding) => choice(finding),
  ]);
  for (const button of document.querySelectorAll('[data-backfill]')) {
    button.addEventListener('click', () => act(button));
  }
  $('backfill-throttle').addEventListener('submit', (event) => {
    event.preventDefault();
    send({action: 'throttle', rows_per_second: Number(event.target.elements.rows.value)}, 'The limit is in force.');
  });
}

function choice(finding) {
  const name = `Decide about ${finding.kind}`;
  const select = h('select', {'aria-label': name, 'data-key': finding.kind, onchange: () => (decisions[finding.kind] = select.value)},
    ...(CHOICES[finding.kind] ?? SKIPPABLE).map((word) => h('option', {value: word}, word)));
  select.value = decisions[finding.kind] ?? finding.decision;
  return select;
}

function act(button) {
  const action = button.dataset.backfill;
  if (action === 'cancel' && Date.now() > sure) {
    sure = Date.now() + 8_000;
    outcome('wait', 'Cancel ends the backfill; its checkpoint stays. Press Cancel again within 8 s to do it.');
    return;
  }
  sure = 0;
  const body = {action};
  if (action === 'start' && Object.keys(decisions).length > 0) body.decisions = {...decisions};
  send(body, `Done: ${action}.`);
}

async function send(body, done) {
  outcome('wait', 'Asking …');
  try {
    show(await ask('/v1/backfill', body));
    outcome('well', done);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    outcome('wrong', refusal.message);
  }
  again();
}

function outcome(level, words) {
  mark('backfill-outcome', 'data-level', level);
  text('backfill-outcome', words);
}

export function show(backfill) {
  state = backfill.state;
  const inspecting = state === 'preflight';
  const total = inspecting ? backfill.preflight.last_id : backfill.rows_total;
  const done = inspecting ? backfill.preflight.id : backfill.rows_copied + backfill.rows_skipped;
  const share = state === 'complete' ? 1 : total ? done / total : 0;
  text('backfill-state', state === 'none' ? 'not started' : state);
  mark('backfill-state', 'data-mark', state === 'failed' ? 'wrong' : state === 'complete' ? 'well' : '');
  fill('backfill-bar', share);
  mark('backfill-bar', 'aria-valuenow', Math.round(share * 100));
  text('backfill-rows', inspecting ? `${of(backfill.preflight.rows_inspected, 'rows')} checked`
    : backfill.rows_total === null ? of(backfill.rows_copied, 'rows') : `${count(backfill.rows_copied)} of ${count(backfill.rows_total)} rows (${(share * 100).toFixed(1)} %)`);
  text('backfill-rate', of(backfill.rows_per_second, 'rows/s'));
  text('backfill-limit', backfill.limit_rows_per_second > 0 ? of(backfill.limit_rows_per_second, 'rows/s') : 'none');
  text('backfill-eta', backfill.eta_seconds === null ? '–' : duration(backfill.eta_seconds));
  text('backfill-position', utc(backfill.position));
  text('backfill-left', `${count(backfill.rows_skipped)}, ${of(backfill.rows_superseded, 'rows')}`);
  text('backfill-why', backfill.why ? `${state === 'failed' ? 'It failed' : 'It yields'}: ${backfill.why}` : '');
  for (const button of document.querySelectorAll('[data-backfill]')) {
    button.disabled = !(MAY[state] ?? []).includes(button.dataset.backfill);
  }
  const found = Object.entries(backfill.findings ?? {}).map(([kind, finding]) => ({kind, ...finding}));
  flag('backfill-findings-box', 'hidden', found.length === 0);
  findings.show(found);
  text('backfill-files', backfill.findings_file ? `Each row by its key: ${backfill.findings_file}` : '');
}
