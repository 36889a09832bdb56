// Where the grids of the diagram's two pictures stand, and which cell lies under a point. Cells are whole pixels, so that
// they are crisp.

import { isLargePicture } from "./diagram_grid.js";

const roomAboveGrid = 46;
const roomBelowGrid = 52;

/** Where the two grids stand, and the side of a cell in pixels, in a picture of that width. */
export function windowLayout({ pads, input, output }, width) {
  const padded = [pads.top + input[0] + pads.bottom, pads.left + input[1] + pads.right];
  const beside = width >= 620;
  const large = isLargePicture(width);
  const [edge, gap] = [beside ? (large ? 74 : 58) : 26, beside ? (large ? 132 : 110) : 64];
  const across = beside ? width - 2 * edge - gap : width - 2 * edge;
  const columns = beside ? padded[1] + output[1] : Math.max(padded[1], output[1]);
  const highest = Math.min(beside ? (large ? 720 : 600) / Math.max(padded[0], output[0]) : 44, 44);
  const side = Math.max(Math.floor(Math.min(across / columns, highest)), 4);
  const used = beside ? columns * side + gap : columns * side;
  const left = Math.max((width - used) / 2, edge);
  const top = large ? 70 : 62;
  const image = [Math.round(left + pads.left * side), top + pads.top * side];
  const bottom = top + padded[0] * side;
  const result = beside
    ? [Math.round(left + padded[1] * side + gap), Math.round(top + (Math.max(padded[0] - output[0], 0) * side) / 2)]
    : [Math.round(left + ((columns - output[1]) * side) / 2), bottom + gap];
  const height = Math.max(bottom, result[1] + output[0] * side) + 36;
  return { width, height, side, beside, image, result, padded, onEdge: edge - 13 };
}

/** The output under a point, or the one whose window has its middle nearest to it on the input; null elsewhere. */
export function outputAt({ kernel, stride, before, output, input, pads }, { side, image, result }, point) {
  const across = [point[1], point[0]];
  const onOutput = across.map((at, axis) => Math.floor((at - result[1 - axis]) / side));
  if (onOutput.every((cell, axis) => cell >= 0 && cell < output[axis])) return onOutput;
  const onInput = across.map((at, axis) => (at - image[1 - axis]) / side);
  const ends = [input[0] + pads.bottom, input[1] + pads.right];
  if (!onInput.every((cell, axis) => cell >= -before[axis] && cell < ends[axis])) return null;
  return onInput.map((cell, axis) =>
    Math.min(Math.max(Math.round((cell + before[axis] - kernel[axis] / 2) / stride[axis]), 0), output[axis] - 1),
  );
}

/** Where each grid of a network stands: in one row where there is room, else in several. */
export function networkLayout(grids, width) {
  const wide = width >= 760;
  const narrowestGrid = isLargePicture(width) ? 126 : 108;
  const gap = wide ? 30 : 22;
  const columns = grids.map(({ size, pads }) => pads.left + size[1] + pads.right);
  const fits = (side) =>
    columns.reduce((sum, count) => sum + Math.max(count * side, narrowestGrid) + gap, -gap) <= width - 16;
  const inTwo = Math.floor((width - gap - 16) / (columns[0] + columns[1]));
  const side = wide
    ? ([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4].find(fits) ?? 4)
    : Math.min(Math.max(inTwo, 5), 16);
  const rows = [[]];
  let used = 0;
  grids.forEach((grid, index) => {
    const own = Math.max(
      columns[index] * side,
      wide ? narrowestGrid : Math.min(narrowestGrid, (width - 2 * gap - 16) / 3),
    );
    if (used > 0 && used + own > width - 8) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1).push({ index, x: used, own });
    used += own + gap;
  });
  const places = [];
  let y = 0;
  for (const row of rows) {
    const highest = Math.max(
      ...row.map(({ index }) => (grids[index].pads.top + grids[index].size[0] + grids[index].pads.bottom) * side),
    );
    const offset = Math.max((width - (row.at(-1).x + row.at(-1).own)) / 2, 4);
    for (const { index, x, own } of row) {
      const { size, pads } = grids[index];
      const left = Math.round(offset + x + (own - columns[index] * side) / 2) + pads.left * side;
      const top =
        Math.round(y + roomAboveGrid + (wide ? (highest - (pads.top + size[0] + pads.bottom) * side) / 2 : 0)) +
        pads.top * side;
      places[index] = {
        origin: [left, top],
        middle: Math.round(offset + x + own / 2),
        head: y + 18,
        foot: y + roomAboveGrid + highest + 20,
      };
    }
    y += roomAboveGrid + highest + roomBelowGrid;
  }
  return { side, places, height: y, connected: rows.length === 1 };
}

/** The index of the grid under a point and its `[row, column]` there; null elsewhere. */
export function cellUnder(grids, places, side, [x, y]) {
  for (const [index, { size }] of grids.entries()) {
    const [left, top] = places[index].origin;
    const position = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
    if (position.every((at, axis) => at >= 0 && at < size[axis])) return [index, position];
  }
  return null;
}
