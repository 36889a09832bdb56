// A network as grids: the image and each layer of maps, and what one position of them reads and reaches.

import { neverRead, outputsReached, positionsRead } from "./coverage.js";
import { slidingLayers } from "./geometry.js";
import { countOf, listOfRuns } from "./diagram_words.js";

/** The grids of a network: the image, then each layer of maps, with the layers behind and before it. */
export function networkGrids(network) {
  const layers = slidingLayers(network);
  const image = { name: "input", size: network.image, channels: 1, parameters: 0, macs: 0 };
  const maps = layers.map(({ name, output, channels, parameters, macs }) => ({
    name,
    size: output,
    channels,
    parameters,
    macs,
  }));
  return [image, ...maps].map((grid, index) => {
    const after = layers.slice(index);
    return {
      ...grid,
      before: layers.slice(0, index),
      after,
      pads: after[0]?.pads ?? noPads,
      unread: after.length ? neverRead(after) : null,
    };
  });
}

const noPads = { top: 0, left: 0, bottom: 0, right: 0 };

/** Rows and columns of a grid that a position of the chosen grid reads, or reaches where the grid comes after it. */
export function litCells(grids, chosen, index, position) {
  if (index === chosen) return position.map((at) => [at]);
  const between = grids[Math.max(chosen, index)].before.slice(Math.min(chosen, index));
  const along = index < chosen ? positionsRead : outputsReached;
  return [0, 1].map((axis) => along(between, axis, position[axis]));
}

/** What a position of a network reads and reaches, in words. */
export function positionSentence(network, chosen, position) {
  const grids = networkGrids(network);
  const { name, before } = grids[chosen];
  const what =
    chosen === 0
      ? `The pixel in row ${position[0]}, column ${position[1]}`
      : `${name} row ${position[0]}, column ${position[1]}`;
  const parts = [];
  if (before.length) {
    const [rows, columns] = litCells(grids, chosen, 0, position);
    const pixels = rows.length * columns.length;
    const where = pixels ? `: ${listOfRuns("row", rows)}, ${listOfRuns("column", columns)}` : "; it sees padding alone";
    parts.push(`${what} sees ${countOf(pixels, "pixel")} of the image${where}.`);
  }
  const last = grids.length - 1;
  if (chosen < last) {
    const [rows, columns] = litCells(grids, chosen, last, position);
    const reached = rows.length * columns.length;
    const onward = reached
      ? `reaches ${countOf(reached, "position")} of ${grids[last].name}`
      : "never reaches the classifier";
    parts.push(`${parts.length ? "It" : what} ${onward}.`);
  } else parts.push("The classifier reads it.");
  return parts.join(" ");
}
