// Numbers, sizes and times in words. Every function returns a text with its unit unless it says otherwise.

const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
const NONE = '–';

const known = (value) => typeof value === 'number' && Number.isFinite(value);

/** A whole number, without unit. */
export const count = (value) => (known(value) ? whole.format(value) : NONE);

/** A rate or a small number, without unit: a decimal below 10. */
export function decimal(value) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.01) return value.toPrecision(1);
  if (size < 1) return value.toFixed(2);
  return size < 10 ? value.toFixed(1) : whole.format(value);
}

/** Likewise, short: for axes. */
export function short(value) {
  if (!known(value)) return '';
  const size = Math.abs(value);
  if (size >= 1e9) return `${+(value / 1e9).toPrecision(3)} G`;
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)} M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)} k`;
  return size < 1 ? String(+value.toPrecision(2)) : whole.format(value);
}

export const of = (value, unit) => (known(value) ? `${count(value)} ${unit}` : NONE);

export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export function bytes(value) {
  if (!known(value)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? whole.format(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Seconds as a length of time, two units at most. */
export function duration(seconds) {
  if (!known(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s === 0) return '0 s';
  if (s < 1) return `${Math.max(1, Math.round(s * 1000))} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(Math.floor(s % 60)).padStart(2, '0')} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(s / 86_400)} d ${String(Math.floor((s % 86_400) / 3600)).padStart(2, '0')} h`;
}

/** Whole seconds, for what counts up: no tenths that flicker. */
export const elapsed = (seconds) => duration(seconds < 10 ? Math.floor(Math.max(0, seconds)) || 0 : seconds).replace('.0 s', ' s');

/** An instant, ISO 8601, as UTC to the second; a column's head says so. */
export function instant(iso) {
  if (!iso) return NONE;
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? String(iso) : at.toISOString().slice(0, 19).replace('T', ' ');
}

export const utc = (iso) => (iso ? `${instant(iso)} UTC` : NONE);

/** Seconds between an instant and another in milliseconds since the epoch. */
export const age = (iso, nowMs) => (iso ? Math.max(0, (nowMs - Date.parse(iso)) / 1000) : undefined);

/** A double as it was sent, without unit. */
export const value = (number) => (known(number) ? String(number) : NONE);
