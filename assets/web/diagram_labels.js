// The words around the picture of one convolution: padding by side, sizes, where the window stands, the legend.

import { shape } from "./dom.js";
import { pathsAlong } from "./coverage.js";
import { bySides } from "./geometry.js";
import { countOf, trueMinus } from "./diagram_words.js";
import { crossed } from "./diagram_grid.js";

/** The padding of each side beside it, and the sizes of the grids. */
export function padLabels({ pads, input, output }, { side, image, result, beside, onEdge }) {
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
    shape(
      "text",
      {
        x: result[0] + (output[1] * side) / 2,
        y: beside ? 18 : result[1] + output[0] * side + 24,
        class: "diagram-name",
      },
      `output ${bySides(output)}`,
    ),
    label(middle, top - (beside ? 27 : 12), "above", pads.top),
    label(middle, bottom + 17, "below", pads.bottom),
    label(onLeft, centre, "left", pads.left, turned(onLeft)),
    label(right + away, centre, "right", pads.right, turned(right + away)),
  ];
}

/** Labels for `placeLabels`. */
export function movingLabels() {
  return [0, 1, 2, 3].map((index) =>
    shape("text", { class: index % 2 ? "diagram-place" : "diagram-place diagram-place-row" }),
  );
}

/** Puts the rows and columns of the window beside the input, those of the output beside the output. */
export function placeLabels(labels, { kernel, stride, before, pads }, { side, image, result }, [row, column]) {
  const [down, across] = [row * stride[0] - before[0], column * stride[1] - before[1]];
  const range = (first, extent) =>
    extent === 1 ? trueMinus(first) : `${trueMinus(first)} to ${trueMinus(first + extent - 1)}`;
  const put = (label, x, y, text) => {
    label.setAttribute("x", x);
    label.setAttribute("y", y);
    label.textContent = text;
  };
  put(labels[0], image[0] - pads.left * side - 6, image[1] + (down + kernel[0] / 2) * side, range(down, kernel[0]));
  put(labels[1], image[0] + (across + kernel[1] / 2) * side, image[1] - pads.top * side - 8, range(across, kernel[1]));
  put(labels[2], result[0] - 12, result[1] + (row + 0.5) * side, `${row}`);
  put(labels[3], result[0] + (column + 0.5) * side, result[1] - 12, `${column}`);
}

/** The legend of the picture: what its cells mean. */
export function windowLegend(window, unread) {
  const [rows, columns] = [0, 1].map((axis) => pathsAlong([window], axis));
  const reads = crossed(rows, columns)
    .map(([down, across]) => down * across)
    .filter((count) => count > 0);
  const [least, most] = [Math.min(...reads), Math.max(...reads)];
  const counts = least === most ? countOf(most, "window") : `${least} to ${countOf(most, "window")}`;
  const entries = [[least === most ? "diagram-tint-5" : "diagram-tints", `read by ${counts}`]];
  if (Object.values(window.pads).some((pad) => pad > 0)) entries.push(["diagram-padding", "padding: zeros"]);
  if (unread.pixels > 0) entries.push(["diagram-unread", `read by no window: ${unread.pixels} of ${unread.all}`]);
  return entries;
}
