// The four phases as a picture: which is in force, what it writes and reads, and where to go from it.

import {$, h, mark, text} from './dom.js';
import {age, elapsed, utc} from './format.js';
import {serverNow} from './series.js';

const PHASES = [
  {name: 'mysql', writes: ['MySQL'], reads: 'MySQL', about: 'as it was before'},
  {name: 'mirror', writes: ['MySQL', 'QuestDB'], reads: 'MySQL', about: 'QuestDB follows; nobody reads it'},
  {name: 'questdb', writes: ['MySQL', 'QuestDB'], reads: 'QuestDB', about: 'MySQL follows, for the way back'},
  {name: 'retired', writes: ['QuestDB'], reads: 'QuestDB', about: 'MySQL is an archive; no way back'},
];

const CHANGES = {
  'mysql mirror': {verb: 'Join', effect: 'QuestDB begins to receive what is acknowledged from then on. Reads stay with MySQL.'},
  'mirror questdb': {verb: 'Cut over', effect: 'Reads move to QuestDB. Both stores keep receiving writes.'},
  'mirror mysql': {verb: 'Leave', effect: 'QuestDB no longer receives writes. Backfill and proofs start over when it joins again.'},
  'questdb mirror': {verb: 'Roll back', effect: 'Reads move back to MySQL. Both stores keep receiving writes.'},
  'questdb retired': {verb: 'Retire MySQL', effect: 'MySQL no longer receives writes, and there is no way back.'},
};

export const change = (from, to) => CHANGES[`${from} ${to}`] ?? {verb: 'Go', effect: ''};

const nodes = new Map();

/** @param choose called with the name of the phase to go to */
export function start(choose) {
  for (const phase of PHASES) {
    const button = h('button', {type: 'button', 'data-to': phase.name, onclick: () => choose(phase.name)}, 'Check …');
    const effect = h('p', {class: 'effect'}, '\u00a0');
    const here = h('span', {class: 'here'}, '\u00a0');
    const node = h('li', {'data-phase': phase.name},
      h('div', {class: 'phase-name'}, h('strong', {}, phase.name), here),
      h('dl', {}, h('div', {}, h('dt', {}, 'writes'), h('dd', {}, phase.writes.join(' + '))), h('div', {}, h('dt', {}, 'reads'), h('dd', {}, phase.reads))),
      h('p', {class: 'about'}, phase.about), effect, button);
    nodes.set(phase.name, {node, button, effect, here});
    $('phases').append(node);
  }
}

/** @param cutover the answer of /v1/cutover */
export function show(cutover) {
  for (const [name, {node, button, effect, here}] of nodes) {
    const present = name === cutover.phase;
    const open = cutover.may_go_to.includes(name);
    mark(node, 'data-is', present ? 'present' : open ? 'open' : 'closed');
    if (present) node.setAttribute('aria-current', 'step');
    else node.removeAttribute('aria-current');
    text(here, present ? `for ${elapsed(age(cutover.at, serverNow()))}` : '');
    const words = change(cutover.phase, name);
    text(effect, open ? words.effect : present ? '' : `not from ${cutover.phase}`);
    text(button, open ? `${words.verb} …` : present ? 'here' : 'closed');
    button.disabled = !open || cutover.changing !== null;
  }
  text('phase-by', `epoch ${cutover.epoch}, set by ${cutover.by || 'nobody named'}, ${utc(cutover.at)}${cutover.reason ? `: ${cutover.reason}` : ''}`);
  const {changing, last_flip: flip} = cutover;
  text('phase-changing', changing ? `Going to ${changing.to}: ${changing.step}, for ${elapsed(age(changing.since, serverNow()))}`
    : flip ? `The last change since the start, to ${flip.to}, held reads for ${flip.held_ms} ms and waited ${flip.waited_ms} ms in all.` : '');
}
