// What every part of the page does with the document. Nothing here makes markup from text.

export const $ = (id) => {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
};

/** Sets text only if it differs: a selection survives, and a screen reader stays quiet. */
export function text(node, value) {
  const target = typeof node === 'string' ? $(node) : node;
  const words = value === '' || value === undefined || value === null ? '\u00a0' : String(value);
  if (target.textContent !== words) target.textContent = words;
}

export function flag(node, name, on) {
  const target = typeof node === 'string' ? $(node) : node;
  if (on !== target.hasAttribute(name)) target.toggleAttribute(name, on);
}

export function mark(node, name, value) {
  const target = typeof node === 'string' ? $(node) : node;
  if (target.getAttribute(name) !== String(value)) target.setAttribute(name, String(value));
}

/** An element with attributes; children are elements or texts. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ''));
  return node;
}

/** The bar inside a meter or a progress bar; `share` from 0 to 1. */
export function fill(node, share) {
  const target = typeof node === 'string' ? $(node) : node;
  target.firstElementChild.style.inlineSize = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
}

/**
 * A table body with a row for each item, found again by its key: cells change in place. While somebody points at
 * it or has the focus in it, rows keep their order, none comes and none goes; what changed is shown afterwards.
 *
 * A column is a function from an item to a text or an element; `{n: fn}` aligns numbers, `{mark: fn}` sets the
 * cell's data-mark too. An element is made again only when `key`, its text, differs.
 */
export class Rows {
  constructor(id, key, columns) {
    this.body = $(id);
    this.key = key;
    this.columns = columns.map((column) => (typeof column === 'function' ? {cell: column} : column));
    this.rows = new Map();
  }

  get held() {
    const table = this.body.closest('table');
    return table.matches(':hover') || (table.contains(document.activeElement) && document.activeElement !== table);
  }

  show(items) {
    const hold = this.held && this.rows.size > 0;
    const wanted = new Map();
    for (const item of items) wanted.set(String(this.key(item)), item);
    if (!hold) {
      for (const [key, row] of this.rows) {
        if (!wanted.has(key)) {
          row.remove();
          this.rows.delete(key);
        }
      }
    }
    let before = this.body.firstElementChild;
    for (const [key, item] of wanted) {
      let row = this.rows.get(key);
      if (!row) {
        if (hold) continue;
        row = document.createElement('tr');
        for (const column of this.columns) {
          row.append(h('td', {class: column.n ? 'n' : column.class}));
        }
        this.rows.set(key, row);
      }
      if (!hold) {
        if (row === before) before = before.nextElementSibling;
        else this.body.insertBefore(row, before);
      }
      this.fill(row, item);
    }
    return hold;
  }

  fill(row, item) {
    this.columns.forEach((column, i) => {
      const cell = row.children[i];
      const value = (column.n || column.cell)(item);
      if (value instanceof Node) {
        if (cell.textContent !== value.textContent || cell.dataset.made !== (value.dataset.key || '')) {
          cell.replaceChildren(value);
          cell.dataset.made = value.dataset.key || '';
        }
      } else {
        text(cell, value);
      }
      if (column.mark) mark(cell, 'data-mark', column.mark(item));
      if (column.title) mark(cell, 'title', column.title(item));
    });
  }

  clear() {
    this.rows.clear();
    this.body.replaceChildren();
  }
}
