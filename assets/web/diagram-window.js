// The picture of one convolution: the padded input, the output, and the window that moves over them.

import { shape } from "./dom.js";
import { pathsAlong } from "./coverage.js";
import { bySides } from "./geometry.js";
import { countOf, trueMinus } from "./diagram-words.js";
import { cellGrid, cellsPath, cellsRectangle, crossed, hatching, isLargePicture, pictureClass, upTo } from "./diagram-grid.js";

const tintLevels = 5;

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
    ? [Math.round(left + padded[1] * side + gap), Math.round(top + Math.max(padded[0] - output[0], 0) * side / 2)]
    : [Math.round(left + (columns - output[1]) * side / 2), bottom + gap];
  const height = Math.max(bottom, result[1] + output[0] * side) + 36;
  return { width, height, side, beside, image, result, padded, onEdge: edge - 13 };
}

/** Draws a convolution. `moved` gets the output that the visitor points at; `show` places the window on `[row, column]`, which may lie between two outputs. */
export function drawWindow(window, width, moved) {
  const layout = windowLayout(window, width);
  const { side, image, result, beside } = layout;
  const beam = shape("path", { class: "diagram-beam" });
  const rays = shape("path", { class: "diagram-ray" });
  const frame = cellsRectangle(image, side, [0, 0], window.kernel, { class: "diagram-frame" });
  const target = cellsRectangle(result, side, [0, 0], [1, 1], { class: "diagram-target" });
  const labels = beside ? movingLabels() : [];
  const focus = cellsRectangle([result[0] - 5, result[1] - 5], side, [0, 0], window.output, { class: "diagram-focus", rx: 4 });
  focus.setAttribute("width", window.output[1] * side + 10);
  focus.setAttribute("height", window.output[0] * side + 10);
  const grid = cellGrid("diagram-outputs", `Outputs of the convolution, ${bySides(window.output)}; arrow keys move the window`, window.output, moved, ...outputCells(window, layout), focus);
  const svg = shape("svg", { class: pictureClass(width), width, height: layout.height, viewBox: `0 0 ${width} ${layout.height}`, role: "group", "aria-label": "Input, window and output of one convolution" },
    shape("defs", {}, hatching("diagram-hatch")), ...inputCells(window, layout), grid.group, beam, rays, frame, target, ...padLabels(window, layout), ...labels);
  const point = (event) => {
    const box = svg.getBoundingClientRect();
    const output = outputAt(window, layout, [event.clientX - box.left, event.clientY - box.top]);
    if (output) moved(output);
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  const show = ([row, column]) => {
    const start = [row, column].map((output, axis) => output * window.stride[axis] - window.before[axis]);
    const [x, y] = [image[0] + start[1] * side - 0.5, image[1] + start[0] * side - 0.5];
    const [u, v] = [result[0] + column * side - 0.5, result[1] + row * side - 0.5];
    placeShape(frame, x, y);
    placeShape(target, u, v);
    const from = rectangleCorners(x, y, window.kernel[1] * side, window.kernel[0] * side);
    const to = rectangleCorners(u, v, side, side);
    beam.setAttribute("d", beamOutline(from, to));
    rays.setAttribute("d", from.map(([a, b], corner) => `M${a} ${b}L${to[corner].join(" ")}`).join(""));
    const near = [Math.round(row), Math.round(column)];
    grid.place(near);
    if (labels.length) placeLabels(labels, window, layout, near);
  };
  return { svg, grid: grid.group, show };
}

function placeShape(rectangle, x, y) {
  rectangle.setAttribute("x", x);
  rectangle.setAttribute("y", y);
}

function rectangleCorners(x, y, width, height) {
  return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
}

// The area between two rectangles: the outline around the corners of both.
function beamOutline(from, to) {
  const points = [...from, ...to].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) => list.reduce((hull, point) => {
    while (hull.length > 1 && turn(hull.at(-2), hull.at(-1), point) <= 0) hull.pop();
    return [...hull, point];
  }, []).slice(0, -1);
  return `M${[...half(points), ...half([...points].reverse())].map((point) => point.join(" ")).join("L")}Z`;
}

// Cells of the image by how many windows read them, hatched where none does, and the padding around it.
function inputCells(window, { side, image, padded }) {
  const [rows, columns] = [0, 1].map((axis) => pathsAlong([window], axis));
  const most = Math.max(...rows) * Math.max(...columns);
  const groups = new Map();
  for (const [row, column] of crossed(upTo(window.input[0]), upTo(window.input[1]))) {
    const reads = rows[row] * columns[column];
    const tint = reads === 0 ? 0 : Math.ceil((reads / most) * tintLevels);
    groups.set(tint, [...(groups.get(tint) ?? []), [row, column]]);
  }
  const cells = [...groups].map(([tint, list]) => shape("path", { d: cellsPath(list, image, side), class: tint ? `diagram-cell diagram-tint-${tint}` : "diagram-unread" }));
  const inside = ([row, column]) => row >= 0 && column >= 0 && row < window.input[0] && column < window.input[1];
  const around = crossed(upTo(padded[0]), upTo(padded[1])).map(([row, column]) => [row - window.pads.top, column - window.pads.left]).filter((cell) => !inside(cell));
  const zeros = side < 13 ? [] : around.map(([row, column]) => shape("text", { x: image[0] + (column + 0.5) * side - 0.5, y: image[1] + (row + 0.5) * side - 0.5, class: "diagram-zero" }, "0"));
  return [...(around.length ? [shape("path", { d: cellsPath(around, image, side), class: "diagram-padding" })] : []), ...cells, cellsRectangle(image, side, [0, 0], window.input, { class: "diagram-edge" }), ...zeros];
}

function outputCells({ output }, { side, result }) {
  const cells = shape("path", { d: cellsPath(crossed(upTo(output[0]), upTo(output[1])), result, side), class: "diagram-cell diagram-output" });
  return [cells, cellsRectangle(result, side, [0, 0], output, { class: "diagram-edge" })];
}

// The padding of each side stands beside it; above the grids their sizes.
function padLabels({ pads, input, output }, { side, image, result, beside, onEdge }) {
  const [left, top] = [image[0] - pads.left * side, image[1] - pads.top * side];
  const [right, bottom] = [image[0] + (input[1] + pads.right) * side, image[1] + (input[0] + pads.bottom) * side];
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  const short = Math.min(right - left, bottom - top) < 130;
  const label = (x, y, where, pad, attributes) => {
    const kind = pad > 0 ? "diagram-label diagram-padded-side" : "diagram-label";
    return shape("text", { x, y, class: kind, ...attributes }, short ? `+${pad}` : `padding ${where}: ${pad}`);
  };
  const turned = (x) => ({ transform: `rotate(${x < middle ? -90 : 90} ${x} ${centre})` });
  const away = beside ? 10 : 12;
  const onLeft = left - (beside ? onEdge : away);
  return [
    shape("text", { x: middle, y: 18, class: "diagram-name" }, `input ${bySides(input)}`),
    shape("text", { x: result[0] + (output[1] * side) / 2, y: beside ? 18 : result[1] + output[0] * side + 24, class: "diagram-name" }, `output ${bySides(output)}`),
    label(middle, top - (beside ? 27 : 12), "above", pads.top),
    label(middle, bottom + 17, "below", pads.bottom),
    label(onLeft, centre, "left", pads.left, turned(onLeft)),
    label(right + away, centre, "right", pads.right, turned(right + away)),
  ];
}

function movingLabels() {
  return [0, 1, 2, 3].map((index) => shape("text", { class: index % 2 ? "diagram-place" : "diagram-place diagram-place-row" }));
}

// Rows and columns of the window beside the input, of the output beside the output.
function placeLabels(labels, { kernel, stride, before, pads }, { side, image, result }, [row, column]) {
  const [down, across] = [row * stride[0] - before[0], column * stride[1] - before[1]];
  const range = (first, extent) => (extent === 1 ? trueMinus(first) : `${trueMinus(first)} to ${trueMinus(first + extent - 1)}`);
  const put = (label, x, y, text) => {
    placeShape(label, x, y);
    label.textContent = text;
  };
  put(labels[0], image[0] - pads.left * side - 6, image[1] + (down + kernel[0] / 2) * side, range(down, kernel[0]));
  put(labels[1], image[0] + (across + kernel[1] / 2) * side, image[1] - pads.top * side - 8, range(across, kernel[1]));
  put(labels[2], result[0] - 8, result[1] + (row + 0.5) * side, `${row}`);
  put(labels[3], result[0] + (column + 0.5) * side, result[1] - 8, `${column}`);
}

// The output under a point, or the one whose window has its middle nearest to it on the input.
function outputAt({ kernel, stride, before, output, input, pads }, { side, image, result }, point) {
  const across = [point[1], point[0]];
  const onOutput = across.map((at, axis) => Math.floor((at - result[1 - axis]) / side));
  if (onOutput.every((cell, axis) => cell >= 0 && cell < output[axis])) return onOutput;
  const onInput = across.map((at, axis) => (at - image[1 - axis]) / side);
  const ends = [input[0] + pads.bottom, input[1] + pads.right];
  if (!onInput.every((cell, axis) => cell >= -before[axis] && cell < ends[axis])) return null;
  return onInput.map((cell, axis) => Math.min(Math.max(Math.round((cell + before[axis] - kernel[axis] / 2) / stride[axis]), 0), output[axis] - 1));
}

/** The legend of the picture: what its cells mean. */
export function windowLegend(window, unread) {
  const [rows, columns] = [0, 1].map((axis) => pathsAlong([window], axis));
  const reads = crossed(rows, columns).map(([down, across]) => down * across).filter((count) => count > 0);
  const [least, most] = [Math.min(...reads), Math.max(...reads)];
  const counts = least === most ? countOf(most, "window") : `${least} to ${countOf(most, "window")}`;
  const entries = [[least === most ? "diagram-tint-5" : "diagram-tints", `read by ${counts}`]];
  if (Object.values(window.pads).some((pad) => pad > 0)) entries.push(["diagram-padding", "padding: zeros"]);
  if (unread.pixels > 0) entries.push(["diagram-unread", `read by no window: ${unread.pixels} of ${unread.all}`]);
  return entries;
}
