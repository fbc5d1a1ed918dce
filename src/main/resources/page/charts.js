// A chart of the last 15 minutes: uPlot with the page's colours, and keys that show the value under the pointer, or
// the newest one. Its size and its time range are fixed, so nothing but the lines moves.

import uPlot from './uPlot.esm.js';
import {h, text} from './dom.js';
import {short} from './format.js';

const SECONDS = 900;
const POWERS = Array.from({length: 45}, (_, i) => 2 ** i);
const dark = matchMedia('(prefers-color-scheme: dark)');

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const clock = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', timeZone: 'UTC'});
const clockSeconds = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC'});

export class Chart {
  /**
   * @param box id of the element it fills
   * @param keys id of the element for the keys
   * @param lines `[{label, colour: '--name', fill?, dash?}]`
   * @param show a value as the keys show it, with its unit
   * @param axis a value as the axis shows it
   * @param base of the units: the axis has round numbers of them
   */
  constructor(box, keys, lines, show, axis = short, base = 1000) {
    this.box = document.getElementById(box);
    this.lines = lines;
    this.show = show;
    this.axis = axis;
    this.base = base;
    this.data = [[], ...lines.map(() => [])];
    this.values = lines.map((line) => {
      const value = h('output', {});
      const swatch = h('i', {class: 'swatch', 'data-colour': line.colour.slice(2)});
      document.getElementById(keys).append(h('span', {class: 'item'}, swatch, `${line.label} `, value));
      return value;
    });
    this.at = h('span', {class: 'at'});
    document.getElementById(keys).append(this.at);
    this.make();
    new ResizeObserver(() => this.size()).observe(this.box);
    dark.addEventListener('change', () => this.make());
  }

  make() {
    this.plot?.destroy();
    const ink = colour('--ink-2');
    const grid = colour('--grid');
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const axis = {stroke: ink, font, grid: {stroke: grid, width: 1}, ticks: {show: false}};
    this.plot = new uPlot(
      {
        width: Math.max(120, this.box.clientWidth),
        height: Math.max(80, this.box.clientHeight),
        legend: {show: false},
        padding: [8, 10, 0, 0],
        cursor: {y: false, drag: {x: false, y: false}, points: {size: 6}},
        scales: {
          x: {time: true, range: () => [this.until - SECONDS, this.until]},
          y: {range: (plot, min, max) => [0, nice(max ?? 0, this.base)]},
        },
        axes: [
          {...axis, size: 26, space: 80, values: (plot, times) => times.map((time) => clock.format(time * 1000))},
          {...axis, size: 62, space: 28, ...(this.base === 1024 ? {incrs: POWERS} : {}), values: (plot, values) => values.map((value) => this.axis(value))},
        ],
        series: [
          {},
          ...this.lines.map((line) => ({
            label: line.label,
            stroke: colour(line.colour),
            width: 1.6,
            dash: line.dash,
            fill: line.fill ? `${colour(line.colour)}1c` : undefined,
            spanGaps: false,
            points: {show: false},
          })),
        ],
        hooks: {setCursor: [() => this.keys()]},
      },
      this.data,
      this.box,
    );
  }

  get until() {
    return this.data[0].at(-1) ?? Math.floor(Date.now() / 1000);
  }

  size() {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (width > 0 && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({width, height});
  }

  draw(...columns) {
    this.data = columns;
    this.plot.setData(columns);
    this.keys();
  }

  keys() {
    const times = this.data[0];
    const pointed = this.plot.cursor.left >= 0 ? this.plot.cursor.idx : null;
    const at = pointed ?? times.length - 1;
    this.values.forEach((node, i) => {
      const value = this.data[i + 1][at];
      text(node, value === null || value === undefined ? '–' : this.show(value));
    });
    text(this.at, times[at] === undefined ? '' : pointed === null ? 'now' : `${clockSeconds.format(times[at] * 1000)} UTC`);
  }
}

/** The next round number: an axis that rarely changes. */
function nice(most, base) {
  if (most <= 0) return 1;
  const unit = base === 1024 ? 1024 ** Math.floor(Math.log2(most) / 10) : 1;
  const size = most / unit;
  const power = 10 ** Math.floor(Math.log10(size));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8]) if (size <= step * power) return step * power * unit;
  return 10 * power * unit;
}
