// A device's line of time: drawn where it sent, broken where a gap is, from what the ledger keeps of it.

import {h} from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const CAUSES = {'sluice-down': '--ours', refused: '--ours', fleet: '--together', late: '--late', device: '--lone'};

const label = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC'});

export class Timeline {
  constructor(box) {
    this.box = box;
    this.canvas = h('canvas', {'aria-hidden': 'true'});
    box.append(this.canvas);
    new ResizeObserver(() => this.draw()).observe(box);
    dark.addEventListener('change', () => this.draw());
  }

  /**
   * @param device as the ledger tells it
   * @param nowMs of the server
   */
  show(device, nowMs) {
    const gaps = (device.recent_gaps ?? []).map((gap) => ({from: Date.parse(gap.from), to: gap.to ? Date.parse(gap.to) : nowMs, cause: gap.cause, open: !gap.to}));
    const first = Date.parse(device.first_arrival);
    const last = Date.parse(device.last_arrival);
    // From a little before the oldest gap that is kept, or the first arrival; at least 15 minutes and 60 intervals.
    const oldest = Math.min(nowMs, ...gaps.map((gap) => gap.from));
    const span = Math.max(nowMs - oldest, 900_000, 60_000 * (device.interval_seconds || 1));
    this.what = {gaps, first, last, from: Math.max(first, nowMs - span * 1.15), to: nowMs, silent: device.state === 'silent'};
    this.draw();
  }

  draw() {
    if (!this.what || this.box.clientWidth === 0) return;
    const {gaps, first, last, from, to, silent} = this.what;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.inlineSize = `${width}px`;
    this.canvas.style.blockSize = `${height}px`;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const pen = this.canvas.getContext('2d');
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const x = (ms) => ((ms - from) / Math.max(1, to - from)) * width;
    const middle = height / 2 - 8;
    const bar = (begin, end, name, thick) => {
      const left = Math.max(0, x(begin));
      const right = Math.min(width, x(end));
      if (right > left) {
        pen.fillStyle = colour(name);
        pen.fillRect(left, middle - thick / 2, Math.max(1, right - left), thick);
      }
    };
    // Where it sent: between its gaps.
    let at = Math.max(first, from);
    for (const gap of [...gaps].sort((a, b) => a.from - b.from)) {
      bar(at, gap.from, '--ack', 10);
      at = Math.max(at, gap.to);
    }
    bar(at, silent ? last : to, '--ack', 10);
    for (const gap of gaps) {
      const left = Math.max(0, x(gap.from));
      const right = Math.min(width, Math.max(x(gap.to), x(gap.from) + 2));
      pen.strokeStyle = colour(CAUSES[gap.cause] ?? '--lone');
      pen.lineWidth = 1.5;
      pen.setLineDash(gap.open ? [4, 3] : []);
      pen.strokeRect(left, middle - 12, right - left, 24);
      pen.save();
      pen.beginPath();
      pen.rect(left, middle - 12, right - left, 24);
      pen.clip();
      pen.beginPath();
      for (let hatch = left - 24; hatch < right; hatch += 6) {
        pen.moveTo(hatch, middle + 12);
        pen.lineTo(hatch + 24, middle - 12);
      }
      pen.stroke();
      pen.restore();
    }
    pen.setLineDash([]);
    pen.fillStyle = colour('--ink-2');
    pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const steps = Math.max(1, Math.min(5, Math.floor(width / 150)));
    for (let i = 0; i <= steps; i++) {
      const ms = from + ((to - from) * i) / steps;
      pen.textAlign = i === 0 ? 'left' : i === steps ? 'right' : 'center';
      pen.fillText(label.format(ms), (width * i) / steps, height - 6);
    }
  }
}
