// The parity map: a column for each day, a row for each hour of it, drawn on a canvas as wide as the window. Only the
// days in sight are drawn, so ten thousand hours scroll as ten do. Arrow keys, Home, End and Enter do what a mouse does.
// A state is told by its shape as well as by its colour.

import {h, text} from './dom.js';
import {count, plural} from './format.js';

const ROW = 10;
const TOP = 18;
const LEFT = 30;
const HOUR_MS = 3_600_000;

const dark = matchMedia('(prefers-color-scheme: dark)');
const month = new Intl.DateTimeFormat('en-GB', {month: 'short', year: 'numeric', timeZone: 'UTC'});
const day = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', timeZone: 'UTC'});

export class Heatmap {
  /**
   * @param box the element that scrolls
   * @param words where the hour under the pointer is told
   * @param choose called with the hour that was chosen
   */
  constructor(box, words, choose) {
    this.box = box;
    this.words = words;
    this.choose = choose;
    this.hours = new Map();
    this.first = 0;
    this.days = 0;
    this.cell = 12;
    this.at = undefined;
    this.canvas = h('canvas', {tabindex: '0', role: 'application', 'aria-label': 'Parity by hour', 'aria-describedby': words.id});
    this.spacer = h('div', {class: 'spacer', 'aria-hidden': 'true'});
    box.append(this.canvas, this.spacer);
    box.addEventListener('scroll', () => this.soon(), {passive: true});
    this.canvas.addEventListener('pointermove', (event) => this.point(this.under(event)));
    this.canvas.addEventListener('click', (event) => this.pick(this.under(event)));
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    dark.addEventListener('change', () => this.soon());
    new ResizeObserver(() => this.size()).observe(box);
  }

  /** @param hours of the map, in order of time */
  show(hours) {
    const fresh = this.days === 0;
    this.hours = new Map(hours.map((hour) => [Date.parse(`${hour.hour}:00Z`) / HOUR_MS, hour]));
    if (hours.length > 0) {
      const ends = [...this.hours.keys()];
      this.first = Math.floor(ends[0] / 24);
      this.days = Math.floor(ends.at(-1) / 24) - this.first + 1;
    } else {
      this.days = 0;
      text(this.words, 'There is no hour yet that has a reading.');
    }
    this.size();
    if (fresh) this.box.scrollLeft = this.box.scrollWidth;
  }

  size() {
    const width = this.box.clientWidth;
    if (width === 0) return;
    this.cell = Math.max(4, Math.min(14, Math.floor((width - LEFT) / Math.max(1, this.days))));
    this.spacer.style.inlineSize = `${LEFT + this.days * this.cell}px`;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round((TOP + 24 * ROW) * scale);
    this.canvas.style.inlineSize = `${width}px`;
    this.canvas.style.blockSize = `${TOP + 24 * ROW}px`;
    this.soon();
  }

  soon() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  draw() {
    const began = performance.now();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const colours = {matched: colour('--matched'), mismatched: colour('--mismatched'), dirty: colour('--dirty'), unverified: colour('--unverified')};
    const pen = this.canvas.getContext('2d');
    const scale = devicePixelRatio || 1;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const width = this.canvas.width / scale;
    pen.clearRect(0, 0, width, TOP + 24 * ROW);
    const scroll = this.box.scrollLeft;
    const from = Math.max(0, Math.floor((scroll - LEFT) / this.cell));
    const to = Math.min(this.days, Math.ceil((scroll + width - LEFT) / this.cell));
    const size = this.cell - 1;
    const x = (column) => LEFT + column * this.cell - scroll;
    for (let column = from; column < to; column++) {
      for (let row = 0; row < 24; row++) {
        const hour = this.hours.get((this.first + column) * 24 + row);
        if (!hour) continue;
        const left = x(column);
        const top = TOP + row * ROW;
        if (hour.state === 'unverified') {
          pen.strokeStyle = colours.unverified;
          pen.lineWidth = 1;
          pen.strokeRect(left + 0.5, top + 0.5, size - 1, ROW - 2);
          continue;
        }
        pen.fillStyle = colours[hour.state];
        if (hour.state === 'dirty') pen.fillRect(left, top + 3, size, ROW - 4);
        else pen.fillRect(left, top, size, ROW - 1);
        if (hour.state === 'mismatched' && size >= 5) {
          pen.strokeStyle = colour('--panel');
          pen.lineWidth = 1.2;
          pen.beginPath();
          pen.moveTo(left + 1, top + 1);
          pen.lineTo(left + size - 1, top + ROW - 2);
          pen.moveTo(left + size - 1, top + 1);
          pen.lineTo(left + 1, top + ROW - 2);
          pen.stroke();
        }
      }
    }
    this.labels(pen, colour, from, to, x, width);
    if (this.at !== undefined) {
      const column = Math.floor(this.at / 24) - this.first;
      pen.strokeStyle = colour('--ink');
      pen.lineWidth = 2;
      pen.strokeRect(x(column) - 1, TOP + (this.at % 24) * ROW - 1, size + 2, ROW + 1);
    }
    this.drawnMs = performance.now() - began;
  }

  labels(pen, colour, from, to, x, width) {
    pen.fillStyle = colour('--panel');
    pen.fillRect(0, 0, LEFT - 2, TOP + 24 * ROW);
    pen.fillStyle = colour('--ink-2');
    pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    pen.textBaseline = 'middle';
    for (const hour of [0, 6, 12, 18, 23]) pen.fillText(String(hour).padStart(2, '0'), 6, TOP + hour * ROW + ROW / 2);
    pen.textBaseline = 'alphabetic';
    let free = LEFT;
    const monthly = this.cell * 31 > 60 && this.days > 14;
    for (let column = from; column < to; column++) {
      const date = new Date((this.first + column) * 24 * HOUR_MS);
      if (column > from && (monthly ? date.getUTCDate() !== 1 : false)) continue;
      const left = Math.max(LEFT, x(column));
      const label = monthly ? month.format(date) : day.format(date);
      const wide = pen.measureText(label).width;
      if (left < free || left + wide > width) continue;
      pen.fillText(label, left, 12);
      free = left + wide + 10;
    }
  }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - LEFT + this.box.scrollLeft) / this.cell);
    const row = Math.floor((event.clientY - box.top - TOP) / ROW);
    return column < 0 || column >= this.days || row < 0 || row > 23 ? undefined : (this.first + column) * 24 + row;
  }

  point(hour) {
    if (hour === undefined || hour === this.pointed) return;
    this.pointed = hour;
    this.tell(hour);
  }

  tell(hour) {
    const found = this.hours.get(hour);
    const name = new Date(hour * HOUR_MS).toISOString().slice(0, 13).replace('T', ' ');
    text(this.words, found ? `${name} h UTC: ${found.state}, MySQL ${count(found.mysql_rows)} rows, QuestDB ${count(found.questdb_rows)} rows, ${plural(found.mismatches, 'key differs', 'keys differ')}`
      : `${name} h UTC: no readings`);
  }

  pick(hour) {
    if (hour === undefined) return;
    this.at = hour;
    this.tell(hour);
    this.soon();
    const found = this.hours.get(hour);
    if (found) this.choose(found);
  }

  /** Chooses an hour by its name, and brings it in sight. */
  select(name, focus) {
    const hour = Date.parse(`${name}:00Z`) / HOUR_MS;
    this.reveal(hour);
    this.pick(hour);
    if (focus) this.canvas.focus({preventScroll: true});
  }

  reveal(hour) {
    const left = (Math.floor(hour / 24) - this.first) * this.cell;
    const seen = this.box.clientWidth - LEFT - this.cell;
    if (left < this.box.scrollLeft) this.box.scrollLeft = left;
    else if (left > this.box.scrollLeft + seen) this.box.scrollLeft = left - seen;
  }

  key(event) {
    const step = {ArrowLeft: -24, ArrowRight: 24, ArrowUp: -1, ArrowDown: 1}[event.key];
    const least = this.first * 24;
    const most = (this.first + this.days) * 24 - 1;
    if (this.days === 0) return;
    if (step !== undefined) this.at = Math.max(least, Math.min(most, (this.at ?? most) + step));
    else if (event.key === 'Home') this.at = least;
    else if (event.key === 'End') this.at = most;
    else if (event.key === 'Enter' || event.key === ' ') this.pick(this.at);
    else return;
    event.preventDefault();
    if (this.at === undefined) return;
    this.reveal(this.at);
    this.tell(this.at);
    this.soon();
  }
}
