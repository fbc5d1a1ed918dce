// The one place that asks Sluice. Each path is asked for at its own interval, by those who listen to it, while the
// tab is visible; hidden, nothing is asked for. A token is kept in this variable and nowhere else.

let token = '';
let onUnauthorized = () => {};
let blocked = false;

const TIMEOUT_MS = 10_000;

/** Whether Sluice answers: `since` is when it last stopped to, in milliseconds by this machine's clock. */
export const link = {up: undefined, since: Date.now(), why: ''};

export class Refusal extends Error {
  constructor(status, message, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

function reached(up, why = '') {
  if (link.up !== up) {
    link.up = up;
    link.since = Date.now();
  }
  link.why = why;
}

/**
 * Asks for JSON. Fails with a Refusal that says why and what to do: status 0 if there was no answer. A request that
 * changes something gets as long as the change takes.
 */
export async function ask(path, body) {
  // An answer may be a second old, so that many tabs get the same one; none is kept here.
  const request = {cache: 'no-store', headers: {'Cache-Control': 'max-age=1'}, credentials: 'omit', redirect: 'error'};
  if (token) request.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    request.method = 'POST';
    request.headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(body);
  } else {
    request.signal = AbortSignal.timeout(TIMEOUT_MS);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    reached(false, 'no answer from this address');
    throw new Refusal(0, 'Sluice does not answer. If it was stopped, start it again; what it acknowledged is kept.');
  }
  reached(true);
  let json;
  try {
    json = await answer.json();
  } catch {
    json = {};
  }
  if (answer.ok) return json;
  if (answer.status === 401) {
    blocked = true;
    onUnauthorized(token !== '');
    throw new Refusal(401, 'A token is needed.', json);
  }
  const hint = answer.status === 403 ? '. Reload the page and give a token with scope admin.' : '';
  throw new Refusal(answer.status, (json.message || `HTTP ${answer.status}`) + hint, json);
}

const polls = new Set();

/**
 * Calls `show(json)` now and every so many seconds while the tab is visible and `wanted()` is true. `failed(refusal)`
 * gets every refusal but a 401, after which all wait for a token. Path may be a function.
 */
export function poll(path, seconds, show, {wanted = () => true, failed = () => {}} = {}) {
  const one = {path, every: seconds * 1000, show, wanted, failed, due: 0, busy: false};
  polls.add(one);
  return {
    soon() {
      one.due = 0;
      tick();
    },
    every(newSeconds) {
      one.every = newSeconds * 1000;
    },
  };
}

async function run(one) {
  one.busy = true;
  const began = Date.now();
  try {
    one.show(await ask(typeof one.path === 'function' ? one.path() : one.path));
    one.due = began + one.every;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    // What is not there, is not asked for every second.
    one.due = began + (refusal.status === 404 ? Math.max(one.every, 15_000) : one.every);
    if (refusal.status !== 401) one.failed(refusal);
  } finally {
    one.busy = false;
  }
}

function tick() {
  if (document.hidden || blocked) return;
  const now = Date.now();
  for (const one of polls) {
    if (!one.busy && one.due <= now && one.wanted()) run(one);
  }
}

/** Everything that is wanted now is asked for at once. */
export function refresh() {
  for (const one of polls) one.due = 0;
  tick();
}

/** `ask(refused)` is called when Sluice wants a token; `refused` says that one was sent. */
export function start(askForToken) {
  onUnauthorized = askForToken;
  document.addEventListener('visibilitychange', () => document.hidden || refresh());
  setInterval(tick, 100);
  tick();
}

export function useToken(given) {
  token = given;
  blocked = false;
  refresh();
}
