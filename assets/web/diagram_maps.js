// The picture of both layers: a grid for the image and for each layer of maps, side by side on one scale.

import { grouped, shape } from "./dom.js";
import { bySides } from "./geometry.js";
import { countOf } from "./diagram_words.js";
import { litCells, networkGrids } from "./diagram_layers.js";
import { cellGrid, cellsPath, cellsRectangle, crossed, pictureClass, pointIn, upTo } from "./diagram_grid.js";
import { cellUnder, networkLayout } from "./diagram_layout.js";

/**
 * Draws a network. `moved` gets the grid's index and `[row, column]`; `show` lights up what that position reads and
 * reaches.
 */
export function drawNetwork(network, width, moved) {
  const grids = networkGrids(network);
  const classifier = { size: [10, 1], pads: { top: 0, left: 0, bottom: 0, right: 0 } };
  const layout = networkLayout([...grids, classifier], width);
  const { side, places } = layout;
  const beams = grids.slice(1).map(() => shape("path", { class: "diagram-beam" }));
  const drawn = grids.map((grid, index) => drawGrid(grid, places[index], side, (position) => moved(index, position)));
  const dense = drawClassifier(network, places.at(-1), side);
  const svg = shape(
    "svg",
    {
      class: pictureClass(width),
      width,
      height: layout.height,
      viewBox: `0 0 ${width} ${layout.height}`,
      role: "group",
      "aria-label": "The image and the maps of both convolutions",
    },
    ...drawn.map(({ grid }) => grid.group),
    ...dense.nodes,
    ...beams,
  );
  const point = (event) => {
    const found = cellUnder(grids, places, side, pointIn(svg, width, event));
    if (found) moved(...found);
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  const show = (chosen, position) => {
    const boxes = grids.map((grid, index) => {
      const cells = litCells(grids, chosen, index, position);
      const { lit, frame, grid: stop } = drawn[index];
      lit.setAttribute("d", cellsPath(crossed(...cells), places[index].origin, side));
      lit.setAttribute(
        "class",
        index > chosen ? "diagram-reached" : index === chosen ? "diagram-target" : "diagram-lit",
      );
      const box = cells.every((list) => list.length) ? boundingBox(cells, places[index].origin, side) : null;
      setBox(frame, box);
      frame.setAttribute("class", index > chosen ? "diagram-frame diagram-onward" : "diagram-frame");
      if (index === chosen) stop.place(position);
      return box;
    });
    dense.cells.setAttribute("class", boxes.at(-1) ? "diagram-reached" : "diagram-cell diagram-tint-2");
    beams.forEach((beam, index) => {
      const joined = layout.connected && boxes[index] && boxes[index + 1];
      beam.setAttribute("d", joined ? beamBetween(boxes[index], boxes[index + 1]) : "");
      beam.setAttribute("class", index + 1 > chosen ? "diagram-beam diagram-onward" : "diagram-beam");
    });
  };
  return { svg, show };
}

function drawGrid(grid, { origin, middle, head, foot }, side, moved) {
  const { name, size, channels, pads, unread } = grid;
  const all = crossed(upTo(size[0]), upTo(size[1]));
  const lost = ([row, column]) => unread !== null && (unread.rows.includes(row) || unread.columns.includes(column));
  const padded = [pads.top + size[0] + pads.bottom, pads.left + size[1] + pads.right];
  const label = (y, text, kind) => shape("text", { x: middle, y, class: kind }, text);
  const lit = shape("path", {});
  const frame = shape("rect", {});
  const sheets =
    channels > 1
      ? [6, 3].map((by) =>
          cellsRectangle([origin[0] + by, origin[1] - by], side, [0, 0], size, { class: "diagram-sheet" }),
        )
      : [];
  const focus = shape("rect", {
    class: "diagram-focus",
    x: origin[0] - 6,
    y: origin[1] - 6,
    width: size[1] * side + 11,
    height: size[0] * side + 11,
    rx: 4,
  });
  const cost =
    grid.macs > 0
      ? [countOf(grid.parameters, "parameter"), `${grouped(grid.macs)} MACs`]
      : [name === "input" ? "the image" : "largest of 2×2"];
  const stop = cellGrid(
    `diagram-${name}`,
    `${name}, ${bySides(size)}; arrow keys choose a position`,
    size,
    moved,
    ...sheets,
    cellsRectangle([origin[0] - pads.left * side, origin[1] - pads.top * side], side, [0, 0], padded, {
      class: "diagram-padded",
    }),
    cellsRectangle(origin, side, [0, 0], size, { class: "diagram-ground" }),
    shape("path", {
      class: "diagram-cell diagram-tint-2",
      d: cellsPath(
        all.filter((cell) => !lost(cell)),
        origin,
        side,
      ),
    }),
    shape("path", { class: "diagram-unread", d: cellsPath(all.filter(lost), origin, side) }),
    lit,
    frame,
    focus,
    label(head, name, "diagram-name"),
    label(head + 16, bySides(channels > 1 ? [...size, channels] : size), "diagram-label"),
    ...cost.map((text, line) => label(foot + line * 16, text, "diagram-label")),
  );
  return { grid: stop, lit, frame };
}

// The two dense layers, as the ten outputs of the last one.
function drawClassifier({ layers }, { origin, middle, head, foot }, side) {
  const [first, last] = layers.slice(-2);
  const cells = shape("path", { d: cellsPath(crossed(upTo(10), [0]), origin, side) });
  const label = (y, text, kind) => shape("text", { x: middle, y, class: kind }, text);
  const nodes = [
    cells,
    label(head, "dense", "diagram-name"),
    label(head + 16, `${grouped(first.inputs)} → ${first.channels} → ${last.channels}`, "diagram-label"),
    label(foot, countOf(first.parameters + last.parameters, "parameter"), "diagram-label"),
    label(foot + 16, `${grouped(first.macs + last.macs)} MACs`, "diagram-label"),
  ];
  return { cells, nodes };
}

function boundingBox([rows, columns], [left, top], side) {
  return {
    x: left + columns[0] * side - 1,
    y: top + rows[0] * side - 1,
    width: (columns.at(-1) - columns[0] + 1) * side + 1,
    height: (rows.at(-1) - rows[0] + 1) * side + 1,
  };
}

function setBox(rectangle, box) {
  for (const [name, value] of Object.entries(box ?? { x: 0, y: 0, width: 0, height: 0 }))
    rectangle.setAttribute(name, value);
}

function beamBetween(from, to) {
  const right = from.x + from.width;
  return `M${right} ${from.y}L${to.x} ${to.y}V${to.y + to.height}L${right} ${from.y + from.height}Z`;
}
