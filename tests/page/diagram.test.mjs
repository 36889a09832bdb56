// The parts of the diagram that need no page: which positions light up, where keys lead, what is said.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const page = await load("diagram_words.js", "diagram_layers.js", "diagram_layout.js", "diagram_table.js");
const { arrowTarget, litCells, listOfRuns, networkGrids, neverRead, outputSentence, outputsReached, positionSentence } =
  page;
const {
  positionsRead,
  sizeFormulas,
  sizesOf,
  slidingLayers,
  slidingWindow,
  tutorialNetwork,
  windowLayout,
  windowSentences,
} = page;

const square = (n, kernel, stride, padding) => slidingWindow([n, n], [kernel, kernel], [stride, stride], padding);
const network = (stride, padding, kernel = 3) => tutorialNetwork([28, 28], { kernel, stride, padding });

test("sentences say what the pads do", () => {
  const said = (window, padding) => windowSentences(window, padding, neverRead([window])).join(" ");
  const same = said(square(28, 3, 2, "same"), "same");
  assert.match(
    same,
    /Padding “same” adds 0 rows above and 1 below, 0 columns on the left and 1 on the right\. 28×28 becomes 14×14\./,
  );
  assert.match(
    same,
    /their middle lies half a pixel below and to the right of the picture's middle, so the output shows the picture shifted up and left/,
  );
  const valid = said(square(28, 3, 2, "valid"), "valid");
  assert.match(valid, /adds nothing here/);
  assert.match(valid, /No window reads row 27 or column 27: 55 of 784 pixels, 7\.0 %/);
  const even = said(square(28, 3, 1, "same"), "same");
  assert.match(even, /The size stays 28×28\. .*not shifted\. Every pixel is read/);
  const symmetric = said(square(28, 3, 2, "symmetric"), "symmetric");
  assert.match(
    symmetric,
    /The windows stop before the padding ends: 1 row below and 1 column on the right are never read\./,
  );
  assert.match(said(square(4, 4, 2, "valid"), "valid"), /^Each output reads 4×4 pixels\. There is one window only\./);
  const gaps = said(square(9, 1, 3, "valid"), "valid");
  assert.match(gaps, /so 2 rows or columns between neighbouring windows are skipped/);
});

test("an output names its window and its padding", () => {
  const window = square(28, 3, 2, "same");
  assert.equal(outputSentence(window, [3, 5]), "Output row 3, column 5 reads rows 6 to 8 and columns 10 to 12.");
  assert.match(outputSentence(window, [13, 13]), /rows 26 to 28 and columns 26 to 28; 5 of its 9 values are padding/);
  assert.match(outputSentence(square(28, 3, 1, "same"), [0, 0]), /rows −1 to 1/);
  const outside = { top: 6, left: 0, bottom: 0, right: 0 };
  assert.match(outputSentence(square(4, 2, 1, outside), [0, 0]), /all of them padding/);
});

test("formulas come out at what is drawn", () => {
  const [outputs, total] = sizeFormulas(square(28, 3, 2, "same"), "same");
  assert.deepEqual([outputs.numbers, outputs.result], ["⌈28 ÷ 2⌉", 14]);
  assert.deepEqual([total.numbers, total.result], ["max(13 × 2 + 3 − 28, 0)", "1: 0 before, 1 after"]);
  const sides = { top: 0, left: 1, bottom: 2, right: 3 };
  const lines = sizeFormulas(square(9, 2, 3, sides), "explicit");
  assert.deepEqual(
    lines.map(({ label, result }) => [label, result]),
    [
      ["rows", 4],
      ["columns", 4],
    ],
  );
});

test("lists of positions are short", () => {
  assert.equal(listOfRuns("row", [27]), "row 27");
  assert.equal(listOfRuns("row", [26, 27]), "rows 26 and 27");
  assert.equal(listOfRuns("row", [0, 3, 4, 5, 9]), "rows 0, 3 to 5 and 9");
  assert.equal(listOfRuns("row", [1, 4, 7, 10, 13, 16]), "rows 1, 4, 7 … and 16");
});

test("what an output reads and what a pixel reaches are the same relation", () => {
  for (const [stride, padding, kernel] of [
    [1, "same", 3],
    [2, "same", 3],
    [2, "valid", 3],
    [2, "symmetric", 5],
    [3, "same", 1],
  ]) {
    const layers = slidingLayers(network(stride, padding, kernel));
    for (let output = 0; output < layers.at(-1).output[0]; output++) {
      const read = positionsRead(layers, 0, output);
      for (let pixel = 0; pixel < 28; pixel++) {
        assert.equal(
          outputsReached(layers, 0, pixel).includes(output),
          read.includes(pixel),
          `${stride} ${padding} ${kernel}: ${pixel} ${output}`,
        );
      }
    }
  }
});

test("a position lights up what it reads before it and what it reaches after it", () => {
  const made = network(2, "valid");
  const grids = networkGrids(made);
  assert.deepEqual(
    grids.map(({ name }) => name),
    ["input", "conv1", "pool1", "conv2", "pool2"],
  );
  assert.deepEqual(litCells(grids, 3, 2, [1, 0]), [
    [2, 3, 4],
    [0, 1, 2],
  ]);
  assert.deepEqual(litCells(grids, 3, 4, [1, 0]), [[0], [0]]);
  assert.deepEqual(litCells(grids, 0, 4, [27, 0])[0], []);
  assert.match(positionSentence(made, 0, [27, 0]), /never reaches the classifier/);
  assert.match(
    positionSentence(made, 4, [0, 0]),
    /sees 441 pixels of the image: rows 0 to 20, columns 0 to 20\. The classifier reads it/,
  );
  assert.equal(sizesOf(made), "13 → 6 → 2 → 1");
});

test("arrow keys stay inside", () => {
  assert.deepEqual(arrowTarget("ArrowDown", false, [3, 2], [4, 5]), [3, 2]);
  assert.deepEqual(arrowTarget("ArrowLeft", false, [3, 2], [4, 5]), [3, 1]);
  assert.deepEqual(arrowTarget("End", false, [1, 2], [4, 5]), [1, 4]);
  assert.deepEqual(arrowTarget("End", true, [1, 2], [4, 5]), [3, 4]);
  assert.equal(arrowTarget("constructor", false, [1, 2], [4, 5]), null);
});

test("the picture fits its width", () => {
  const pads = { top: 6, left: 6, bottom: 6, right: 6 };
  for (const width of [320, 358, 619, 620, 760, 1100, 1440]) {
    for (const window of [
      square(28, 3, 1, "same"),
      square(4, 3, 2, "same"),
      square(28, 1, 1, pads),
      square(4, 7, 1, pads),
    ]) {
      const { side, image, result, padded, height } = windowLayout(window, width);
      const [left, right] = [image[0] - window.pads.left * side, image[0] + (padded[1] - window.pads.left) * side];
      const ends = [right, result[0] + window.output[1] * side];
      assert.ok(
        left >= 0 && Math.max(...ends) <= width && side >= 4 && height > 0,
        `width ${width}: ${left} to ${ends}`,
      );
      assert.ok([...image, ...result, side].every(Number.isInteger), "whole pixels are crisp");
    }
  }
});
