// The last 15 minutes as columns, oldest first; Sluice keeps them, this is a copy that grows by a point a second.
// Whoever draws gets a row of nulls where seconds are missing, so that no line is drawn over a gap.

const MOST = 900;

export const series = {
  time: [],
  acknowledged: [],
  rejected: [],
  journal_bytes: [],
  stores: {},
  troubles: [],
  well_since: undefined,
};

let receivedMs = 0;

/** Sluice's time in milliseconds, as far as it is known here. */
export function serverNow() {
  const last = series.time.at(-1);
  return last === undefined ? Date.now() : last * 1000 + Math.min(60_000, Date.now() - receivedMs);
}

export const path = () => `/v1/history?since=${series.time.at(-1) ?? 0}`;


export function take(answer) {
  const from = answer.time[0];
  const last = series.time.at(-1);
  if (from !== undefined && last !== undefined && from <= last) clear(); // set back: all of it came again
  if (from !== undefined && series.time.length > 0 && from > series.time.at(-1) + 1.5) {
    push(series.time.at(-1) + 1, () => null, () => null);
  }
  for (const name of Object.keys(answer.stores)) {
    if (!series.stores[name]) {
      const blank = () => series.time.map(() => null);
      series.stores[name] = {delivered: blank(), lag_seconds: blank(), lag_readings: blank()};
    }
  }
  answer.time.forEach((time, i) => {
    push(time, (column) => answer[column][i], (store, column) => answer.stores[store]?.[column][i] ?? null);
  });
  series.troubles = answer.troubles ?? [];
  series.well_since = answer.well_since;
  if (answer.time.length > 0) receivedMs = Date.now();
}

function push(time, value, ofStore) {
  series.time.push(time);
  for (const column of ['acknowledged', 'rejected', 'journal_bytes']) series[column].push(value(column));
  for (const [name, columns] of Object.entries(series.stores)) {
    for (const column of Object.keys(columns)) columns[column].push(ofStore(name, column));
  }
  if (series.time.length > MOST) {
    series.time.shift();
    for (const column of ['acknowledged', 'rejected', 'journal_bytes']) series[column].shift();
    for (const columns of Object.values(series.stores)) for (const column of Object.values(columns)) column.shift();
  }
}

function clear() {
  series.time = [];
  series.acknowledged = [];
  series.rejected = [];
  series.journal_bytes = [];
  series.stores = {};
}

/** The newest value of a column that is known, or undefined. */
export function latest(column) {
  const value = column?.at(-1);
  return value === null ? undefined : value;
}

/**
 * Seconds until the journal is full at the rate of the last minute; undefined while it is not filling. The slope is
 * that of the line through the points with the least squares: segments come and go in steps.
 */
export function fullIn(maxBytes) {
  const n = Math.min(60, series.time.length);
  if (n < 10 || !maxBytes) return undefined;
  const from = series.time.length - n;
  let t = 0, b = 0, tt = 0, tb = 0, known = 0;
  for (let i = from; i < series.time.length; i++) {
    const bytes = series.journal_bytes[i];
    if (bytes === null) continue;
    const at = series.time[i] - series.time[from];
    t += at; b += bytes; tt += at * at; tb += at * bytes; known++;
  }
  const below = known * tt - t * t;
  if (known < 10 || below === 0) return undefined;
  const slope = (known * tb - t * b) / below;
  const left = maxBytes - series.journal_bytes.at(-1);
  return slope > 1024 ? Math.max(0, left / slope) : undefined;
}
