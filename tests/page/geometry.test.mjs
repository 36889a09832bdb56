// Holds the page's geometry to the program's: tests/page/geometry.json, which tests/results/geometry.rs writes and checks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { neverRead, pathsAlong, slidingLayers, slidingWindow, tutorialNetwork, windowsOnInput } = await load(
  "geometry.js",
  "coverage.js",
);
const table = JSON.parse(readFileSync(new URL("geometry.json", import.meta.url), "utf8"));

test("a convolution has the program's pads, outputs and unread rows", () => {
  let refused = 0;
  for (const [n, kernel, stride, padding, ...expected] of table.slides) {
    const name = `input ${n}, kernel ${kernel}, stride ${stride}, ${padding}`;
    const window = slidingWindow([n, n], [kernel, kernel], [stride, stride], paddingFrom(padding));
    if (expected.length === 0) {
      assert.match(window.refused ?? "", /^A window of .* is larger than .*\.$/, name);
      refused += 1;
      continue;
    }
    assert.equal(window.refused, undefined, name);
    const { top, left, bottom, right } = window.pads;
    const { rows, columns } = neverRead([window]);
    assert.deepEqual([[top, left, bottom, right], window.output, rows, columns], expected, name);
  }
  assert.ok(table.slides.length > 1500 && refused > 10, `${table.slides.length} cases, ${refused} of them refused`);
});

test("a network has the program's sizes, costs, coverage and receptive fields", () => {
  let refused = 0;
  for (const [n, kernel, stride, padding, ...expected] of table.networks) {
    const name = `image ${n}, kernel ${kernel}, stride ${stride}, ${padding}`;
    const network = tutorialNetwork([n, n], { kernel, stride, padding: paddingFrom(padding) });
    if (expected.length === 1) {
      assert.equal(network.layer, expected[0], name);
      refused += 1;
      continue;
    }
    assert.equal(network.refused, undefined, name);
    const layers = slidingLayers(network);
    const [rows, columns] = [0, 1].map((axis) => pathsAlong(layers, axis));
    const diagonal = rows.map((paths, index) => paths * columns[index]);
    const byLayer = layers.map((layer, index) => {
      const windows = [0, 1].map((axis) => {
        const { first, step, extent, outputs } = windowsOnInput(layers.slice(0, index + 1), axis);
        return [first, step, extent, outputs];
      });
      const rest = neverRead(layers.slice(index));
      return [[...layer.output, layer.channels], windows, [rest.rows, rest.columns]];
    });
    assert.deepEqual([network.parameters, network.macs, neverRead(layers).pixels, diagonal, byLayer], expected, name);
  }
  assert.ok(
    table.networks.length > 150 && refused > 10,
    `${table.networks.length} networks, ${refused} of them refused`,
  );
});

test("nonsense is a sentence", () => {
  for (const [n, kernel, stride, word] of [
    [0, 3, 1, "input size"],
    [28, 0, 1, "kernel"],
    [28, 3, 0, "stride"],
  ]) {
    const { refused } = slidingWindow([n, n], [kernel, kernel], [stride, stride], "same");
    assert.match(refused, new RegExp(`^The ${word} must be at least 1, not 0×0\\.$`));
  }
});

/** `t0l1b2r0` as pads by side; a name as it is. */
function paddingFrom(text) {
  const sides = /^t(\d+)l(\d+)b(\d+)r(\d+)$/.exec(text);
  if (!sides) return text;
  const [top, left, bottom, right] = sides.slice(1).map(Number);
  return { top, left, bottom, right };
}
