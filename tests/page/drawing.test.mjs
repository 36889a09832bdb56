// A drawing made into a small image, and where the cells of a map lie on it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asDrawn, asMnist, inkBox } from "../../assets/web/centre.js";
import { cellStart, mapWindows, readShare } from "../../assets/web/map_place.js";
import { strongestSlice } from "../../assets/web/kernels.js";
import { blueToRed, viridis } from "../../assets/web/colour_scales.js";

/** A raster of 280×280 with a filled box. */
function raster(top, left, bottom, right) {
  const ink = new Uint8Array(280 * 280);
  for (let row = top; row < bottom; row++) ink.fill(255, row * 280 + left, row * 280 + right);
  return { ink, height: 280, width: 280 };
}

function bounds(image, columns, least = 1) {
  const places = [...image].flatMap((value, i) => (value >= least ? [[Math.floor(i / columns), i % columns]] : []));
  const [rows, across] = [0, 1].map((axis) => places.map((place) => place[axis]));
  return [Math.min(...rows), Math.min(...across), Math.max(...rows), Math.max(...across)];
}

function centreOfMass(image, columns) {
  const mass = image.reduce((sum, value) => sum + value, 0);
  const along = (place) => image.reduce((sum, value, i) => sum + value * (place(i) + 0.5), 0) / mass;
  return [along((i) => Math.floor(i / columns)), along((i) => i % columns)];
}

test("as drawn, each pixel is the mean of its square", () => {
  const image = asDrawn(raster(10, 25, 20, 40), [28, 28]);
  assert.deepEqual(bounds(image, 28), [1, 2, 1, 3]);
  assert.deepEqual([image[28 + 2], image[28 + 3]], [128, 255]);
});

test("as MNIST, the longer side of the ink becomes 20 pixels wherever it was drawn", () => {
  for (const box of [raster(0, 0, 100, 40), raster(170, 230, 270, 270), raster(20, 100, 260, 196)]) {
    const image = asMnist(box, [28, 28]);
    const mass = image.reduce((sum, value) => sum + value, 0) / 255;
    assert.ok(Math.abs(mass - 20 * 8) < 1, `${mass} pixels of ink`);
    // 20 and 8 pixels about the middle of pixel (14, 14): the outermost are covered by half.
    assert.deepEqual(bounds(image, 28), [4, 10, 24, 18]);
    assert.equal(image[4 * 28 + 14], 128);
    centreOfMass(image, 28).forEach((place) => assert.ok(Math.abs(place - 14.5) < 0.01, `${place}`));
  }
  const wide = asMnist(raster(5, 30, 35, 180), [28, 28]);
  assert.deepEqual(bounds(wide, 28), [12, 4, 16, 24]);
});

test("as MNIST, the centre of mass and not that of the box is in the middle", () => {
  const { ink, height, width } = raster(40, 40, 240, 60);
  for (let row = 40; row < 60; row++) ink.fill(255, row * 280 + 60, row * 280 + 140);
  const image = asMnist({ ink, height, width }, [28, 28]);
  centreOfMass(image, 28).forEach((place) => assert.ok(Math.abs(place - 14.5) < 0.05, `${place}`));
  const [, left, , right] = bounds(image, 28, 128);
  assert.ok(14 - left < right - 14, `${left} to ${right}`);
});

test("no ink gives a blank image", () => {
  const blank = raster(0, 0, 0, 0);
  assert.equal(inkBox(blank), null);
  assert.deepEqual(asMnist(blank, [28, 28]), new Uint8Array(784));
});

const layer = (kind, name, kernel, stride, pads, output) => ({
  kind, name, kernel: [kernel, kernel], stride: [stride, stride], pads: { top: pads, left: pads }, output: [output, output, 1],
});

test("windows and cells stand where the program has them", () => {
  const valid = { crop: 0, layers: [layer("conv", "conv1", 3, 2, 0, 13), layer("pool", "pool1", 2, 2, 0, 6), layer("conv", "conv2", 3, 2, 0, 2)] };
  const conv1 = mapWindows(valid, "conv1");
  assert.deepEqual(conv1[0], { first: 0, step: 2, extent: 3, outputs: 13 });
  assert.deepEqual([cellStart(conv1[0], 0), cellStart(conv1[0], 13)], [0.5, 26.5]);
  assert.deepEqual(mapWindows(valid, "conv2")[1], { first: 0, step: 8, extent: 13, outputs: 2 });
  assert.deepEqual(readShare(mapWindows(valid, "conv2")[0], 0, 28), [0, 21 / 28]);
  const same = { crop: 0, layers: [layer("conv", "conv1", 3, 1, 1, 28), layer("pool", "pool1", 2, 2, 0, 14), layer("conv", "conv2", 3, 1, 1, 14)] };
  const conv2 = mapWindows(same, "conv2")[0];
  assert.deepEqual(conv2, { first: -3, step: 2, extent: 8, outputs: 14 });
  assert.deepEqual([cellStart(conv2, 0), cellStart(conv2, 14), ...readShare(conv2, 0, 28)], [0, 28, 0, 1]);
  const cropped = { crop: 4, layers: [layer("conv", "conv1", 3, 1, 1, 20)] };
  assert.deepEqual(mapWindows(cropped, "conv1")[0], { first: 3, step: 1, extent: 3, outputs: 20 });
  assert.deepEqual(readShare(mapWindows(cropped, "conv1")[0], 4, 28), [4 / 28, 24 / 28]);
  assert.equal(mapWindows({ crop: 0, layers: [{ kind: "gap" }] }, "conv1"), null);
  assert.equal(mapWindows(same, "pool2"), null);
});

test("of a kernel the slice with the greatest norm is shown", () => {
  const convolution = { name: "conv2", kernel: [1, 2], input: [5, 5, 2], output: [5, 4, 2] };
  // [tap][channel][filter]
  const values = Float32Array.of(1, 0, 3, 1, 1, 2, -3, 0);
  const tensors = new Map([["conv2.weight", { values }]]);
  assert.deepEqual(strongestSlice(convolution, tensors, 0), { rows: 1, columns: 2, channel: 1, channels: 2, values: [3, -3] });
  assert.deepEqual(strongestSlice(convolution, tensors, 1), { rows: 1, columns: 2, channel: 0, channels: 2, values: [0, 2] });
});

test("the ends of the colour scales", () => {
  assert.deepEqual([viridis(0), viridis(1), viridis(7)], [[68, 1, 84], [253, 231, 37], [253, 231, 37]]);
  assert.deepEqual([blueToRed(-1), blueToRed(0), blueToRed(1), blueToRed(0.5)], [[33, 102, 172], [247, 247, 247], [178, 24, 43], [213, 136, 145]]);
});
