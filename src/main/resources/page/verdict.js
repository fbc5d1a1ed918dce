// Is anything wrong? One line, from what Sluice says about itself and from what the page knows besides: whether it
// answers, whether the proofs hold, what the doctor found.

import {$, flag, h, mark, text} from './dom.js';
import {age, duration, elapsed, plural} from './format.js';
import {link} from './client.js';
import {serverNow} from './series.js';

let open = false;
let shown = '';

/**
 * All that is wrong, the worst first: `{what, since?, reason, remedy}`; `since` is ISO 8601.
 *
 * @param known `{series, status, backfill?, doctor?}`
 */
export function troubles({series, status, backfill, doctor}) {
  const found = [...series.troubles];
  for (const table of status?.tables ?? []) {
    found.push({what: table.store, since: table.since, reason: `the table of ${table.store} is not the one the proofs were made on`, remedy: table.why});
  }
  if (status?.backfill?.state === 'failed') {
    found.push({what: 'backfill', since: backfill?.finished_at, reason: `the backfill failed${backfill?.why ? `: ${backfill.why}` : ''}`, remedy: 'See Migration. Once the cause is gone, start it again: it resumes at its checkpoint.'});
  }
  const differ = status?.parity?.mismatched ?? 0;
  if (differ > 0) {
    found.push({what: 'parity', reason: `${plural(differ, 'hour differs', 'hours differ')} between the stores`, remedy: 'See Parity for which keys, and for the repair.'});
  }
  if (doctor?.verdict === 'broken') {
    const broken = (doctor.checks ?? []).filter((check) => check.level === 'broken');
    found.push({what: 'doctor', reason: `the doctor found ${plural(broken.length, 'thing')} that will break: ${broken.map((check) => check.name).join(', ')}`, remedy: 'See System for what mends it.'});
  }
  return found;
}

export function show(known) {
  const now = serverNow();
  if (link.up === false) {
    say('wrong', 'Sluice does not answer', `What is shown below is from before. ${link.why}`, (Date.now() - link.since) / 1000, []);
    return;
  }
  if (!known.status) return;
  const found = troubles(known);
  if (found.length === 0) {
    const sinks = Object.values(known.status.sinks);
    const stores = sinks.filter((sink) => !['off', 'elsewhere'].includes(sink.state)).length;
    const leader = (known.status.nodes ?? []).find((node) => node.leads);
    say('well', 'Nothing is wrong', sinks.some((sink) => sink.state === 'elsewhere')
      ? leader ? `Node ${leader.id} delivers: see its page at ${leader.admin_url}` : 'No node delivers now; one will in a moment'
      : `${plural(stores, 'store')} written, every acknowledged reading accounted for`, age(known.series.well_since, now), []);
    return;
  }
  const [first] = found;
  say('wrong', capital(first.reason), first.remedy, age(first.since, now), found);
}

function say(level, line, what, seconds, found) {
  mark('verdict', 'data-level', level);
  text('verdict-sign', level === 'well' ? '✓' : '!');
  text('verdict-text', line);
  text('verdict-what', what);
  text('verdict-since', seconds === undefined ? '' : `for ${elapsed(seconds)}`);
  document.title = level === 'well' ? 'Sluice' : `! ${line} · Sluice`;
  const more = $('verdict-more');
  flag(more, 'hidden', found.length === 0);
  text(more, open ? 'Fewer' : found.length > 1 ? `All ${found.length} reasons` : 'Details');
  if (found.length === 0) open = false;
  mark(more, 'aria-expanded', open);
  flag('verdict-list', 'hidden', !open);
  const now = serverNow();
  const key = JSON.stringify(found.map(({what: part, reason, remedy}) => [part, reason, remedy])) + open;
  if (open && key !== shown) {
    $('verdict-list').replaceChildren(
      ...found.map((one) =>
        h('li', {}, h('strong', {}, capital(one.reason)), one.since ? ` (for ${duration(age(one.since, now))}) ` : ' ', h('span', {}, one.remedy))));
  }
  shown = key;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

export function start(again) {
  $('verdict-more').addEventListener('click', () => {
    open = !open;
    again();
  });
}
