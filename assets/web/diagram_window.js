// The picture of one convolution: the padded input, the output, and the window that moves over them.

import { shape } from "./dom.js";
import { pathsAlong } from "./coverage.js";
import { bySides } from "./geometry.js";
import { cellGrid, cellsPath, cellsRectangle, crossed, hatching, pictureClass, pointIn, upTo } from "./diagram_grid.js";
import { movingLabels, padLabels, placeLabels } from "./diagram_labels.js";
import { outputAt, windowLayout } from "./diagram_layout.js";

const tintLevels = 5;

/**
 * Draws a convolution. `moved` gets the output that the visitor points at; `show` places the window on `[row, column]`,
 * which may lie between two outputs.
 */
export function drawWindow(window, width, moved) {
  const layout = windowLayout(window, width);
  const { side, image, result, beside } = layout;
  const beam = shape("path", { class: "diagram-beam" });
  const rays = shape("path", { class: "diagram-ray" });
  const frame = cellsRectangle(image, side, [0, 0], window.kernel, { class: "diagram-frame" });
  const target = cellsRectangle(result, side, [0, 0], [1, 1], { class: "diagram-target" });
  const labels = beside ? movingLabels() : [];
  const focus = cellsRectangle([result[0] - 5, result[1] - 5], side, [0, 0], window.output, {
    class: "diagram-focus",
    rx: 4,
  });
  focus.setAttribute("width", window.output[1] * side + 10);
  focus.setAttribute("height", window.output[0] * side + 10);
  const grid = cellGrid(
    "diagram-outputs",
    `Outputs of the convolution, ${bySides(window.output)}; arrow keys move the window`,
    window.output,
    moved,
    ...outputCells(window, layout),
    focus,
  );
  const svg = shape(
    "svg",
    {
      class: pictureClass(width),
      width,
      height: layout.height,
      viewBox: `0 0 ${width} ${layout.height}`,
      role: "group",
      "aria-label": "Input, window and output of one convolution",
    },
    shape("defs", {}, hatching("diagram-hatch")),
    ...inputCells(window, layout),
    grid.group,
    beam,
    rays,
    frame,
    target,
    ...padLabels(window, layout),
    ...labels,
  );
  const point = (event) => {
    const output = outputAt(window, layout, pointIn(svg, width, event));
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
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

// The area between two rectangles: the outline around the corners of both.
function beamOutline(from, to) {
  const points = [...from, ...to].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) =>
    list
      .reduce((hull, point) => {
        while (hull.length > 1 && turn(hull.at(-2), hull.at(-1), point) <= 0) hull.pop();
        return [...hull, point];
      }, [])
      .slice(0, -1);
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
  const cells = [...groups].map(([tint, list]) =>
    shape("path", {
      d: cellsPath(list, image, side),
      class: tint ? `diagram-cell diagram-tint-${tint}` : "diagram-unread",
    }),
  );
  const inside = ([row, column]) => row >= 0 && column >= 0 && row < window.input[0] && column < window.input[1];
  const around = crossed(upTo(padded[0]), upTo(padded[1]))
    .map(([row, column]) => [row - window.pads.top, column - window.pads.left])
    .filter((cell) => !inside(cell));
  const zeros =
    side < 13
      ? []
      : around.map(([row, column]) =>
          shape(
            "text",
            {
              x: image[0] + (column + 0.5) * side - 0.5,
              y: image[1] + (row + 0.5) * side - 0.5,
              class: "diagram-zero",
            },
            "0",
          ),
        );
  const padding = shape("path", { d: cellsPath(around, image, side), class: "diagram-zeros" });
  const outline = cellsRectangle(image, side, [-window.pads.top, -window.pads.left], padded, {
    class: "diagram-padded",
  });
  return [
    padding,
    ...(around.length ? [outline] : []),
    ...cells,
    cellsRectangle(image, side, [0, 0], window.input, { class: "diagram-edge" }),
    ...zeros,
  ];
}

function outputCells({ output }, { side, result }) {
  const cells = shape("path", {
    d: cellsPath(crossed(upTo(output[0]), upTo(output[1])), result, side),
    class: "diagram-cell diagram-output",
  });
  return [cells, cellsRectangle(result, side, [0, 0], output, { class: "diagram-edge" })];
}
