// The networks' forward pass in the page, against sums written out by index over small odd shapes.
// Run with `node --test tests/page`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { maxPool, networkInput, runNetwork, softmax } from "../../assets/web/inference.js";

/** Numbers from −1 to 1 that repeat with the seed (Park and Miller's generator). */
function numbers(seed, count) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}

const at = (x, [height, width, channels], row, column, channel) =>
  row < 0 || row >= height || column < 0 || column >= width ? null : x[(row * width + column) * channels + channel];

/** One layer in doubles, each output on its own, straight from its equation. */
function reference(layer, x, tensors) {
  const weight = tensors.get(`${layer.name}.weight`)?.values;
  const bias = tensors.get(`${layer.name}.bias`)?.values;
  if (layer.kind === "dense") {
    return Array.from({ length: layer.outputs }, (_, o) => {
      let sum = bias[o];
      for (let i = 0; i < layer.inputs; i++) sum += x[i] * weight[i * layer.outputs + o];
      return layer.relu && sum < 0 ? 0 : sum;
    });
  }
  const [height, width, channels] = layer.input;
  if (layer.kind === "gap") {
    return Array.from({ length: channels }, (_, c) => {
      let sum = 0;
      for (let h = 0; h < height; h++) for (let w = 0; w < width; w++) sum += at(x, layer.input, h, w, c);
      return sum / (height * width);
    });
  }
  const y = [];
  for (let oh = 0; oh < layer.output[0]; oh++) {
    for (let ow = 0; ow < layer.output[1]; ow++) {
      for (let o = 0; o < layer.output[2]; o++) {
        let [sum, greatest] = [bias?.[o] ?? 0, -Infinity];
        for (let i = 0; i < layer.kernel[0]; i++) {
          for (let j = 0; j < layer.kernel[1]; j++) {
            const [row, column] = [oh * layer.stride[0] + i - layer.pads.top, ow * layer.stride[1] + j - layer.pads.left];
            if (layer.kind === "pool") greatest = Math.max(greatest, at(x, layer.input, row, column, o) ?? -Infinity);
            for (let c = 0; layer.kind === "conv" && c < channels; c++) {
              const tap = ((i * layer.kernel[1] + j) * channels + c) * layer.output[2] + o;
              sum += (at(x, layer.input, row, column, c) ?? 0) * weight[tap];
            }
          }
        }
        y.push(layer.kind === "pool" ? greatest : Math.max(sum, 0));
      }
    }
  }
  return y;
}

/** A layer of windows; `pads` are those at the top, left, bottom and right. */
function windows(kind, name, input, channels, kernel, stride, [top, left, bottom, right]) {
  const outputs = [input[0] + top + bottom, input[1] + left + right].map((side, i) => Math.floor((side - kernel[i]) / stride[i]) + 1);
  return { kind, name, input, kernel, stride, pads: { top, left, bottom, right }, output: [...outputs, channels] };
}

function tensorsOf(layers) {
  const tensors = new Map();
  layers.forEach((layer, position) => {
    const shape =
      layer.kind === "conv" ? [...layer.kernel, layer.input[2], layer.output[2]] : layer.kind === "dense" ? [layer.inputs, layer.outputs] : null;
    if (shape === null) return;
    const count = shape.reduce((product, side) => product * side, 1);
    tensors.set(`${layer.name}.weight`, { shape, values: numbers(7 + position, count) });
    tensors.set(`${layer.name}.bias`, { shape: shape.slice(-1), values: numbers(101 + position, shape.at(-1)) });
  });
  return tensors;
}

function checked(network) {
  const width = network.input[1] + 2 * network.crop;
  const height = network.input[0] + 2 * network.crop;
  const pixels = Uint8Array.from(numbers(3, height * width), (value) => (value < -0.2 ? 0 : Math.round(127 * (value + 1))));
  const tensors = tensorsOf(network.layers);
  const result = runNetwork(network, tensors, pixels);
  let x = [];
  for (let row = network.crop; row < height - network.crop; row++) {
    for (let column = network.crop; column < width - network.crop; column++) x.push(pixels[row * width + column] / 255);
  }
  for (const layer of network.layers) {
    x = reference(layer, x, tensors);
    const found = result.activations.get(layer.name);
    assert.equal(found.length, x.length, layer.name);
    x.forEach((expected, i) => assert.ok(Math.abs(found[i] - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), `${layer.name}[${i}]: ${found[i]}, not ${expected}`));
    assert.ok(x.some((value) => value !== 0), `${layer.name} is zero everywhere`);
  }
  const powers = x.map((logit) => Math.exp(logit));
  const total = powers.reduce((sum, power) => sum + power);
  result.probabilities.forEach((found, k) => assert.ok(Math.abs(found - powers[k] / total) < 1e-5, `class ${k}`));
}

test("convolutions with uneven strides, kernels and pads, pooling and dense layers", () => {
  const conv1 = windows("conv", "conv1", [11, 9, 1], 5, [3, 2], [2, 1], [0, 1, 1, 0]);
  const pool1 = windows("pool", "pool1", conv1.output, 5, [2, 2], [2, 2], [0, 0, 0, 0]);
  const conv2 = windows("conv", "conv2", pool1.output, 7, [3, 3], [1, 2], [2, 0, 1, 2]);
  const inputs = conv2.output[0] * conv2.output[1] * conv2.output[2];
  const dense1 = { kind: "dense", name: "dense1", inputs, outputs: 6, relu: true };
  const dense2 = { kind: "dense", name: "dense2", inputs: 6, outputs: 4, relu: false };
  checked({ input: [11, 9], crop: 0, layers: [conv1, pool1, conv2, dense1, dense2] });
});

test("a crop, a padded pool with overlapping windows, and global average pooling", () => {
  const conv1 = windows("conv", "conv1", [7, 8, 1], 3, [5, 1], [1, 3], [2, 0, 2, 1]);
  const pool1 = windows("pool", "pool1", conv1.output, 3, [3, 2], [2, 1], [1, 1, 1, 0]);
  const gap = { kind: "gap", name: "gap", input: pool1.output, output: [1, 1, 3] };
  const dense1 = { kind: "dense", name: "dense1", inputs: 3, outputs: 5, relu: false };
  checked({ input: [7, 8], crop: 2, layers: [conv1, pool1, gap, dense1] });
});

test("the greatest of negative values is negative, at a padded side too", () => {
  const pool = windows("pool", "pool1", [3, 3], 2, [2, 2], [2, 2], [1, 1, 0, 0]);
  const layer = { ...pool, input: [3, 3, 2] };
  const x = numbers(5, 18).map((value) => value - 2);
  assert.deepEqual([...maxPool(layer, x)], reference(layer, x, new Map()));
});

test("the input is cropped at every side and divided by 255", () => {
  const pixels = Uint8Array.from({ length: 20 }, (_, i) => 10 * i);
  assert.deepEqual([...networkInput({ input: [2, 3], crop: 1 }, pixels)], [60, 70, 80, 110, 120, 130].map((v) => Math.fround(v / 255)));
});

test("softmax of large logits stays finite", () => {
  assert.deepEqual(softmax([1000, 1000]), [0.5, 0.5]);
  assert.deepEqual(softmax([-1000, 0]), [0, 1]);
});

test("a layer of an unknown kind is refused", () => {
  assert.throws(() => runNetwork({ input: [1, 1], crop: 0, layers: [{ kind: "norm", name: "norm1" }] }, new Map(), [0]), /norm/);
});
