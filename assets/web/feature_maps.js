// One layer's feature maps: a row for each filter, a column for each configuration, every map in the place that it has
// on the image.

import { element } from "./dom.js";
import { colourRamp, viridis } from "./colour_scales.js";
import { convolutionOf, kernelPicture, ofChannel, strongestSlice } from "./kernels.js";
import { cellStart, mapWindows, readShare } from "./map_place.js";
import { paintGrey, paintPixels, picture, placed } from "./pixels.js";
import { configurationHead } from "./predictions.js";

/** Points of a map's canvas for one pixel of the image, as cells begin at halves of a pixel. */
const MAP_SCALE = 2;
/** Colours of the scale, computed once. */
const SCALE = Array.from({ length: 256 }, (_, step) => viridis(step / 255));

/**
 * The table of a layer and some of its filters. `networks` are `{ configuration, tensors }`, `size` is the image's. Gives
 * the `node` and `update(pixels, activations, spoken)`: the image, each network's outputs by layer, and whether to put into
 * words what changed, too.
 */
export function featureMapTable(networks, size, layerName, filters) {
  const places = networks.map(({ configuration }) => layerPlace(configuration, layerName));
  const images = places.map((place) => place && readImage(size, place));
  const sizes = places.map((place) => element("td", {}, ...mapSize(place, layerName)));
  const rows = filters.map((filter) => filterRow(networks, places, size, layerName, filter));
  paintKernels(networks, layerName, filters, rows);
  const node = element(
    "table",
    { class: "digits-table digits-maps" },
    element("caption", { class: "digits-hidden" }, `Feature maps of ${layerName}`),
    element(
      "thead",
      {},
      element("tr", {}, element("td", {}), ...networks.map(({ configuration }) => configurationHead(configuration))),
    ),
    element(
      "tbody",
      {},
      element("tr", {}, element("th", { scope: "row" }, "size", element("small", {}, "of a map")), ...sizes),
      element(
        "tr",
        {},
        element("th", { scope: "row" }, "image", element("small", { class: "digits-note" }, "hatched where no window of this layer reads it")),
        ...images.map((image) => element("td", {}, image?.node ?? "–")),
      ),
      ...rows.map((row) => row.node),
    ),
  );
  node.style.setProperty("--columns", networks.length);
  const update = (pixels, activations, spoken) => {
    images.forEach((image) => image?.update(pixels));
    rows.forEach((row) => row.update(activations, spoken));
  };
  return { node, update };
}

/** A layer, the windows of its map on the image and the crop; null where the network has no such layer. */
function layerPlace({ network }, layerName) {
  const windows = mapWindows(network, layerName);
  if (windows === null) return null;
  const layer = network.layers.find((known) => known.name === layerName);
  return { layer, windows, crop: network.crop };
}

function mapSize(place, layerName) {
  if (place === null) return [`no ${layerName}`];
  const [rows, columns] = place.layer.output;
  const [down, across] = place.windows.map((axis) => axis.step);
  const every = down * across === 1 ? "a cell for each pixel" : `a cell for ${down} × ${across} pixels`;
  return [`${rows} × ${columns}`, element("small", {}, every)];
}

/** The image, with strips over what no window of the layer reads. */
function readImage(size, { windows, crop }) {
  const canvas = picture("digits-picture", size, "the image that the networks read");
  const frame = element("div", { class: "digits-map" }, canvas);
  const [[top, bottom], [left, right]] = windows.map((axis, i) => readShare(axis, crop, size[i]));
  const strips = [[0, 0, top, 1], [bottom, 0, 1, 1], [top, 0, bottom, left], [top, right, bottom, 1]];
  for (const [y, x, end, side] of strips) {
    if (end > y && side > x) frame.append(placed(element("div", { class: "digits-unread" }), [y, x, end, side]));
  }
  frame.style.aspectRatio = `${size[1]} / ${size[0]}`;
  return { node: element("div", { class: "digits-cell" }, frame), update: (pixels) => paintGrey(canvas, pixels) };
}

/** A filter's maps, on one colour scale. */
function filterRow(networks, places, size, layerName, filter) {
  const greatest = element("span", { class: "digits-greatest" });
  const cells = places.map((place, i) => {
    if (place === null || filter >= place.layer.output[2]) return null;
    return mapCell(place, size, `${networks[i].configuration.name}, ${layerName}, filter ${filter + 1}`);
  });
  const node = element(
    "tr",
    {},
    element(
      "th",
      { scope: "row" },
      element("span", { class: "digits-filter" }, "filter "),
      `${filter + 1}`,
      element("span", { class: "digits-scale" }, colourRamp("digits-ramp", viridis, 0), "0 to ", greatest),
    ),
    ...cells.map((cell) => element("td", {}, cell?.node ?? "–")),
  );
  const update = (activations, spoken) => {
    const maps = cells.map((cell, i) => cell && channelOf(activations[i].get(layerName), cell.channels, filter));
    const top = Math.max(...maps.map((map) => (map ? Math.max(...map) : 0)));
    greatest.textContent = top > 0 ? top.toPrecision(3) : "0";
    cells.forEach((cell, i) => cell?.update(maps[i], top, spoken));
  };
  return { node, cells, update };
}

/** One map: what windows reach in grey, the cells in colours, a word where all are zero. Its kernel comes beside it. */
function mapCell({ layer, windows, crop }, size, name) {
  const [rows, columns, channels] = layer.output;
  const canvas = picture("digits-picture", size.map((side) => side * MAP_SCALE), name);
  const silent = element("span", { class: "digits-silent", "aria-hidden": "true" }, "this filter is silent here");
  const [[top, bottom], [left, right]] = windows.map((axis, i) => readShare(axis, crop, size[i]));
  const read = placed(element("div", { class: "digits-read" }), [top, left, bottom, right]);
  const frame = element("div", { class: "digits-map digits-unread" }, read, canvas, silent);
  frame.style.aspectRatio = `${size[1]} / ${size[0]}`;
  const kernel = element("div", { class: "digits-beside" });
  const outputs = outputsOfPoints(windows, size);
  const update = (map, greatest, spoken) => {
    const peak = map.reduce((best, value, i) => (value > map[best] ? i : best), 0);
    silent.hidden = map[peak] !== 0;
    const colour = (output) => SCALE[Math.round(255 * Math.sqrt(greatest > 0 ? Math.max(map[output], 0) / greatest : 0))];
    paintPixels(canvas, (point) => (outputs[point] < 0 ? null : colour(outputs[point])));
    if (!spoken) return;
    const place = `in row ${Math.floor(peak / columns) + 1}, column ${(peak % columns) + 1} of ${rows} × ${columns}`;
    const what = map[peak] === 0 ? "silent" : `strongest ${place}, ${map[peak].toPrecision(3)}`;
    canvas.setAttribute("aria-label", `${name}: ${what}`);
  };
  return { node: element("div", { class: "digits-cell" }, frame, kernel), channels, kernel, update };
}

/** For each point of a map's canvas the output whose cell lies there, or −1. */
function outputsOfPoints(windows, size) {
  const [down, across] = windows.map((axis, i) =>
    Array.from({ length: size[i] * MAP_SCALE }, (_, point) => {
      const output = Math.floor((point / MAP_SCALE - cellStart(axis, 0)) / axis.step);
      return output >= 0 && output < axis.outputs ? output : -1;
    }),
  );
  return down.flatMap((row) => across.map((column) => (row < 0 || column < 0 ? -1 : row * windows[1].outputs + column)));
}

function channelOf(values, channels, filter) {
  return Float32Array.from({ length: values.length / channels }, (_, place) => values[place * channels + filter]);
}

/** The kernels of all rows, on one scale. */
function paintKernels(networks, layerName, filters, rows) {
  const kernels = filters.map((filter, row) =>
    networks.map(({ configuration, tensors }, i) => {
      const convolution = convolutionOf(configuration.network, layerName);
      return rows[row].cells[i] && convolution && strongestSlice(convolution, tensors, filter);
    }),
  );
  const strongest = Math.max(0, ...kernels.flat().flatMap((kernel) => kernel?.values ?? []).map(Math.abs));
  kernels.forEach((row, r) =>
    row.forEach((kernel, i) => {
      if (!kernel) return;
      const note = ofChannel(kernel) === "" ? [] : [element("small", { "aria-hidden": "true" }, `ch. ${kernel.channel + 1}`)];
      rows[r].cells[i].kernel.append(kernelPicture(kernel, strongest), ...note);
    }),
  );
}
