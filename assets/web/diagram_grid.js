// Grids of cells: drawing many cells as one path, and moving through them with the keyboard.

import { shape } from "./dom.js";

/** Whether a picture of that width has room for larger letters, as a projector needs them. */
export function isLargePicture(width) {
  return width >= 1000;
}

/** The class of a picture of that width. */
export function pictureClass(width) {
  return isLargePicture(width) ? "diagram-picture diagram-large" : "diagram-picture";
}

/** Where an event is in a picture of that width, `[x, y]`, also where the page shows it smaller. */
export function pointIn(svg, width, event) {
  const box = svg.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top].map((at) => (at * width) / box.width);
}

/** The outline of square cells at `[row, column]`, with a hairline between neighbours. */
export function cellsPath(cells, [left, top], side) {
  const inner = side > 5 ? side - 1 : side - 0.5;
  return cells
    .map(([row, column]) => `M${left + column * side} ${top + row * side}h${inner}v${inner}h${-inner}z`)
    .join("");
}

/** Every pair of a row and a column. */
export function crossed(rows, columns) {
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}

/** `0, 1, …, count − 1`. */
export function upTo(count) {
  return [...new Array(count).keys()];
}

/** The pattern that marks pixels which no window reads. */
export function hatching(id) {
  const lines = shape("path", { d: "M-1 1l2 -2M0 6l6 -6M5 7l2 -2", class: "diagram-hatch-line" });
  return shape(
    "pattern",
    { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
    shape("rect", { width: 6, height: 6, class: "diagram-hatch-paper" }),
    lines,
  );
}

/** A rectangle of `rows × columns` cells. */
export function cellsRectangle([left, top], side, [row, column], [rows, columns], attributes) {
  const place = {
    x: left + column * side - 0.5,
    y: top + row * side - 0.5,
    width: columns * side,
    height: rows * side,
  };
  return shape("rect", { ...place, ...attributes });
}

/** Where an arrow key leads in a grid of `[rows, columns]`; null for another key. */
export function arrowTarget(key, wholeGrid, [row, column], [rows, columns]) {
  const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
  const moves = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [wholeGrid ? 0 : row, 0],
    End: [wholeGrid ? rows - 1 : row, columns - 1],
    PageUp: [row - 5, column],
    PageDown: [row + 5, column],
  };
  const target = Object.hasOwn(moves, key) ? moves[key] : null;
  return target && [within(target[0], rows), within(target[1], columns)];
}

/**
 * A group of shapes that is one stop of the Tab key, in which arrow keys move from cell to cell. Assistive technology
 * sees a grid of which only the active cell is in the document. `moved` gets `[row, column]`; call `place` wherever the
 * active cell changes.
 */
export function cellGrid(id, label, size, moved, ...children) {
  const cell = shape("g", { id: `${id}-cell`, role: "gridcell" });
  const row = shape("g", { role: "row" }, cell);
  const attributes = {
    id,
    class: "diagram-grid",
    role: "grid",
    tabindex: 0,
    "aria-label": label,
    "aria-rowcount": size[0],
    "aria-colcount": size[1],
  };
  const group = shape("g", { ...attributes, "aria-activedescendant": `${id}-cell` }, ...children, row);
  let active = [0, 0];
  group.addEventListener("keydown", (event) => {
    const target = event.altKey || event.metaKey ? null : arrowTarget(event.key, event.ctrlKey, active, size);
    if (!target) return;
    event.preventDefault();
    moved(target);
  });
  const place = ([down, across]) => {
    active = [down, across];
    row.setAttribute("aria-rowindex", down + 1);
    cell.setAttribute("aria-colindex", across + 1);
    cell.setAttribute("aria-label", `row ${down}, column ${across}`);
  };
  return { group, place };
}
